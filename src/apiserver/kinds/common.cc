// What most kinds' rows have in common: the rest of object_meta.h.
#include "apiserver/kinds/access.h"
#include "apiserver/kinds/object_meta.h"

namespace nanika::apiserver::kinds {

SelectableFields meta_fields(const json::value& object, bool namespaced) {
  SelectableFields out{
      {"metadata.name", std::string(base::find_string(object, "metadata", "name"))}};
  if (namespaced) {
    out.emplace_back("metadata.namespace", base::find_string(object, "metadata", "namespace"));
  }
  return out;
}

std::vector<std::string> meta_field_labels(bool namespaced) {
  if (namespaced) return {"metadata.name", "metadata.namespace"};
  return {"metadata.name"};
}

json::value age(std::string_view timestamp, base::WallTime now) {
  if (timestamp.empty()) return "<unknown>";
  auto time = base::parse_time(timestamp);
  if (!time) return "<unknown>";
  return json::value(base::format_age(now - *time));
}

json::value age_of(const json::value& object, base::WallTime now) {
  return age(base::find_string(object, "metadata", "creationTimestamp"), now);
}

Column name_column() {
  return {.name = "Name",
          .format = "name",
          .description = "The object's name: unique among its kind in its namespace."};
}

Column age_column() {
  return {.name = "Age", .description = "How long ago the server made the object."};
}

std::vector<std::string> all_verbs() {
  return {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"};
}
std::vector<std::string> update_verbs() {
  return {"get", "patch", "update"};
}

Kind make_kind(const schema::SchemaSet& schemas, std::string_view group, std::string_view version,
               std::string_view schema_name, std::string_view kind, std::string_view plural,
               bool namespaced) {
  Kind out;
  out.kind = kind;
  out.list_kind = std::string(kind) + "List";
  out.plural = plural;
  for (char c : kind) out.singular += static_cast<char>(std::tolower(c));
  out.namespaced = namespaced;
  out.views.push_back({.group = std::string(group),
                       .version = std::string(version),
                       .schema = schemas.find(schema_name)});
  out.verbs = all_verbs();
  out.field_labels = meta_field_labels(namespaced);
  out.selectable_fields = [namespaced](const json::value& object) {
    return meta_fields(object, namespaced);
  };
  return out;
}

namespace {

void fill(json::value& object, const json::value& empty) {
  for (const auto& [key, value] : empty.get_object()) {
    json::value& at = object.as_object()[key];
    if (at.is_null()) {
      at = value;
    } else if (at.is_object() && value.is_object()) {
      fill(at, value);
    }
  }
}

}  // namespace

void fill_in(View& view, json::value empty, void (*more)(json::value& object)) {
  view.empty = std::move(empty);
  view.set_defaults = [missing = view.empty, more](json::value& object) {
    fill(object, missing);
    if (more != nullptr) more(object);
  };
}

Subresource status_like(std::string_view name, std::vector<std::string> kept) {
  Subresource out{.name = std::string(name), .verbs = update_verbs()};
  for (const std::string& key : kept) out.strategy.reset_fields.push_back({key});
  out.strategy.prepare_update = [kept](json::value& object, const json::value& old) {
    for (const std::string& key : kept) copy_member(object, old, key);
  };
  out.strategy.validate_update = validate_object_meta_update;
  return out;
}

Strategy meta_strategy(bool namespaced, NameRule name_rule, Validate rest) {
  Strategy out;
  out.validate_create = [=](const json::value& object, Causes& causes) {
    validate_builtin_meta(object, namespaced, name_rule, causes);
    if (rest != nullptr) rest(object, causes);
  };
  // As upstream: what changed first, then the object as if it were new.
  out.validate_update = [=](const json::value& object, const json::value& old, Causes& causes) {
    validate_object_meta_update(object, old, causes);
    validate_builtin_meta(object, namespaced, name_rule, causes);
    if (rest != nullptr) rest(object, causes);
  };
  return out;
}

void start_generation(json::value& object) {
  make_object(object, "metadata").as_object()["generation"] = 1;
}

void carry_generation(json::value& object, const json::value& old,
                      std::initializer_list<std::string_view> keys) {
  const json::value* meta = base::find(old, "metadata");
  int64_t generation = meta != nullptr ? int_at(*meta, "generation") : 0;
  for (std::string_view key : keys) {
    if (same_member(object, old, key)) continue;
    ++generation;
    break;
  }
  if (generation > 0) make_object(object, "metadata").as_object()["generation"] = generation;
}

}  // namespace nanika::apiserver::kinds
