#include "apiserver/rest/watches.h"

#include "apiserver/rest/request_metrics.h"
#include "base/random.h"

namespace nanika::apiserver {

namespace {

namespace http = base::http;
using std::chrono::seconds;
using store::EventType;

// What a watcher may leave unread, beside its initial events.
constexpr size_t kMaxQueued = 32 << 20;
constexpr auto kBookmarkEvery = seconds(60);
// Upstream ends watches without timeoutSeconds at random between this and its double.
constexpr uint64_t kMinTimeout = 1800;
constexpr std::string_view kInitialEnd = "k8s.io/initial-events-end";

// An event's place among all encodings: its type as the watcher sees it.
enum class Shown : uint8_t { kAdded, kModified, kDeleted, kLeft };
constexpr std::string_view kTypes[] = {"ADDED", "MODIFIED", "DELETED", "DELETED"};

std::string bookmark(const Endpoint& endpoint, uint64_t revision, const Rendering& rendering,
                     bool initial_end) {
  json::object meta{{"resourceVersion", fmt::format("{}", revision)}};
  std::string kind = endpoint.kind().kind, version = endpoint.view().api_version();
  json::object object;
  if (rendering.answer.form != Form::kObject) {
    kind = rendering.answer.form == Form::kTable ? "Table" : "PartialObjectMetadata";
    version = "meta.k8s.io/" + rendering.answer.form_version;
  }
  object["kind"] = kind;
  object["apiVersion"] = version;
  if (rendering.answer.form == Form::kTable) {
    object["columnDefinitions"] = json::array();
    object["rows"] = json::array();
  } else {
    meta["creationTimestamp"] = nullptr;
    if (initial_end) meta["annotations"] = json::object{{kInitialEnd, "true"}};
  }
  object["metadata"] = std::move(meta);
  return base::to_json(json::object{{"type", "BOOKMARK"}, {"object", std::move(object)}}) + "\n";
}

std::string error_event(const ApiError& error) {
  return base::to_json(json::object{{"type", "ERROR"}, {"object", error.status()}}) + "\n";
}

// What left the selector is shown as it was, at the revision at which it left.
std::string as_left(const store::Event& event) {
  auto object = base::parse_json(event.previous()->bytes());
  CHECK(object.has_value());  // the store gives back what we wrote
  object->as_object()["metadata"].as_object()["resourceVersion"] =
      fmt::format("{}", event.revision());
  return base::to_json(*object);
}

}  // namespace

struct Watches::Stream {
  CallPtr call;
  Endpoint endpoint;
  ListParameters parameters;
  Rendering rendering;
  uint64_t after = 0;  ///< events up to this revision are not shown
  size_t max_queued = kMaxQueued;
  base::MonoTime ends, next_bookmark;
  std::atomic<bool> cut{false};

