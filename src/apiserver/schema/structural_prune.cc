#include "apiserver/schema/structural_prune.h"

#include "apiserver/schema/decode.h"
#include "apiserver/schema/validate_cause.h"

namespace nanika::apiserver::schema {
namespace {

using base::Code;
using base::fail;
using base::Result;

bool is_meta(std::string_view key) {
  return key == "apiVersion" || key == "kind" || key == "metadata";
}

const Schema* child(const Schema& schema, std::string_view key) {
  const Field* field = schema.field(key);
  return field != nullptr ? field->schema : schema.additional;
}

bool knows(const Schema& schema, std::string_view key) {
  return schema.field(key) != nullptr || schema.additional != nullptr;
}

// "a.b[0].c", grown on the way down and cut on the way up.
class PathText {
 public:
  size_t key(std::string_view key) {
    const size_t before = text.size();
    if (before != 0) text += '.';
    text += key;
    return before;
  }
  size_t index(size_t i) {
    const size_t before = text.size();
    fmt::format_to(std::back_inserter(text), "[{}]", i);
    return before;
  }
  std::string text;
};

class Pruner {
 public:
  std::vector<std::string> unknown;

  // `schema` null: nothing is known below. `embedded`: apiVersion, kind and metadata are.
  void prune(json::value& value, const Schema* schema, bool embedded) {
    if (schema != nullptr && schema->preserve_unknown) return keep(value, *schema, embedded);
    if (json::object* object = value.if_object()) return prune_object(*object, schema, embedded);
    json::array* array = value.if_array();
    for (size_t i = 0; array != nullptr && i < array->size(); ++i) {
      const size_t before = path_.index(i);
      const Schema* items = schema == nullptr ? nullptr : schema->items;
      prune((*array)[i], items, items != nullptr && items->embedded_resource);
      path_.text.resize(before);
    }
  }

 private:
  void prune_object(json::object& object, const Schema* schema, bool embedded) {
    for (auto it = object.begin(); it != object.end();) {
      const std::string_view key = it->key();
      if (embedded && is_meta(key)) {
        ++it;
        continue;
      }
      const bool at_root = path_.text.empty();
      const size_t before = path_.key(key);
      if (schema != nullptr && knows(*schema, key)) {
        const Schema* next = child(*schema, key);
        prune(it->value(), next, next != nullptr && next->embedded_resource);
        ++it;
      } else {
        if (!at_root || !is_meta(key)) unknown.push_back(path_.text);
        it = object.stable_erase(it);
      }
      path_.text.resize(before);
    }
  }

  // Under x-kubernetes-preserve-unknown-fields only what is specified is looked into.
  void keep(json::value& value, const Schema& schema, bool embedded) {
    if (json::object* object = value.if_object()) {
      for (auto& [key, v] : *object) {
        if ((embedded && is_meta(key)) || !knows(schema, key)) continue;
        const size_t before = path_.key(key);
        const Schema* next = child(schema, key);
        prune(v, next, next != nullptr && next->embedded_resource);
        path_.text.resize(before);
      }
    }
    json::array* array = value.if_array();
    for (size_t i = 0; array != nullptr && schema.items != nullptr && i < array->size(); ++i) {
      const size_t before = path_.index(i);
      keep((*array)[i], *schema.items, schema.items->embedded_resource);
      path_.text.resize(before);
    }
  }

  PathText path_;
};

// Nulls that are neither nullable nor going to be defaulted go.
void drop_nulls(json::value& value, const Schema* schema) {
  if (schema == nullptr) return;
  if (json::object* object = value.if_object()) {
    for (auto it = object->begin(); it != object->end();) {
      const Field* field = schema->field(it->key());
      const Schema* next = child(*schema, it->key());
      const bool defaulted =
          field != nullptr ? field->default_value.has_value()
                           : schema->additional != nullptr && schema->additional->default_value;
      if (it->value().is_null() && next != nullptr && !next->nullable && !defaulted) {
        it = object->stable_erase(it);
      } else {
        drop_nulls(it->value(), next);
        ++it;
      }
    }
  } else if (json::array* array = value.if_array()) {
    for (json::value& item : *array) drop_nulls(item, schema->items);
  }
}

// The metadata of embedded resources takes ObjectMeta's types, as the root's does.
class Coercer {
 public:
  explicit Coercer(const Schema& object_meta) : object_meta_(object_meta) {}
  std::vector<std::string> unknown;

  Result<void> coerce(json::value& value, const Schema* schema) {
    if (schema == nullptr) return {};
    if (json::object* object = value.if_object()) {
      if (schema->embedded_resource) TRY(embedded(*object));
      for (auto& [key, v] : *object) {
        if (!knows(*schema, key)) continue;
        const size_t before = path_.key(key);
        TRY(coerce(v, child(*schema, key)));
        path_.text.resize(before);
      }
    }
    json::array* array = value.if_array();
    for (size_t i = 0; array != nullptr && i < array->size(); ++i) {
      const size_t before = path_.index(i);
      TRY(coerce((*array)[i], schema->items));
      path_.text.resize(before);
    }
    return {};
  }

