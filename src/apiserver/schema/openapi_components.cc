#include "apiserver/schema/openapi_components.h"

#include <utility>

namespace nanika::apiserver::schema {
namespace {

std::string_view type_name(Type type) {
  switch (type) {
    case Type::kObject:
      return "object";
    case Type::kArray:
      return "array";
    case Type::kString:
      return "string";
    case Type::kInteger:
      return "integer";
    case Type::kNumber:
      return "number";
    case Type::kBoolean:
      return "boolean";
    case Type::kAny:
    case Type::kIntOrString:
      break;
  }
  return "";
}

/// Types with two forms in JSON: v3 says so, v2 cannot and calls them strings.
bool two_forms(const Schema& schema, Dialect dialect, json::object& out) {
  bool quantity = schema.codec == "Quantity";
  if (!quantity && schema.type != Type::kIntOrString) return false;
  if (dialect == Dialect::kV2) {
    out["type"] = "string";
  } else if (quantity) {
    out["oneOf"] = {json::object{{"type", "string"}}, json::object{{"type", "number"}}};
  } else {
    out["oneOf"] = {json::object{{"type", "integer"}}, json::object{{"type", "string"}}};
  }
  return true;
}

void add_list_facts(const Schema& schema, json::object& out) {
  if (schema.list_type == ListType::kSet) out["x-kubernetes-list-type"] = "set";
  if (schema.list_type != ListType::kMap) return;
  out["x-kubernetes-list-type"] = "map";
  json::array keys;
  for (const std::string& key : schema.list_map_keys) keys.emplace_back(key);
  out["x-kubernetes-list-map-keys"] = std::move(keys);
}

}  // namespace

json::object gvk_json(const GroupVersionKind& gvk) {
  return {{"group", gvk.group}, {"kind", gvk.kind}, {"version", gvk.version}};
}

json::object reference(Dialect dialect, std::string_view name) {
  std::string_view prefix = dialect == Dialect::kV2 ? "#/definitions/" : "#/components/schemas/";
  return {{"$ref", fmt::format("{}{}", prefix, name)}};
}

void Components::use(const Schema& named) {
  if (!types_.try_emplace(named.name).second) return;  // first the name: types are recursive
  json::object made = type_json(named);
  types_[named.name] = std::move(made);
}

void Components::add(std::string name, json::object schema) {
  types_.insert_or_assign(std::move(name), std::move(schema));
}

void Components::tag(const std::string& name, const GroupVersionKind& gvk) {
  auto type = types_.find(name);
  CHECK(type != types_.end());
  json::value& tags = type->second["x-kubernetes-group-version-kind"];
  if (!tags.is_array()) tags.emplace_array();
  json::value tag = gvk_json(gvk);
  if (std::ranges::find(tags.get_array(), tag) == tags.get_array().end())
    tags.get_array().push_back(std::move(tag));
}

json::object Components::in_place(const Schema& schema) {
  if (schema.name.empty()) return type_json(schema);
  use(schema);
  return reference(dialect_, schema.name);
}

json::object Components::type_json(const Schema& schema) {
  json::object out;
  if (!schema.description.empty()) out["description"] = schema.description;
  if (!two_forms(schema, dialect_, out) && schema.type != Type::kAny)
    out["type"] = type_name(schema.type);
  if (!schema.format.empty()) out["format"] = schema.format;
  if (schema.validation != nullptr && !schema.validation->enum_values.empty())
    out["enum"] = schema.validation->enum_values;
  if (schema.type == Type::kArray) {
    out["items"] = in_place(*schema.items);
    add_list_facts(schema, out);
  }
  if (schema.additional != nullptr) out["additionalProperties"] = in_place(*schema.additional);
  if (schema.map_type == MapType::kAtomic) out["x-kubernetes-map-type"] = "atomic";
  if (schema.fields.empty()) return out;
  json::array required;
  json::object properties;
  for (const Field& field : schema.fields) {
    properties[field.name] = property(field);
    if (field.required) required.emplace_back(field.name);
  }
  out["properties"] = std::move(properties);
  if (!required.empty()) out["required"] = std::move(required);
  return out;
}

json::object Components::property(const Field& field) {
  json::object beside;
  if (!field.description.empty()) beside["description"] = field.description;
  if (field.default_value && dialect_ == Dialect::kV3) beside["default"] = *field.default_value;
  if (field.patch_merge || field.patch_retain_keys)
    beside["x-kubernetes-patch-strategy"] = !field.patch_retain_keys ? "merge"
                                            : field.patch_merge      ? "merge,retainKeys"
                                                                     : "retainKeys";
  if (!field.patch_merge_key.empty())
    beside["x-kubernetes-patch-merge-key"] = field.patch_merge_key;
  json::object out = in_place(*field.schema);
  // In v3 nothing may stand beside a reference.
  if (dialect_ == Dialect::kV3 && out.contains("$ref") && !beside.empty())
    out = {{"allOf", json::array{std::move(out)}}};
  for (auto& [key, value] : beside) out[key] = std::move(value);
  return out;
}

}  // namespace nanika::apiserver::schema
