#include "apiserver/crd/validate_schema.h"

#include <set>

#include "apiserver/schema/structural.h"
#include "apiserver/schema/structural_props.h"
#include "apiserver/schema/structural_prune.h"
#include "apiserver/schema/validate.h"
#include "apiserver/schema/validate_cause.h"

namespace nanika::apiserver::crd {
namespace {

using schema::flag;
using schema::forbidden;
using schema::invalid_value;
using schema::key_path;
using schema::list_of;
using schema::not_supported;
using schema::object_of;
using schema::required_value;
using schema::Schema;
using schema::text;
using schema::texts;

bool has(const json::object& props, std::string_view key) {
  const json::value* v = props.if_contains(key);
  return v != nullptr && !v->is_null();
}

// What a structural schema cannot be made of; "" when there is nothing.
std::string unsupported(const json::value& props) {
  std::string found;
  each_schema(props, [&](const json::object& s) {
    static constexpr std::pair<std::string_view, std::string_view> kKeys[] = {
        {"id", "id"},
        {"$schema", "schema"},
        {"$ref", "$ref"},
        {"patternProperties", "patternProperties"},
        {"dependencies", "dependencies"},
        {"additionalItems", "additionalItems"},
        {"definitions", "definitions"}};
    for (const auto& [key, name] : kKeys)
      if (found.empty() && has(s, key))
        found = fmt::format("OpenAPIV3Schema '{}' is not supported", name);
    if (found.empty() && has(s, "items") && s.at("items").is_array())
      found = "OpenAPIV3Schema 'items' must be a schema, but is an array";
    const json::value* preserve = s.if_contains("x-kubernetes-preserve-unknown-fields");
    if (found.empty() && preserve != nullptr && preserve->is_bool() && !preserve->get_bool())
      found = "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined";
  });
  return found;
}

// The rules of upstream's ValidateCustomResourceDefinitionOpenAPISchema.
class Rules {
 public:
  Causes causes;

  struct Where {
    bool root = false;
    bool inside_meta = false;
    std::string no_defaults;  // why, when defaults are forbidden here
  };

  void visit(const json::object& s, const std::string& path, const Where& where) {
    standard(s, path, where);
    if (flag(s, "uniqueItems"))
      causes.push_back(forbidden(path + ".uniqueItems",
                                 "uniqueItems cannot be set to true since the runtime complexity "
                                 "becomes quadratic"));
    children(s, path, where);
    const json::value* preserve = s.if_contains("x-kubernetes-preserve-unknown-fields");
    if (preserve != nullptr && preserve->is_bool() && !preserve->get_bool())
      causes.push_back(invalid_value(path + ".x-kubernetes-preserve-unknown-fields", false,
                                     "must be true or undefined"));
    map_type(s, path);
    list_type(s, path);
    if (text(s, "x-kubernetes-list-type") == "map") map_list(s, path);
    nullable_items(s, path);
    cel(s, path);
  }

 private:
  void standard(const json::object& s, const std::string& path, const Where& where) {
    static const std::vector<std::string> kTypes{"array",  "boolean", "integer",
                                                 "number", "object",  "string"};
    const std::string_view type = text(s, "type");
    if (!type.empty() && std::ranges::find(kTypes, type) == kTypes.end())
      causes.push_back(not_supported(path + ".type", json::value(type), kTypes));
    if (has(s, "default") && !where.no_defaults.empty())
      causes.push_back(forbidden(path + ".default", "must not be set " + where.no_defaults));
    for (std::string_view key :
         {"id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"})
      if (has(s, key))
        causes.push_back(
            forbidden(fmt::format("{}.{}", path, key), fmt::format("{} is not supported", key)));
    if (type == "null")
      causes.push_back(
          forbidden(path + ".type", "type cannot be set to null, use nullable as an alternative"));
    if (has(s, "items") && s.at("items").is_array())
      causes.push_back(
          forbidden(path + ".items", "items must be a schema object and not an array"));
    if (where.inside_meta && flag(s, "x-kubernetes-embedded-resource"))
      causes.push_back(forbidden(path + ".x-kubernetes-embedded-resource",
                                 "must not be used inside of resource meta"));
  }

