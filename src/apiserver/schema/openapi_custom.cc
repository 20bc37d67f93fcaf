#include "apiserver/schema/openapi_custom.h"

#include "apiserver/schema/builtin.h"
#include "base/json.h"

namespace nanika::apiserver::schema {
namespace {

bool flag(const json::object& schema, std::string_view name) {
  const json::value* at = schema.if_contains(name);
  return at != nullptr && at->is_bool() && at->get_bool();
}

/// A property that every object has, described as ConfigMap's.
json::object common_property(std::string_view name, Components& components) {
  const Field& field = *builtin_kind("v1", "ConfigMap")->field(name);
  if (name != "metadata") return {{"description", field.description}, {"type", "string"}};
  components.use(object_meta());
  json::object out = reference(components.dialect(), object_meta().name);
  if (components.dialect() == Dialect::kV3) out = {{"allOf", json::array{std::move(out)}}};
  out["description"] = field.description;
  return out;
}

json::object& properties_of(json::object& schema) {
  json::value& properties = schema["properties"];
  if (!properties.is_object()) properties.emplace_object();
  return properties.get_object();
}

void require(json::object& schema, std::string_view name) {
  json::value& required = schema["required"];
  if (!required.is_array()) required.emplace_array();
  json::value wanted(name);
  if (std::ranges::find(required.get_array(), wanted) == required.get_array().end())
    required.get_array().push_back(std::move(wanted));
}

bool is_int_or_string_union(const json::value* any_of) {
  static const json::array both{json::object{{"type", "integer"}},
                                json::object{{"type", "string"}}};
  return any_of != nullptr && *any_of == both;
}

/// Says in standard words what x-kubernetes-int-or-string says, unless the author did.
void unfold_int_or_string(json::object& schema) {
  if (!flag(schema, "x-kubernetes-int-or-string")) return;
  json::value both = {json::object{{"type", "integer"}}, json::object{{"type", "string"}}};
  if (is_int_or_string_union(schema.if_contains("anyOf"))) return;
  const json::value* all_of = schema.if_contains("allOf");
  if (all_of != nullptr && all_of->is_array() && !all_of->get_array().empty() &&
      is_int_or_string_union(base::find(all_of->get_array()[0], "anyOf")))
    return;
  if (schema.if_contains("anyOf") == nullptr) {
    schema["anyOf"] = std::move(both);
    return;
  }
  json::value& all = schema["allOf"];
  if (!all.is_array()) all.emplace_array();
  json::array& list = all.get_array();
  list.insert(list.begin(), json::object{{"anyOf", std::move(both)}});
}

/// Drops from `required` the properties that may be null: kubectl takes null for absent.
void drop_nullable_required(json::object& schema) {
  json::value* required = schema.if_contains("required");
  if (required == nullptr || !required->is_array()) return;
  const json::value* additional = schema.if_contains("additionalProperties");
  if (additional != nullptr && additional->is_object() &&
      flag(additional->get_object(), "nullable")) {
    schema.erase("required");
    return;
  }
  const json::value* properties = schema.if_contains("properties");
  if (properties == nullptr || !properties->is_object()) return;
  json::array& names = required->get_array();
  auto nullable = [&](const json::value& name) {
    const json::value* at =
        name.is_string() ? properties->get_object().if_contains(name.get_string()) : nullptr;
    return at != nullptr && at->is_object() && flag(at->get_object(), "nullable");
  };
  names.erase(std::remove_if(names.begin(), names.end(), nullable), names.end());
  if (names.empty()) schema.erase("required");
}

void loosen_for_v2(json::object& schema) {
  for (std::string_view junctor : {"allOf", "oneOf", "anyOf", "not"}) schema.erase(junctor);
  bool preserve = flag(schema, "x-kubernetes-preserve-unknown-fields");
  bool nullable = flag(schema, "nullable");
  if (nullable) {
    schema.erase("type");
    schema.erase("nullable");
  }
  if (nullable || preserve) {
    schema.erase("items");
    schema.erase("properties");
  }
  const json::value* type = schema.if_contains("type");
  if (type != nullptr && *type == "array" && !schema.contains("items")) schema.erase("type");
  type = schema.if_contains("type");
  if (type != nullptr && *type == "object" && preserve) schema.erase("type");
  drop_nullable_required(schema);
}

void add_embedded(json::object& schema, Components& components) {
  if (!flag(schema, "x-kubernetes-embedded-resource")) return;
  if (components.dialect() == Dialect::kV2 && flag(schema, "x-kubernetes-preserve-unknown-fields"))
    return;
  for (std::string_view name : {"apiVersion", "kind", "metadata"})
    properties_of(schema)[name] = common_property(name, components);
  require(schema, "kind");
  require(schema, "apiVersion");
}

/// Rewrites a schema in place, from the outside in. Depth is bounded by the CRD's own validation.
void publish(json::object& schema, Components& components) {
  static constexpr std::array kFlags = {"nullable",
                                        "uniqueItems",
                                        "exclusiveMinimum",
                                        "exclusiveMaximum",
                                        "x-kubernetes-preserve-unknown-fields",
                                        "x-kubernetes-embedded-resource",
                                        "x-kubernetes-int-or-string"};
  for (std::string_view name : kFlags)
    if (schema.contains(name) && !flag(schema, name)) schema.erase(name);
  unfold_int_or_string(schema);
  if (components.dialect() == Dialect::kV2) loosen_for_v2(schema);
  if (json::value* properties = schema.if_contains("properties");
      properties && properties->is_object())
    for (auto& [name, property] : properties->get_object())
      if (property.is_object()) publish(property.get_object(), components);
  for (std::string_view inner : {"items", "additionalProperties"})
    if (json::value* at = schema.if_contains(inner); at != nullptr && at->is_object())
      publish(at->get_object(), components);
  add_embedded(schema, components);
}

json::object kind_schema(const ServedResource& resource, Components& components) {
  const json::object* written = resource.custom->if_object();
  if (written == nullptr) return {{"type", "object"}};
  bool unknown =
      resource.preserve_unknown || flag(*written, "x-kubernetes-preserve-unknown-fields");
  // Not even metadata: kubectl would call all other fields unknown.
  if (unknown && components.dialect() == Dialect::kV2) return {{"type", "object"}};
  json::object schema = *written;
  publish(schema, components);
  for (std::string_view name : {"apiVersion", "kind", "metadata"})
    properties_of(schema)[name] = common_property(name, components);
  return schema;
}

json::object list_schema(const ServedResource& resource, const std::string& item,
                         Components& components) {
  const Schema& like = *builtin_kind("v1", "ConfigMapList");
  components.use(list_meta());
  json::object metadata = reference(components.dialect(), list_meta().name);
  if (components.dialect() == Dialect::kV3)
    metadata = {{"allOf", json::array{std::move(metadata)}}};
  metadata["description"] = like.field("metadata")->description;
  json::object items{{"description", fmt::format("List of {}.", resource.plural)},
                     {"items", reference(components.dialect(), item)},
                     {"type", "array"}};
  return {{"description", fmt::format("{} is a list of {}", resource.list_kind, resource.kind)},
          {"properties", json::object{{"apiVersion", common_property("apiVersion", components)},
                                      {"items", std::move(items)},
                                      {"kind", common_property("kind", components)},
                                      {"metadata", std::move(metadata)}}},
          {"required", json::array{"items"}},
          {"type", "object"}};
}

}  // namespace

std::string custom_name(std::string_view group, std::string_view version, std::string_view kind) {
  std::string name;
  while (!group.empty()) {
    size_t dot = group.rfind('.');
    name += dot == std::string_view::npos ? group : group.substr(dot + 1);
    name += '.';
    group = dot == std::string_view::npos ? std::string_view() : group.substr(0, dot);
  }
  return fmt::format("{}{}.{}", name, version, kind);
}

void add_custom(const ServedResource& resource, Components& components) {
  std::string name = custom_name(resource.group, resource.version, resource.kind);
  std::string list = custom_name(resource.group, resource.version, resource.list_kind);
  json::object schema = kind_schema(resource, components);
  if (!resource.selectable_fields.empty()) {
    json::array fields;
    for (const std::string& path : resource.selectable_fields)
      fields.push_back(json::object{{"fieldPath", path.starts_with('.') ? path.substr(1) : path}});
    schema["x-kubernetes-selectable-fields"] = std::move(fields);
  }
  components.add(name, std::move(schema));
  components.add(list, list_schema(resource, name, components));
  components.tag(name, {resource.group, resource.version, resource.kind});
  components.tag(list, {resource.group, resource.version, resource.list_kind});
}

}  // namespace nanika::apiserver::schema
