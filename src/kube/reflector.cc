#include "kube/reflector.h"

#include <boost/json/monotonic_resource.hpp>

#include "base/log.h"
#include "kube/status.h"

namespace nanika::kube {

namespace log = base::log;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr Duration kFirstWait = std::chrono::milliseconds(100);
constexpr Duration kLongestWait = seconds(30);
constexpr Duration kOpenTimeout = seconds(30);
constexpr Duration kListTimeout = minutes(5);
constexpr Duration kInitialSilence = seconds(10);  ///< then WatchList was not understood
constexpr Duration kSilence = minutes(2);          ///< then the connection is dead
constexpr Duration kShortest = seconds(1);         ///< that a good watch lasts
constexpr size_t kMaxLine = 64 << 20;

bool is_watch_list_refusal(const Error& error) {
  switch (error.code) {
    case Code::kInvalid:
    case Code::kUnprocessable:
    case Code::kUnsupported:
    case Code::kInternal:  // kube-apiserver on an etcd before 3.4.25
      return true;
    default:
      return false;
  }
}

// The server ended the watch, or the connection is silent: what is lost is found by the next watch.
bool is_end(const Error& error) {
  return error.code == Code::kNotFound || error.code == Code::kDeadlineExceeded;
}

Key key_of(const json::value& object) {
  return {std::string(base::find_string(object, "metadata", "namespace")),
          std::string(base::find_string(object, "metadata", "name"))};
}

bool ends_initial_events(const json::value& bookmark) {
  return base::find_string(bookmark, "metadata", "annotations", "k8s.io/initial-events-end") ==
         "true";
}

}  // namespace

Reflector::Reflector(const Client& client, const api::KindInfo& kind, Sink& sink,
                     ReflectorOptions options, Metrics* metrics)
    : client_(client), kind_(kind), sink_(sink), options_(std::move(options)), metrics_(metrics) {}

void Reflector::run(std::stop_token stop) {
  const base::Clock& clock = client_.clock();
  Backoff backoff(kFirstWait, kLongestWait);
  while (!stop.stop_requested()) {
    handled_ = 0;
    MonoTime start = clock.mono();
    bool filling = version_.empty();
    Result<void> outcome = filling ? fill(stop) : follow(stop);
    if (stop.stop_requested()) break;
    if (!outcome || !filling) stream_.reset();
    // A watch that ended at once and brought nothing counts as a failure, or we would spin.
    bool worked = !filling && (handled_ > 0 || clock.mono() - start >= kShortest);
    if (worked || (outcome && filling)) backoff.reset();
    if (outcome && (filling || worked)) {
      last_error_.clear();
      continue;
    }
    if (!outcome) report(outcome.error());
    if (!outcome && outcome.error().code == Code::kExpired) version_.clear();
    clock.sleep_for(backoff.next(), stop);
  }
  stream_.reset();
}

void Reflector::report(const Error& error) {
  if (error.message == last_error_) return;
  last_error_ = error.message;
  log::warning(
      "kube", "watch failed; it is tried again",
      {{log::Key::kKind, kind_.kind}, {log::Key::kRevision, version_}, {log::Key::kError, error}});
}

Result<void> Reflector::fill(std::stop_token stop) {
  if (base::Counter* lists = counter("reflector_lists_total", "Initial states asked for."))
    lists->add();
  seen_.clear();
  if (watch_list_) {
    Result<void> outcome = fill_by_watch(stop);
    if (outcome || !is_watch_list_refusal(outcome.error())) return outcome;
    watch_list_ = false;
    stream_.reset();
    log::info("kube", "the API server has no WatchList; LIST and WATCH instead",
              {{log::Key::kKind, kind_.kind}, {log::Key::kReason, outcome.error().message}});
    seen_.clear();
  }
  return fill_by_list(stop);
}

Result<void> Reflector::fill_by_watch(std::stop_token stop) {
  stream_ = TRY(open(
      "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true", stop));
  while (true) {
    auto line = stream_->read_line(client_.clock().mono() + kInitialSilence, stop, kMaxLine);
    if (!line && line.error().code == Code::kDeadlineExceeded)
      return fail(Code::kUnsupported, "no end of the initial events came");
    if (!line && line.error().code == Code::kNotFound)
      return fail(Code::kUnavailable, "the watch ended within the initial events");
    if (!line) return std::unexpected(line.error());
    TRY(handle_line(*line, true));
    if (version_.empty()) continue;  // set by the bookmark at the end
    finish_fill();
    return {};
  }
}