  void child(const json::object& s, std::string_view key, const std::string& path,
             const Where& where) {
    if (const json::value* v = s.if_contains(key); v != nullptr && v->is_object())
      visit(v->get_object(), path, where);
  }

  void children(const json::object& s, const std::string& path, const Where& where) {
    Where below = where;
    below.root = false;
    const json::object& properties = object_of(s, "properties");
    if (const json::value* additional = s.if_contains("additionalProperties");
        additional != nullptr && !additional->is_null()) {
      const bool all = additional->is_bool() && additional->get_bool();
      if (!properties.empty() && !all)
        causes.push_back(forbidden(path + ".additionalProperties",
                                   "additionalProperties and properties are mutual exclusive"));
      Where values = below;
      if (where.inside_meta)
        values.no_defaults = "inside additionalProperties applying to object metadata";
      child(s, "additionalProperties", path + ".additionalProperties", values);
    }
    for (const auto& [name, v] : properties) {
      const bool meta = name == "metadata" || name == "kind" || name == "apiVersion";
      Where inside = below;
      if (meta && (where.root || flag(s, "x-kubernetes-embedded-resource"))) {
        inside.inside_meta = true;
        if (where.root) inside.no_defaults = fmt::format("in top-level {}", std::string_view(name));
      }
      if (v.is_object()) visit(v.get_object(), key_path(path + ".properties", name), inside);
    }
    child(s, "not", path + ".not", below);
    for (std::string_view key : {"allOf", "oneOf", "anyOf"}) {
      const json::array& branches = list_of(s, key);
      for (size_t i = 0; i < branches.size(); ++i)
        if (branches[i].is_object())
          visit(branches[i].get_object(), fmt::format("{}.{}[{}]", path, key, i), below);
    }
    child(s, "items", path + ".items", below);
  }

  void must_be(const json::object& s, std::string_view type, std::string_view why,
               const std::string& path) {
    const std::string_view given = text(s, "type");
    const std::string detail = fmt::format("must be {} if {} is specified", type, why);
    causes.push_back(given.empty() ? required_value(path + ".type", detail)
                                   : invalid_value(path + ".type", given, detail));
  }

  void map_type(const json::object& s, const std::string& path) {
    static const std::vector<std::string> kTypes{"atomic", "granular"};
    if (!has(s, "x-kubernetes-map-type")) return;
    const std::string_view type = text(s, "x-kubernetes-map-type");
    if (text(s, "type") != "object") must_be(s, "object", "x-kubernetes-map-type", path);
    if (std::ranges::find(kTypes, type) == kTypes.end())
      causes.push_back(not_supported(path + ".x-kubernetes-map-type", json::value(type), kTypes));
  }

  void list_type(const json::object& s, const std::string& path) {
    static const std::vector<std::string> kTypes{"atomic", "set", "map"};
    const bool given = has(s, "x-kubernetes-list-type");
    const std::string_view type = text(s, "x-kubernetes-list-type");
    if (given && text(s, "type") != "array") {
      must_be(s, "array", "x-kubernetes-list-type", path);
    } else if (type == "set") {
      const json::object& items = object_of(s, "items");
      constexpr std::string_view kMust =
          "must be atomic as item of a list with x-kubernetes-list-type=set";
      const std::string_view inner = text(items, "x-kubernetes-list-type");
      if (text(items, "type") == "array" && !inner.empty() && inner != "atomic")
        causes.push_back(invalid_value(path + ".items.x-kubernetes-list-type", inner, kMust));
      if (text(items, "type") == "object" && text(items, "x-kubernetes-map-type") != "atomic")
        causes.push_back(
            invalid_value(path + ".items.x-kubernetes-map-type", json::value(), kMust));
    }
    if (given && std::ranges::find(kTypes, type) == kTypes.end())
      causes.push_back(not_supported(path + ".x-kubernetes-list-type", json::value(type), kTypes));
    if (list_of(s, "x-kubernetes-list-map-keys").empty()) return;
    constexpr std::string_view kMust = "must be map if x-kubernetes-list-map-keys is non-empty";
    if (!given) {
      causes.push_back(required_value(path + ".x-kubernetes-list-type", kMust));
    } else if (type != "map") {
      causes.push_back(invalid_value(path + ".x-kubernetes-list-type", type, kMust));
    }
  }

