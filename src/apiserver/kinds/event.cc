// Events: one stored resource in the shape of core/v1, served in events.k8s.io/v1 too.
#include "apiserver/kinds/event.h"

#include "apiserver/kinds/access.h"
#include "apiserver/kinds/object_meta.h"
#include "apiserver/kinds/rows.h"

namespace nanika::apiserver::kinds {

namespace {

// core/v1's name of a member, and events.k8s.io/v1's.
constexpr std::pair<std::string_view, std::string_view> kNames[] = {
    {"involvedObject", "regarding"},
    {"message", "note"},
    {"source", "deprecatedSource"},
    {"firstTimestamp", "deprecatedFirstTimestamp"},
    {"lastTimestamp", "deprecatedLastTimestamp"},
    {"count", "deprecatedCount"},
    {"reportingComponent", "reportingController"},
};

void rename(json::value& object, std::string_view from, std::string_view to) {
  json::object& members = object.as_object();
  auto at = members.find(from);
  if (at == members.end()) return;
  json::value value = std::move(at->value());
  members.erase(at);
  members[to] = std::move(value);
}

void to_core(json::value& object) {
  object.as_object()["apiVersion"] = "v1";
  for (const auto& [core, events] : kNames) rename(object, events, core);
}

void to_events(json::value& object) {
  object.as_object()["apiVersion"] = "events.k8s.io/v1";
  for (const auto& [core, events] : kNames) rename(object, core, events);
}

constexpr std::string_view kInvolved[] = {"kind",       "namespace",       "name",     "uid",
                                          "apiVersion", "resourceVersion", "fieldPath"};

SelectableFields selectable(const json::value& object) {
  SelectableFields out = meta_fields(object, true);
  const json::value& involved = member(object, "involvedObject");
  for (std::string_view key : kInvolved) {
    out.emplace_back(fmt::format("involvedObject.{}", key), string_at(involved, key));
  }
  std::string_view controller = string_at(object, "reportingComponent");
  std::string_view source = string_at(member(object, "source"), "component");
  out.emplace_back("reason", string_at(object, "reason"));
  out.emplace_back("reportingComponent", controller);
  out.emplace_back("source", source.empty() ? controller : source);
  out.emplace_back("type", string_at(object, "type"));
  return out;
}

std::vector<std::pair<std::string, std::string>> events_aliases() {
  std::vector<std::pair<std::string, std::string>> out;
  for (const char* same : {"metadata.name", "metadata.namespace", "reason", "type"}) {
    out.emplace_back(same, same);
  }
  for (std::string_view key : kInvolved) {
    out.emplace_back(fmt::format("regarding.{}", key), fmt::format("involvedObject.{}", key));
  }
  out.emplace_back("reportingController", "reportingComponent");
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  size_t first = text.find_first_not_of(kSpace);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string source_text(const json::value& object) {
  const json::value& source = member(object, "source");
  std::string out(string_at(source, "component"));
  if (out.empty()) out = string_at(object, "reportingComponent");
  std::string_view host = string_at(source, "host");
  if (host.empty()) host = string_at(object, "reportingInstance");
  if (!host.empty()) out.append(", ").append(host);
  return out;
}

json::array row(const json::value& object, base::WallTime now) {
  std::string_view first = string_at(object, "firstTimestamp");
  if (first.empty()) first = string_at(object, "eventTime");
  std::string_view last = string_at(object, "lastTimestamp");
  if (last.empty()) last = first;
  int64_t count = int_at(object, "count");
  if (const json::value& series = member(object, "series"); !series.is_null()) {
    last = string_at(series, "lastObservedTime");
    count = int_at(series, "count");
  } else if (count == 0) {
    count = 1;
  }
  const json::value& involved = member(object, "involvedObject");
  std::string target = lower(string_at(involved, "kind"));
  if (std::string_view name = string_at(involved, "name"); !name.empty()) {
    target.append("/").append(name);
  }
  return {age(last, now),
          string_at(object, "type"),
          string_at(object, "reason"),
          target,
          string_at(involved, "fieldPath"),
          source_text(object),
          trimmed(string_at(object, "message")),
          age(first, now),
          count,
          base::find_string(object, "metadata", "name")};
}

std::vector<Column> columns() {
  return {
      {.name = "Last Seen", .description = "When it happened last."},
      {.name = "Type", .description = "Normal or Warning."},
      {.name = "Reason", .description = "Why, as one word."},
      {.name = "Object", .description = "What it is about."},
      {.name = "Subobject", .description = "The part of the object.", .priority = 1},
      {.name = "Source", .description = "Who tells it.", .priority = 1},
      {.name = "Message", .description = "What happened, for people."},
      {.name = "First Seen", .description = "When it happened first.", .priority = 1},
      {.name = "Count", .description = "How often it happened.", .priority = 1},
      {.name = "Name", .format = "name", .description = "The Event's own name.", .priority = 1}};
}

}  // namespace

Kind event_kind(const schema::SchemaSet& schemas) {
  Kind kind = make_kind(schemas, "", "v1", "io.k8s.api.core.v1.Event", "Event", "events", true);
  kind.short_names = {"ev"};
  kind.create_on_update = true;
  fill_in(kind.views[0], {{"metadata", json::object()},
                          {"involvedObject", json::object()},
                          {"source", json::object()},
                          {"firstTimestamp", nullptr},
                          {"lastTimestamp", nullptr},
                          {"eventTime", nullptr},
                          {"reportingComponent", ""},
                          {"reportingInstance", ""}});
  kind.views.push_back({.group = "events.k8s.io",
                        .version = "v1",
                        .schema = schemas.find("io.k8s.api.events.v1.Event"),
                        .to_storage = to_core,
                        .from_storage = to_events,
                        .validate_create = validate_events_v1_create,
                        .validate_update = validate_events_v1_update,
                        .field_aliases = events_aliases()});
  fill_in(kind.views[1], {{"metadata", json::object()},
                          {"eventTime", nullptr},
                          {"regarding", json::object()},
                          {"deprecatedSource", json::object()},
                          {"deprecatedFirstTimestamp", nullptr},
                          {"deprecatedLastTimestamp", nullptr}});
  kind.strategy.validate_create = validate_event;
  kind.strategy.validate_update = [](const json::value& object, const json::value&,
                                     Causes& causes) { validate_event(object, causes); };
  for (std::string_view key : kInvolved) {
    kind.field_labels.push_back(fmt::format("involvedObject.{}", key));
  }
  for (const char* label : {"reason", "reportingComponent", "source", "type"}) {
    kind.field_labels.emplace_back(label);
  }
  kind.selectable_fields = selectable;
  kind.columns = columns();
  kind.row = row;
  return kind;
}

}  // namespace nanika::apiserver::kinds
