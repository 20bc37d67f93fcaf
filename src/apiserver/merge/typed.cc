#include "apiserver/merge/typed.h"

#include <algorithm>
#include <set>

#include "apiserver/merge/go_text.h"
#include "apiserver/schema/builtin.h"

namespace nanika::apiserver::merge {

namespace {

using base::Code;
using base::fail;
using base::Result;
using schema::Field;
using schema::ListType;
using schema::MapType;
using schema::Type;

// Values without schema: granular objects and atomic lists, or atomic altogether.
const Schema& deduced() {
  static const Schema kDeduced{.type = Type::kAny, .preserve_unknown = true};
  return kDeduced;
}
const Schema& untyped_atomic() {
  static const Schema kAtomic{.type = Type::kAny};
  return kAtomic;
}
const Schema& any_string() {
  static const Schema kString{.type = Type::kString};
  return kString;
}

bool is_granular_any(const Schema& s) {
  // Built-in types without structure (RawExtension, FieldsV1) have codecs of their own.
  return s.preserve_unknown || !s.codec.empty();
}

}  // namespace

// A resource without any schema is deduced altogether, its metadata too.
TypeRef::TypeRef(const Schema* schema, bool resource)
    : schema_(schema),
      resource_(schema != nullptr && schema->type != Type::kAny &&
                (resource || schema->embedded_resource)) {}

unsigned TypeRef::atoms(const json::value* value) const {
  unsigned all = kMap | kScalar | kList;
  if (schema_->type == Type::kObject) {
    all = kMap;
  } else if (schema_->type == Type::kArray) {
    all = kList;
  } else if (schema_->type != Type::kAny) {
    all = kScalar;
  }
  if (value == nullptr || value->is_null()) return all;
  unsigned its = value->is_object() ? kMap : value->is_array() ? kList : kScalar;
  return (all & its) != 0 ? its : all;
}

bool TypeRef::atomic_map() const {
  if (schema_->type == Type::kAny) return !is_granular_any(*schema_);
  return schema_->map_type == MapType::kAtomic;
}

bool TypeRef::atomic_list() const {
  return schema_->type == Type::kAny || schema_->list_type == ListType::kAtomic;
}

bool TypeRef::declares(std::string_view key) const {
  if (schema_->field(key) != nullptr) return true;
  return resource_ && (key == "metadata" || key == "apiVersion" || key == "kind");
}

TypeRef TypeRef::member(std::string_view key) const {
  const Schema& s = *schema_;
  const Field* field = s.field(key);
  if (resource_) {
    bool bare =
        field == nullptr || (field->schema->fields.empty() && field->schema->additional == nullptr);
    if (key == "metadata" && bare) return TypeRef(&schema::object_meta());
    if (field == nullptr && (key == "apiVersion" || key == "kind")) return TypeRef(&any_string());
  }
  if (field != nullptr) return TypeRef(field->schema);
  if (s.additional != nullptr) return TypeRef(s.additional);
  if (s.type == Type::kAny) return TypeRef(is_granular_any(s) ? &deduced() : &untyped_atomic());
  if (s.preserve_unknown) return TypeRef(&deduced());
  if (s.type == Type::kObject && s.fields.empty() && !resource_) return TypeRef(&untyped_atomic());
  return TypeRef();
}

TypeRef TypeRef::item() const {
  return TypeRef(schema_->items != nullptr ? schema_->items : &untyped_atomic());
}

Result<PathElement> TypeRef::element(const json::value& value) const {
  if (schema_->list_map_keys.empty()) {
    if (value.is_object()) {
      return fail(Code::kInvalid, "associative list without keys has an element that's a map type");
    }
    if (value.is_array()) {
      return fail(Code::kInvalid, "not supported: associative list with lists as elements");
    }
    if (value.is_null()) {
      return fail(Code::kInvalid,
                  "associative list without keys has an element that's an explicit null");
    }
    return PathElement{.kind = PathElement::Kind::kValue, .value = value};
  }
  if (value.is_null()) {
    return fail(Code::kInvalid, "associative list with keys may not have a null element");
  }
  if (!value.is_object()) {
    return fail(Code::kInvalid, "associative list with keys may not have non-map elements");
  }
  std::vector<std::string_view> names(schema_->list_map_keys.begin(), schema_->list_map_keys.end());
  std::ranges::sort(names);
  json::object keys;
  keys.reserve(names.size());
  for (std::string_view name : names) {
    const Field* field = schema_->items != nullptr ? schema_->items->field(name) : nullptr;
    if (const json::value* at = value.get_object().if_contains(name)) {
      keys.emplace(name, *at);
    } else if (field != nullptr && field->default_value) {
      keys.emplace(name, *field->default_value);
    } else if (field != nullptr && field->required && !schema_->items->name.empty()) {
      // In the published schemas of built-in types, required fields default to Go's zero value.
      keys.emplace(name, field->schema->type == Type::kString ? json::value("") : json::value(0));
    }
  }
  if (keys.empty()) {
    std::string list;
    for (const std::string& name : schema_->list_map_keys) {
      list += (list.empty() ? "" : " ") + go_quote(name);
    }
    return fail(Code::kInvalid,
                "associative list with keys has an element that omits all key fields [{}] (and "
                "doesn't have default values for any key fields)",
                list);
  }
  return PathElement{.kind = PathElement::Kind::kKey, .value = std::move(keys)};
}

namespace {

class Validator {
 public:
  void check(const TypeRef& type, const json::value& value) {
    unsigned atoms = type.atoms(&value);
    if (atoms & TypeRef::kMap) {
      check_map(type, value);
    } else if (atoms & TypeRef::kScalar) {
      check_scalar(type, value);
    } else {
      check_list(type, value);
    }
  }

