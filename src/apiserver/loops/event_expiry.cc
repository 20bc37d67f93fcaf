#include "apiserver/loops/event_expiry.h"

namespace nanika::apiserver::loops {

namespace {

/// The newest of the times that an Event tells of itself; the epoch when it tells none.
base::WallTime last_seen(const json::value& event) {
  base::WallTime newest{};
  for (std::string_view text :
       {base::find_string(event, "lastTimestamp"),
        base::find_string(event, "deprecatedLastTimestamp"), base::find_string(event, "eventTime"),
        base::find_string(event, "series", "lastObservedTime"),
        base::find_string(event, "metadata", "creationTimestamp")}) {
    auto time = text.empty() ? Result<base::WallTime>(newest) : base::parse_time(text);
    if (time) newest = std::max(newest, *time);
  }
  return newest;
}

}  // namespace

void EventExpiry::begin(Feed&, KeyQueue& queue) {
  queue.add("sweep");
}

base::Result<base::Duration> EventExpiry::reconcile(const std::string&) {
  base::WallTime now = api_.clock().wall();
  for (const store::ObjectPtr& object : api_.list(kEvents, "")) {
    auto event = parse(*object);
    if (!event || now - last_seen(*event) <= age_) continue;
    // One that happened again meanwhile stays.
    auto done = api_.remove(kEvents, object->ns(), object->name(),
                            {.resource_version = fmt::format("{}", object->revision())});
    if (!done && done.error().code != Code::kConflict) return std::unexpected(done.error());
  }
  return std::chrono::minutes(1);
}

}  // namespace nanika::apiserver::loops