  void map_list(const json::object& s, const std::string& path) {
    const std::vector<std::string> keys = texts(s, "x-kubernetes-list-map-keys");
    const std::string at = path + ".x-kubernetes-list-map-keys";
    if (keys.empty())
      causes.push_back(required_value(at, "must not be empty if x-kubernetes-list-type is map"));
    if (!has(s, "items")) {
      causes.push_back(
          required_value(path + ".items", "must have a schema if x-kubernetes-list-type is map"));
      return;
    }
    const json::object& items = object_of(s, "items");
    if (text(items, "type") != "object") {
      causes.push_back(
          invalid_value(path + ".items.type", text(items, "type"),
                        "must be object if parent array's x-kubernetes-list-type is map"));
      return;
    }
    const json::value all(list_of(s, "x-kubernetes-list-map-keys"));
    std::set<std::string_view> seen;
    for (const std::string& key : keys) {
      const json::object& properties = object_of(items, "properties");
      if (!properties.contains(key)) {
        causes.push_back(invalid_value(at, all, "entries must all be names of item properties"));
      } else if (const std::string_view type = text(object_of(properties, key), "type");
                 type == "array" || type == "object") {
        causes.push_back(
            invalid_value(key_path(path + ".items.properties", key) + ".type", "object",
                          "must be a scalar type if parent array's x-kubernetes-list-type is map"));
      }
      if (!seen.insert(key).second)
        causes.push_back(invalid_value(at, all, "must not contain duplicate entries"));
    }
  }

  void nullable_items(const json::object& s, const std::string& path) {
    const std::string_view type = text(s, "x-kubernetes-list-type");
    if ((type != "set" && type != "map") || !has(s, "items")) return;
    const json::object& items = object_of(s, "items");
    if (flag(items, "nullable"))
      causes.push_back(
          forbidden(path + ".items.nullable",
                    fmt::format("cannot be nullable when x-kubernetes-list-type is {}", type)));
    if (type != "map") return;
    const std::vector<std::string> required = texts(items, "required");
    for (const std::string& key : texts(s, "x-kubernetes-list-map-keys")) {
      const json::object& properties = object_of(items, "properties");
      if (!properties.contains(key)) continue;
      const json::object& property = object_of(properties, key);
      const std::string at = key_path(path + ".items.properties", key);
      if (std::ranges::find(required, key) == required.end() && !has(property, "default"))
        causes.push_back(required_value(at + ".default",
                                        "this property is in x-kubernetes-list-map-keys, so it "
                                        "must have a default or be a required property"));
      if (flag(property, "nullable"))
        causes.push_back(forbidden(at + ".nullable",
                                   "this property is in x-kubernetes-list-map-keys, so it cannot "
                                   "be nullable"));
    }
  }

  void cel(const json::object& s, const std::string& path) {
    const json::array& rules = list_of(s, "x-kubernetes-validations");
    for (size_t i = 0; i < rules.size(); ++i) {
      const std::string at = fmt::format("{}.x-kubernetes-validations[{}]", path, i);
      const std::string_view rule = base::find_string(rules[i], "rule");
      const std::string_view message = base::find_string(rules[i], "message");
      const auto blank = [](std::string_view t) {
        return t.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
      };
      if (blank(rule)) {
        causes.push_back(required_value(at + ".rule", "rule is not specified"));
      } else if (!message.empty() && blank(message)) {
        causes.push_back(invalid_value(at + ".message", message, "must be non-empty if specified"));
      } else if (message.find_first_of("\r\n") != std::string_view::npos) {
        causes.push_back(invalid_value(at + ".message", message, "must not contain line breaks"));
      } else if (rule.find_first_of("\r\n") != std::string_view::npos && message.empty()) {
        causes.push_back(required_value(at + ".message",
                                        "message must be specified if rule contains line breaks"));
      }
    }
  }
};

// Defaults must be valid and hold nothing that would be pruned.
class Defaults {
 public:
  Causes causes;