  Result<void> result() const {
    if (problems_.empty()) return {};
    if (problems_.size() == 1) return fail(Code::kInvalid, "{}", problems_.front());
    std::string out = "errors:";
    for (const std::string& each : problems_) out += "\n  " + each;
    return fail(Code::kInvalid, "{}", out);
  }

 private:
  void add(const std::string& message) {
    if (problems_.size() == kMaxProblems) return;
    std::string where = text(path_);
    problems_.push_back(where.empty() ? message : where + ": " + message);
  }

  void descend(PathElement element, const TypeRef& type, const json::value& value) {
    path_.push_back(std::move(element));
    check(type, value);
    path_.pop_back();
  }

  void check_map(const TypeRef& type, const json::value& value) {
    if (value.is_null()) return;
    if (!value.is_object()) return add("expected map, got " + shown(value));
    for (const auto& [key, each] : value.get_object()) {
      TypeRef below = type.member(key);
      if (below) {
        descend(PathElement::field(key), below, each);
        continue;
      }
      path_.push_back(PathElement::field(key));
      add("field not declared in schema");
      path_.pop_back();
    }
  }

  void check_list(const TypeRef& type, const json::value& value) {
    if (value.is_null()) return;
    if (!value.is_array()) return add("expected list, got " + shown(value));
    std::set<PathElement> seen;
    const json::array& list = value.get_array();
    for (size_t i = 0; i < list.size(); ++i) {
      PathElement at{.kind = PathElement::Kind::kIndex, .value = static_cast<int64_t>(i)};
      if (!type.atomic_list()) {
        auto element = type.element(list[i]);
        if (!element) {
          return add(fmt::format("element {}: {}", i, element.error().message));
        }
        at = std::move(*element);
        if (!seen.insert(at).second) add("duplicate entries for key " + at.text());
      }
      descend(std::move(at), type.item(), list[i]);
    }
  }

  void check_scalar(const TypeRef& type, const json::value& value) {
    if (value.is_null()) return;
    bool scalar = !value.is_object() && !value.is_array();
    // `value.valueUnstructured` is Go's name of what holds the value; clients know the text.
    switch (type.schema().type) {
      case Type::kInteger:
      case Type::kNumber:
        if (!value.is_number()) {
          add(fmt::format("expected numeric (int or float), got {}", go_type(value)));
        }
        break;
      case Type::kString:
        // Quantities are strings here, and may be written as numbers.
        if (!value.is_string() && !(scalar && type.schema().codec == "Quantity")) {
          add(fmt::format("expected string, got &value.valueUnstructured{{Value:{}}}",
                          go_syntax(value)));
        }
        break;
      case Type::kBoolean:
        if (!value.is_bool()) add("expected boolean, got " + shown(value));
        break;
      default:
        if (!scalar) add("expected any scalar, got " + shown(value));
    }
  }

  static std::string shown(const json::value& value) {
    return fmt::format("&{{{}}}", go_value(value));
  }
  static std::string go_syntax(const json::value& value) {
    if (value.is_object()) return "map[string]interface {}" + base::to_json(value);
    if (value.is_array()) return "[]interface {}" + base::to_json(value);
    return base::to_json(value);
  }

  static constexpr size_t kMaxProblems = 100;  // a large wrong body must not make a larger answer
  Path path_;
  std::vector<std::string> problems_;
};

}  // namespace

Result<void> validate(const TypeRef& type, const json::value& value) {
  Validator validator;
  validator.check(type, value);
  return validator.result();
}

}  // namespace nanika::apiserver::merge
