#include "apiserver/schema/structural.h"

#include <re2/re2.h>

#include "apiserver/schema/structural_props.h"

namespace nanika::apiserver::schema {
namespace {

using base::Code;
using base::fail;
using base::Result;

Type type_of(const json::object& props) {
  if (flag(props, "x-kubernetes-int-or-string")) return Type::kIntOrString;
  static constexpr std::pair<std::string_view, Type> kTypes[] = {
      {"object", Type::kObject},   {"array", Type::kArray},   {"string", Type::kString},
      {"integer", Type::kInteger}, {"number", Type::kNumber}, {"boolean", Type::kBoolean}};
  for (const auto& [name, type] : kTypes)
    if (name == text(props, "type")) return type;
  return Type::kAny;
}

std::optional<double> number(const json::object& props, std::string_view key) {
  const json::value* v = props.if_contains(key);
  if (v == nullptr || !v->is_number()) return std::nullopt;
  return v->to_number<double>();
}

std::optional<int64_t> count(const json::object& props, std::string_view key) {
  const json::value* v = props.if_contains(key);
  if (v == nullptr || !v->is_int64()) return std::nullopt;
  return v->get_int64();
}

class Builder {
 public:
  explicit Builder(Structural& out) : out_(out) {}

  Result<Schema*> build(const json::value& value, int depth) {
    TRY(check(value, depth));
    const json::object& props = value.get_object();
    Schema schema;
    TRY(common(props, schema, depth));
    if (const json::value* items = props.if_contains("items"); items && !items->is_null()) {
      const Schema* item = TRY(build(*items, depth + 1));
      schema.items = item;
    }
    const json::value* additional = props.if_contains("additionalProperties");
    if (additional != nullptr && additional->is_object()) {
      schema.additional = TRY(build(*additional, depth + 1));
    } else if (additional != nullptr && additional->is_bool()) {
      schema.additional = out_.set.add({});
    }
    return out_.set.add(std::move(schema));
  }

 private:
  static Result<void> check(const json::value& value, int depth) {
    if (!value.is_object()) return fail(Code::kInvalid, "a schema must be a JSON object");
    if (depth > kMaxSchemaDepth)
      return fail(Code::kInvalid, "schemas nest deeper than {}", kMaxSchemaDepth);
    return {};
  }

  Result<void> common(const json::object& props, Schema& schema, int depth) {
    schema.type = type_of(props);
    schema.format = text(props, "format");
    schema.description = text(props, "description");
    schema.nullable = flag(props, "nullable");
    schema.preserve_unknown = flag(props, "x-kubernetes-preserve-unknown-fields");
    schema.embedded_resource = flag(props, "x-kubernetes-embedded-resource");
    const std::string_view list = text(props, "x-kubernetes-list-type");
    schema.list_type = list == "map"   ? ListType::kMap
                       : list == "set" ? ListType::kSet
                                       : ListType::kAtomic;
    schema.list_map_keys = texts(props, "x-kubernetes-list-map-keys");
    if (text(props, "x-kubernetes-map-type") == "atomic") schema.map_type = MapType::kAtomic;
    if (!list_of(props, "x-kubernetes-validations").empty()) out_.has_rules = true;
    if (const json::value* v = props.if_contains("default"); v != nullptr && !v->is_null())
      schema.default_value = *v;
    TRY(fields(props, schema, depth));
    schema.validation = TRY(validation(props, schema, depth));
    return {};
  }

  Result<void> fields(const json::object& props, Schema& schema, int depth) {
    const json::value* properties = props.if_contains("properties");
    if (properties == nullptr || properties->is_null()) return {};
    if (!properties->is_object()) return fail(Code::kInvalid, "properties must be a JSON object");
    for (const auto& [name, value] : properties->get_object()) {
      const Schema* child = TRY(base::in_context(build(value, depth + 1), name));
      schema.fields.push_back(
          {.name = name, .schema = child, .default_value = child->default_value});
    }
    std::ranges::sort(schema.fields, {}, &Field::name);
    return {};
  }

  // The branches of allOf, anyOf, oneOf and not own their roots; what they hold lives in the set.
  Result<std::shared_ptr<const Schema>> branch(const json::value& value, int depth) {
    Schema* schema = TRY(build(value, depth + 1));
    return std::make_shared<const Schema>(std::move(*schema));
  }

  Result<void> branches(const json::object& props, std::string_view key, int depth,
                        std::vector<std::shared_ptr<const Schema>>& out) {
    for (const json::value& value : list_of(props, key)) out.push_back(TRY(branch(value, depth)));
    return {};
  }

  Result<std::unique_ptr<const Validation>> validation(const json::object& props, Schema& schema,
                                                       int depth) {
    auto rules = std::make_unique<Validation>();
    rules->minimum = number(props, "minimum");
    rules->maximum = number(props, "maximum");
    rules->multiple_of = number(props, "multipleOf");
    rules->exclusive_minimum = flag(props, "exclusiveMinimum");
    rules->exclusive_maximum = flag(props, "exclusiveMaximum");
    rules->min_length = count(props, "minLength");
    rules->max_length = count(props, "maxLength");
    rules->min_items = count(props, "minItems");
    rules->max_items = count(props, "maxItems");
    rules->min_properties = count(props, "minProperties");
    rules->max_properties = count(props, "maxProperties");
    rules->unique_items = flag(props, "uniqueItems");
    rules->enum_values = list_of(props, "enum");
    rules->pattern = text(props, "pattern");
    if (!rules->pattern.empty())
      rules->regex = std::make_shared<const RE2>(rules->pattern, RE2::Quiet);
    for (const std::string& name : texts(props, "required")) {
      const auto field = std::ranges::lower_bound(schema.fields, name, {}, &Field::name);
      if (field != schema.fields.end() && field->name == name) {
        field->required = true;
      } else {
        rules->required.push_back(name);
      }
    }
    TRY(branches(props, "allOf", depth, rules->all_of));
    TRY(branches(props, "anyOf", depth, rules->any_of));
    TRY(branches(props, "oneOf", depth, rules->one_of));
    if (const json::value* v = props.if_contains("not"); v != nullptr && !v->is_null())
      rules->not_ = TRY(branch(*v, depth));
    return std::unique_ptr<const Validation>(std::move(rules));
  }

  Structural& out_;
};

}  // namespace

std::string_view text(const json::object& props, std::string_view key) {
  const json::value* v = props.if_contains(key);
  return v != nullptr && v->is_string() ? std::string_view(v->get_string()) : std::string_view();
}

bool flag(const json::object& props, std::string_view key) {
  const json::value* v = props.if_contains(key);
  return v != nullptr && v->is_bool() && v->get_bool();
}

const json::array& list_of(const json::object& props, std::string_view key) {
  static const json::array none;
  const json::value* v = props.if_contains(key);
  return v != nullptr && v->is_array() ? v->get_array() : none;
}

const json::object& object_of(const json::object& props, std::string_view key) {
  static const json::object none;
  const json::value* v = props.if_contains(key);
  return v != nullptr && v->is_object() ? v->get_object() : none;
}

std::vector<std::string> texts(const json::object& props, std::string_view key) {
  std::vector<std::string> out;
  for (const json::value& v : list_of(props, key))
    if (v.is_string()) out.emplace_back(v.get_string());
  return out;
}

Result<Structural> build_structural(const json::value& props) {
  Structural out;
  out.root = TRY(Builder(out).build(props, 0));
  return out;
}

}  // namespace nanika::apiserver::schema