  void deliver(std::span<const store::EventPtr> events);
  void send(const store::Event& event, Shown shown);
};

void Watches::Stream::deliver(std::span<const store::EventPtr> events) {
  for (const store::EventPtr& event : events) {
    if (event->revision() <= after || cut) continue;
    bool now = parameters.matches(*event->object());
    bool before = event->previous() != nullptr && parameters.matches(*event->previous());
    switch (event->type()) {
      case EventType::kAdded:
        if (now) send(*event, Shown::kAdded);
        break;
      case EventType::kModified:
        if (now && before) send(*event, Shown::kModified);
        if (now && !before) send(*event, Shown::kAdded);
        if (!now && before) send(*event, Shown::kLeft);
        break;
      case EventType::kDeleted:
        if (now || before) send(*event, Shown::kDeleted);
        break;
    }
  }
}

void Watches::Stream::send(const store::Event& event, Shown shown) {
  uint64_t id = endpoint.encoding_id << 10 | rendering.id() << 2 | static_cast<uint64_t>(shown);
  call->exchange().write(event.encoding(id, [&](const store::Event& e) {
    std::string_view type = kTypes[static_cast<size_t>(shown)];
    Rendering fresh = rendering;
    std::string text = shown == Shown::kLeft
                           ? render_event(endpoint, type, as_left(e), fresh)
                           : render_event(endpoint, type, e.object()->bytes(), fresh);
    return std::make_shared<const std::string>(std::move(text));
  }));
  if (call->exchange().queued() <= max_queued) return;
  cut = true;
  call->exchange().abort();
}

Watches::Watches(store::Store& store, const base::Clock& clock, RequestMetrics& metrics)
    : store_(store),
      clock_(clock),
      metrics_(metrics),
      barrier_(store.resource("internal/barrier")),
      ticker_([this](std::stop_token stop) { tick_loop(std::move(stop)); }) {}

Watches::~Watches() {
  ticker_.request_stop();
  ticker_.join();
  std::lock_guard lock(mutex_);
  running_.clear();
}

void Watches::start(CallPtr call, const Endpoint& endpoint, ListParameters parameters,
                    Rendering rendering) {
  auto stream = std::make_shared<Stream>();
  stream->call = call;
  stream->endpoint = endpoint;
  stream->rendering = rendering;
  uint64_t timeout = parameters.timeout_seconds.value_or(0) > 0
                         ? static_cast<uint64_t>(*parameters.timeout_seconds)
                         : kMinTimeout + base::random_below(kMinTimeout);
  stream->ends = clock_.mono() + seconds(std::min<uint64_t>(timeout, 86400));
  stream->next_bookmark = clock_.mono() + kBookmarkEvery;

  bool initial = parameters.version == 0;
  if (parameters.send_initial_events) initial = *parameters.send_initial_events;
  store::WatchRequest request{.resource = endpoint.resource->id,
                              .namespace_ = call->info.namespace_};
  uint64_t newest = store_.revision();
  if (!initial) {
    stream->after = parameters.version == 0 ? newest : parameters.version;
    request.after = std::min(stream->after, newest);
  }
  stream->parameters = std::move(parameters);
  auto watch = store_.watch(
      request, [stream](std::span<const store::EventPtr> events) { stream->deliver(events); });
  if (!watch) {
    call->start_stream(kJsonType);
    call->exchange().write(std::make_shared<const std::string>(error_event(
        expired(fmt::format("too old resource version: {} ({})", stream->after, newest)))));
    call->exchange().finish();
    return metrics_.watch_started(call->info), metrics_.watch_ended(call->info, {});
  }

  std::shared_ptr<store::Watch> shared = std::move(*watch);
  uint64_t id = 0;
  {
    std::lock_guard lock(mutex_);
    id = next_id_++;
    running_[id] = {stream, shared};
  }
  metrics_.watch_started(call->info);
  call->exchange().on_close([this, id] { forget(id); });
  call->start_stream(kJsonType);
  for (const store::ObjectPtr& object : shared->initial()) {
    if (!stream->parameters.matches(*object)) continue;
    auto bytes = std::make_shared<const std::string>(
        render_event(endpoint, "ADDED", object->bytes(), rendering));
    stream->max_queued += bytes->size();
    call->exchange().write(std::move(bytes));
  }
  if (stream->parameters.send_initial_events.value_or(false))
    call->exchange().write(std::make_shared<const std::string>(
        bookmark(endpoint, shared->revision(), rendering, true)));
  shared->start();
}

void Watches::forget(uint64_t id) {
  Running gone;
  {
    std::lock_guard lock(mutex_);
    auto at = running_.find(id);
    if (at == running_.end()) return;
    gone = std::move(at->second);
    running_.erase(at);
  }
  metrics_.watch_ended(gone.stream->call->info, clock_.mono() - gone.stream->call->started());
}

void Watches::stop() {
  std::vector<std::shared_ptr<Stream>> all;
  {
    std::lock_guard lock(mutex_);
    for (auto& [id, running] : running_) all.push_back(running.stream);
  }
  for (auto& stream : all) stream->call->exchange().finish();
}

// On the writer's thread nothing is on its way: what was published has been queued to this stream.
// A delete of what is not there gets us there.
void Watches::send_bookmark(std::shared_ptr<Stream> stream) {
  store_.submit({.op = store::Op::kDelete, .resource = barrier_, .name = "none"},
                [this, stream = std::move(stream)](base::Result<store::ObjectPtr>) {
                  if (stream->cut) return;
                  stream->call->exchange().write(std::make_shared<const std::string>(
                      bookmark(stream->endpoint, std::max(store_.revision(), stream->after),
                               stream->rendering, false)));
                });
}

void Watches::tick_loop(std::stop_token stop) {
  while (clock_.sleep_for(seconds(1), stop)) {
    base::MonoTime now = clock_.mono();
    std::vector<std::shared_ptr<Stream>> ended, due;
    {
      std::lock_guard lock(mutex_);
      for (auto& [id, running] : running_) {
        Stream& stream = *running.stream;
        if (now >= stream.ends) {
          ended.push_back(running.stream);
        } else if (stream.parameters.bookmarks && now >= stream.next_bookmark) {
          stream.next_bookmark = now + kBookmarkEvery;
          due.push_back(running.stream);
        }
      }
    }
    for (auto& stream : ended) stream->call->exchange().finish();
    for (auto& stream : due) send_bookmark(std::move(stream));
  }
}

}  // namespace nanika::apiserver