  void visit(const json::object& s, const Schema& node, const std::string& path,
             bool root = false) {
    if (const json::value* value = s.if_contains("default"); value != nullptr && !value->is_null())
      check(*value, node, path + ".default", root);
    if (node.items != nullptr && has(s, "items"))
      visit(object_of(s, "items"), *node.items, path + ".items");
    for (const auto& [name, child] : object_of(s, "properties")) {
      const schema::Field* field = node.field(name);
      if (field != nullptr && child.is_object())
        visit(child.get_object(), *field->schema, key_path(path + ".properties", name));
    }
  }

 private:
  void check(const json::value& value, const Schema& node, const std::string& path, bool root) {
    json::value pruned = value;
    schema::prune(pruned, node, root || node.embedded_resource);
    if (!base::json_equal(pruned, value))
      causes.push_back(invalid_value(path, value, "must not have unknown fields"));
    Causes found = schema::validate_embedded(value, node, path, root);
    if (found.empty()) found = schema::validate(value, node, path);
    std::ranges::move(found, std::back_inserter(causes));
  }
};

// With a status subresource the root may hold only what does not restrict the status.
void check_root(const json::object& props, const std::string& path, Causes& causes) {
  static constexpr std::string_view kAllowed =
      "Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength "
      "MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties "
      "ExternalDocs Example XPreserveUnknownFields XValidations";
  static const std::set<std::string_view> kKeys = {"description",
                                                   "type",
                                                   "format",
                                                   "title",
                                                   "maximum",
                                                   "exclusiveMaximum",
                                                   "minimum",
                                                   "exclusiveMinimum",
                                                   "maxLength",
                                                   "minLength",
                                                   "pattern",
                                                   "maxItems",
                                                   "minItems",
                                                   "uniqueItems",
                                                   "multipleOf",
                                                   "required",
                                                   "items",
                                                   "properties",
                                                   "externalDocs",
                                                   "example",
                                                   "x-kubernetes-preserve-unknown-fields",
                                                   "x-kubernetes-validations"};
  if (const std::string_view type = text(props, "type"); !type.empty() && type != "object") {
    causes.push_back(invalid_value(path + ".type", type,
                                   "only \"object\" is allowed as the type at the root of the "
                                   "schema if the status subresource is enabled"));
    return;
  }
  for (const auto& [key, v] : props) {
    const bool empty =
        v.is_null() || (v.is_bool() && !v.get_bool()) || (v.is_array() && v.get_array().empty());
    if (empty || kKeys.contains(std::string_view(key))) continue;
    causes.push_back(invalid_value(path, json::value(props),
                                   fmt::format("only [{}] fields are allowed at the root of the "
                                               "schema if the status subresource is enabled",
                                               kAllowed)));
    return;
  }
}

}  // namespace

Causes validate_schema(const json::value& props, const std::string& path, bool status_subresource) {
  Causes causes;
  if (!props.is_object()) return {required_value(path)};
  const json::object& root = props.get_object();
  if (status_subresource) check_root(root, path, causes);
  if (flag(root, "nullable"))
    causes.push_back(forbidden(path + ".nullable", "nullable cannot be true at the root"));
  const std::string refused = unsupported(props);
  if (refused.empty()) {
    Causes found = schema::check_structural(props, path);
    auto built = schema::build_structural(props);
    if (found.empty() && !built) {
      found.push_back(invalid_value(path, "", built.error().message));
    } else if (found.empty()) {
      Defaults defaults;
      defaults.visit(root, *built->root, path, true);
      found = std::move(defaults.causes);
    }
    std::ranges::move(found, std::back_inserter(causes));
  }
  Rules rules;
  rules.visit(root, path, {.root = true});
  std::ranges::move(rules.causes, std::back_inserter(causes));
  if (causes.empty() && !refused.empty()) causes.push_back(invalid_value(path, "", refused));
  return causes;
}

}  // namespace nanika::apiserver::crd