 private:
  Result<void> embedded(json::object& object) {
    for (std::string_view key : {"apiVersion", "kind"}) {
      const json::value* v = object.if_contains(key);
      if (v != nullptr && !v->is_string()) return invalid(key, *v, "must be a string");
    }
    json::value* metadata = object.if_contains("metadata");
    if (metadata == nullptr) return {};
    Result<Decoded> decoded = decode(*metadata, object_meta_);
    if (!decoded) return invalid("metadata", *metadata, decoded.error().message);
    const size_t before = path_.key("metadata");
    for (const std::string& field : decoded->unknown_fields)
      unknown.push_back(fmt::format("{}.{}", path_.text, field));
    path_.text.resize(before);
    *metadata = std::move(decoded->value);
    return {};
  }

  std::unexpected<base::Error> invalid(std::string_view key, const json::value& v,
                                       std::string_view why) {
    const size_t before = path_.key(key);
    const Cause cause = invalid_value(path_.text, v, why);
    path_.text.resize(before);
    return fail(Code::kInvalid, "{}: {}", cause.field, cause.message);
  }

  const Schema& object_meta_;
  PathText path_;
};

std::string_view go_kind(const json::value& value) {
  if (value.is_object()) return "map[string]interface {}";
  if (value.is_array()) return "[]interface {}";
  if (value.is_bool()) return "bool";
  if (value.is_double()) return "float64";
  return value.is_null() ? "<nil>" : "int64";
}

Result<void> check_type_meta(const json::object& object) {
  for (std::string_view key : {"kind", "apiVersion"}) {
    const json::value* v = object.if_contains(key);
    if (v == nullptr || v->is_string()) continue;
    return fail(Code::kInvalid, ".{} accessor error: {} is of the type {}, expected string", key,
                base::to_json(*v), go_kind(*v));
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> decode_custom(json::value& object, const Schema& schema,
                                               const Schema& object_meta, bool preserve_unknown) {
  if (!object.is_object()) return fail(Code::kInvalid, "the object is no JSON object");
  TRY(check_type_meta(object.get_object()));
  std::vector<std::string> unknown;
  std::optional<json::value> metadata;
  if (const json::value* given = object.get_object().if_contains("metadata")) {
    Decoded decoded{json::object(), {}};
    if (!given->is_null()) decoded = TRY(decode(*given, object_meta));
    for (const std::string& field : decoded.unknown_fields) unknown.push_back("metadata." + field);
    metadata = std::move(decoded.value);
  }
  if (!preserve_unknown) {
    std::vector<std::string> dropped = prune(object, schema, true);
    unknown.insert(unknown.end(), dropped.begin(), dropped.end());
    drop_forbidden_nulls(object, schema);
  }
  Coercer coercer(object_meta);
  TRY(coercer.coerce(object, &schema));
  std::ranges::sort(coercer.unknown);
  unknown.insert(unknown.end(), coercer.unknown.begin(), coercer.unknown.end());
  if (metadata) object.get_object()["metadata"] = std::move(*metadata);
  return unknown;
}

std::vector<std::string> prune(json::value& object, const Schema& schema, bool resource_root) {
  Pruner pruner;
  pruner.prune(object, &schema, resource_root || schema.embedded_resource);
  std::ranges::sort(pruner.unknown);
  return std::move(pruner.unknown);
}

void drop_forbidden_nulls(json::value& value, const Schema& schema) {
  drop_nulls(value, &schema);
}

void apply_defaults(json::value& value, const Schema& schema) {
  if (json::object* object = value.if_object()) {
    for (const Field& field : schema.fields) {
      if (!field.default_value || field.schema == nullptr) continue;
      json::value* v = object->if_contains(field.name);
      if (v == nullptr) {
        object->emplace(field.name, *field.default_value);
      } else if (v->is_null() && !field.schema->nullable) {
        *v = *field.default_value;
      }
    }
    for (auto& [key, v] : *object) {
      const Schema* next = child(schema, key);
      if (next == nullptr) continue;
      if (v.is_null() && next == schema.additional && !next->nullable && next->default_value)
        v = *next->default_value;
      apply_defaults(v, *next);
    }
  } else if (json::array* array = value.if_array(); array != nullptr && schema.items != nullptr) {
    for (json::value& item : *array) {
      if (item.is_null() && !schema.items->nullable && schema.items->default_value)
        item = *schema.items->default_value;
      apply_defaults(item, *schema.items);
    }
  }
}

}  // namespace nanika::apiserver::schema