Result<void> Reflector::fill_by_list(std::stop_token stop) {
  Context ctx = Context{.clock = &client_.clock(), .stop = stop}.within(kListTimeout);
  ListOptions options{options_.namespace_, options_.label_selector, options_.field_selector};
  version_ = TRY(client_.list_json(ctx, kind_, options, [&](const json::value& object) {
    put(object, true);
    return Result<void>();
  }));
  if (version_.empty()) return fail(Code::kInternal, "the list has no resourceVersion");
  finish_fill();
  return {};
}

void Reflector::finish_fill() {
  for (const Key& key : sink_.keys())
    if (!seen_.contains(key)) sink_.remove(key);
  seen_ = {};
  last_error_.clear();
  sink_.complete();
}

Result<void> Reflector::follow(std::stop_token stop) {
  if (!stream_) stream_ = TRY(open("allowWatchBookmarks=true&resourceVersion=" + version_, stop));
  while (true) {
    auto line = stream_->read_line(client_.clock().mono() + kSilence, stop, kMaxLine);
    if (!line && is_end(line.error())) return {};
    if (!line) return std::unexpected(line.error());
    TRY(handle_line(*line, false));
  }
}

Result<void> Reflector::handle_line(const std::string& line, bool initial) {
  // An arena a line: release() of Boost 1.81 goes on doubling what it takes next.
  boost::json::monotonic_resource arena(std::max<size_t>(line.size() * 2, 1024));
  json::value event = TRY(base::parse_json(line, nullptr, {}, &arena));
  return handle(event, initial);
}

Result<void> Reflector::handle(const json::value& event, bool initial) {
  std::string_view type = base::find_string(event, "type");
  const json::value* object = base::find(event, "object");
  if (object == nullptr || !object->is_object())
    return fail(Code::kInternal, "a watch event without an object");
  if (type == "ERROR") return std::unexpected(error_of(*object));
  if (type == "ADDED" || type == "MODIFIED") {
    put(*object, initial);
  } else if (type == "DELETED") {
    seen_.erase(key_of(*object));
    sink_.remove(key_of(*object));
  } else if (type != "BOOKMARK") {
    return fail(Code::kInternal, "watch event of unknown type {:?}", type);
  }
  ++handled_;
  // Within a fill versions come in no order; only the bookmark at its end says what we have.
  std::string_view version = base::find_string(*object, "metadata", "resourceVersion");
  if (!version.empty() && (!initial || ends_initial_events(*object))) version_ = version;
  return {};
}

void Reflector::put(const json::value& object, bool initial) {
  Key key = key_of(object);
  if (initial) seen_.insert(key);
  auto outcome = sink_.put(object, initial);
  if (outcome) return;
  if (base::Counter* errors =
          counter("reflector_decode_errors_total", "Objects skipped because they do not decode."))
    errors->add();
  log::error("kube", "object left out: it does not decode",
             {{log::Key::kKind, kind_.kind},
              {log::Key::kObject, key.str()},
              {log::Key::kError, outcome.error()}});
}

Result<std::unique_ptr<base::http::BodyStream>> Reflector::open(std::string query,
                                                                std::stop_token stop) {
  if (base::Counter* watches = counter("reflector_watches_total", "Watches opened."))
    watches->add();
  // The server ends it some time between 5 and 10 minutes, so that watches spread over servers.
  auto timeout = std::chrono::duration_cast<seconds>(jittered(seconds(450), 1.0 / 3));
  query = fmt::format("watch=true&timeoutSeconds={}&{}", timeout.count(), query);
  if (!options_.label_selector.empty())
    query += "&labelSelector=" + base::http::percent_encode(options_.label_selector);
  if (!options_.field_selector.empty())
    query += "&fieldSelector=" + base::http::percent_encode(options_.field_selector);
  Context ctx = Context{.clock = &client_.clock(), .stop = stop}.within(kOpenTimeout);
  return client_.watch(ctx, kind_, options_.namespace_, query);
}

base::Counter* Reflector::counter(const char* name, const char* help) {
  if (metrics_ == nullptr) return nullptr;
  return &metrics_->counter(name, help, {{"kind", std::string(kind_.kind)}});
}

}  // namespace nanika::kube
