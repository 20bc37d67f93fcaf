#include "kube/events.h"

#include <algorithm>

#include "base/log.h"
#include "base/random.h"

namespace nanika::kube {

namespace log = base::log;

namespace {

constexpr size_t kMaxPending = 1000;
constexpr size_t kMaxRemembered = 4096;
constexpr size_t kMaxMessage = 1024;  // the API's bound
constexpr double kBurst = 25;
constexpr Duration kRefill = std::chrono::minutes(5);  ///< a token
constexpr Duration kRepetition = std::chrono::minutes(10);
constexpr Duration kRequestTimeout = std::chrono::seconds(10);
constexpr Duration kFlushTimeout = std::chrono::seconds(1);

}  // namespace

EventRecorder::EventRecorder(const Client& client, std::string component, Metrics* metrics)
    : client_(client), component_(std::move(component)) {
  if (metrics != nullptr)
    dropped_ = &metrics->counter("events_dropped_total", "Events that were not written.",
                                 {{"component", component_}});
}

void EventRecorder::record(const api::ObjectReference& about, std::string type, std::string reason,
                           std::string message) {
  if (message.size() > kMaxMessage) message = message.substr(0, kMaxMessage - 3) + "...";
  Pending event{about, std::move(type), std::move(reason), std::move(message)};
  event.at = client_.clock().wall();
  event.id = fmt::format("{}/{}/{}/{}/{}/{}/{}", about.kind, about.namespace_, about.name,
                         about.uid, event.type, event.reason, event.message);
  std::scoped_lock lock(mutex_);
  auto same = std::ranges::find(pending_, event.id, &Pending::id);
  if (same != pending_.end()) {
    ++same->count;
    same->at = event.at;
    return;
  }
  if (pending_.size() >= kMaxPending || !within_rate(about.uid + "/" + about.name)) {
    if (dropped_ != nullptr) dropped_->add();
    return;
  }
  pending_.push_back(std::move(event));
  wake_.notify_one();
}

// A token bucket an object, so that one that flaps does not drown the rest.
bool EventRecorder::within_rate(const std::string& object) {
  MonoTime now = client_.clock().mono();
  auto [at, fresh] = buckets_.try_emplace(object, Bucket{kBurst, now});
  Bucket& bucket = at->second;
  double refilled =
      std::chrono::duration<double>(now - bucket.filled) / std::chrono::duration<double>(kRefill);
  bucket.tokens = std::min(kBurst, bucket.tokens + refilled);
  bucket.filled = now;
  bool allowed = bucket.tokens >= 1;
  if (allowed) bucket.tokens -= 1;
  if (buckets_.size() > kMaxRemembered)
    std::erase_if(buckets_, [&](const auto& entry) {
      return now - entry.second.filled > kRefill * static_cast<int>(kBurst);
    });
  if (buckets_.size() > 2 * kMaxRemembered) buckets_.clear();
  return allowed;
}

void EventRecorder::run(std::stop_token stop) {
  const base::Clock& clock = client_.clock();
  MonoTime flush_until = MonoTime::max();
  while (true) {
    Pending event;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, stop, [this] { return !pending_.empty(); });
      if (stop.stop_requested() && flush_until == MonoTime::max())
        flush_until = clock.mono() + kFlushTimeout;
      if (pending_.empty() || clock.mono() >= flush_until) return;
      event = std::move(pending_.front());
      pending_.pop_front();
    }
    // Once asked to stop, the deadline bounds the last words instead of the stop request.
    bool ending = flush_until != MonoTime::max();
    Context ctx{.clock = &clock, .deadline = flush_until};
    if (!ending) ctx.stop = stop;
    auto written = write(ctx.within(kRequestTimeout), event);
    if (written) continue;
    if (written.error().code == Code::kCancelled && !ending) {
      std::scoped_lock lock(mutex_);
      pending_.push_front(std::move(event));
      continue;
    }
    // In a namespace that ends, for one, events are refused: nobody reads them there.
    log::debug("kube", "event not written",
               {{log::Key::kObject, event.about.name}, {log::Key::kError, written.error()}});
    if (dropped_ != nullptr) dropped_->add();
  }
}

Result<void> EventRecorder::write(const Context& ctx, const Pending& event) {
  MonoTime now = client_.clock().mono();
  auto known = written_.find(event.id);
  if (known != written_.end() && now - known->second.last < kRepetition) {
    auto repeated = repeat(ctx, event, known->second);
    if (repeated || repeated.error().code != Code::kNotFound) return repeated;
  }
  TRY(create(ctx, event));
  if (written_.size() > kMaxRemembered) forget_old();
  return {};
}

Result<void> EventRecorder::repeat(const Context& ctx, const Pending& event, Written& written) {
  json::object patch{{"count", written.count + event.count},
                     {"lastTimestamp", base::format_time(event.at)},
                     {"message", event.message}};
  TRY(client_.patch<api::Event>(ctx, written.key, PatchType::kMerge, patch));
  written.count += event.count;
  written.last = client_.clock().mono();
  return {};
}

Result<void> EventRecorder::create(const Context& ctx, const Pending& event) {
  api::Event object;
  // Events of cluster-scoped objects live in "default", as upstream's do.
  object.metadata.namespace_ = event.about.namespace_.empty() ? "default" : event.about.namespace_;
  object.metadata.name =
      fmt::format("{}.{:x}{}", event.about.name.substr(0, 220), event.at.time_since_epoch().count(),
                  base::random_name_suffix());
  object.involved_object = event.about;
  object.type = event.type;
  object.reason = event.reason;
  object.message = event.message;
  object.source.component = object.reporting_component = component_;
  object.first_timestamp = object.last_timestamp = {event.at};
  object.count = event.count;
  auto made = TRY(client_.create(ctx, object));
  written_[event.id] = {key_of(made.metadata), event.count, client_.clock().mono()};
  return {};
}

void EventRecorder::forget_old() {
  MonoTime now = client_.clock().mono();
  std::erase_if(written_, [&](const auto& entry) { return now - entry.second.last > kRepetition; });
  if (written_.size() > 2 * kMaxRemembered) written_.clear();
}

}  // namespace nanika::kube
