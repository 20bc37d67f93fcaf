#include "apiserver/kinds/access.h"
#include "apiserver/kinds/event.h"
#include "apiserver/kinds/object_meta.h"

namespace nanika::apiserver::kinds {

namespace {

constexpr size_t kMaxInstance = 128, kMaxWord = 128, kMaxNote = 1024;

void limit(const json::value& event, std::string_view key, size_t max, bool needed,
           Causes& causes) {
  std::string_view text = string_at(event, key);
  if (needed && text.empty()) required(causes, Path(key));
  if (text.size() > max) {
    invalid(causes, Path(key), std::string_view(),
            fmt::format("can have at most {} characters", max));
  }
}

void validate_series(const json::value& event, Causes& causes) {
  const json::value& series = member(event, "series");
  if (series.is_null()) return;
  if (int_at(series, "count") < 2) {
    invalid(causes, Path("series.count"), std::string_view(), "should be at least 2");
  }
  if (!has(series, "lastObservedTime")) required(causes, Path("series.lastObservedTime"));
}

}  // namespace

void validate_event(const json::value& event, Causes& causes) {
  const json::value& involved = member(event, "involvedObject");
  std::string_view about = string_at(involved, "namespace");
  std::string_view space = base::find_string(event, "metadata", "namespace");
  Path object("involvedObject"), path = object.child("namespace");
  constexpr std::string_view kMismatch = "does not match event.namespace";
  if (!has(event, "eventTime")) {
    bool fits = about.empty() ? space.empty() || space == "default" : about == space;
    if (!fits) invalid(causes, path, about, kMismatch);
    return;
  }
  if (about.empty() && space != "default" && space != "kube-system") {
    invalid(causes, path, about, kMismatch);
  }
  std::string_view controller = string_at(event, "reportingComponent");
  if (controller.empty()) required(causes, Path("reportingComponent"));
  invalid(causes, Path("reportingComponent"), controller, label_key(controller));
  limit(event, "reportingInstance", kMaxInstance, true, causes);
  limit(event, "action", kMaxWord, true, causes);
  limit(event, "reason", kMaxWord, true, causes);
  limit(event, "message", kMaxNote, false, causes);
}

void validate_events_v1_create(const json::value& event, Causes& causes) {
  validate_builtin_meta(event, true, name_is_dns_subdomain, causes);
  validate_series(event, causes);
  if (!has(event, "eventTime")) required(causes, Path("eventTime"));
  std::string_view type = string_at(event, "type");
  if (type != "Normal" && type != "Warning") {
    invalid(causes, Path("type"), std::string_view(), fmt::format("has invalid value: {}", type));
  }
  const json::value& source = member(event, "source");
  bool has_source = !string_at(source, "component").empty() || !string_at(source, "host").empty();
  for (auto [key, set] :
       {std::pair<std::string_view, bool>{"firstTimestamp", has(event, "firstTimestamp")},
        {"lastTimestamp", has(event, "lastTimestamp")},
        {"count", int_at(event, "count") != 0},
        {"source", has_source}}) {
    if (set) invalid(causes, Path(key), std::string_view(), "needs to be unset");
  }
}

void validate_events_v1_update(const json::value& event, const json::value& old, Causes& causes) {
  validate_object_meta_update(event, old, causes);
  if (!same_member(event, old, "series")) validate_series(event, causes);
  for (std::string_view key :
       {"involvedObject", "reason", "message", "source", "firstTimestamp", "lastTimestamp", "count",
        "type", "eventTime", "action", "related"}) {
    validate_immutable(event, old, key, Path(key), causes);
  }
  validate_immutable(event, old, "reportingComponent", Path("reportingController"), causes);
  validate_immutable(event, old, "reportingInstance", Path("reportingInstance"), causes);
}

}  // namespace nanika::apiserver::kinds
