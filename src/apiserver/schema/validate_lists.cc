// What structural schemas ask beyond OpenAPI: unique items of sets and maps, embedded resources.
#include <unordered_map>

#include "apiserver/schema/builtin.h"
#include "apiserver/schema/decode.h"
#include "apiserver/schema/validate.h"
#include "apiserver/schema/validate_cause.h"

namespace nanika::apiserver::schema {
namespace {

std::string child_path(std::string_view path, std::string_view key, bool is_field) {
  return is_field ? join_path(path, key) : key_path(path, key);
}

std::string index_path(std::string_view path, size_t index) {
  return fmt::format("{}[{}]", path, index);
}

// Calls visit(child value, child schema, child path) for what the schema knows of `value`.
template <class Visit>
void each_child(const json::value& value, const Schema& schema, std::string_view path,
                Visit&& visit) {
  if (const json::object* object = value.if_object()) {
    for (const auto& [key, v] : *object) {
      const Field* field = schema.field(key);
      const Schema* next = field != nullptr ? field->schema : schema.additional;
      if (next != nullptr) visit(v, *next, child_path(path, key, field != nullptr));
    }
  } else if (const json::array* array = value.if_array(); array && schema.items != nullptr) {
    for (size_t i = 0; i < array->size(); ++i)
      visit((*array)[i], *schema.items, index_path(path, i));
  }
}

// What makes an item of a map list unique: its keys, absent ones left out.
json::object map_key(const json::value& item, const Schema& list) {
  json::object key;
  if (!item.is_object()) return key;
  for (const std::string& name : list.list_map_keys)
    if (const json::value* v = item.get_object().if_contains(name)) key[name] = *v;
  return key;
}

class ListCheck {
 public:
  Causes causes;

  void visit(const json::value& value, const Schema& schema, std::string_view path) {
    const json::array* array = value.if_array();
    if (array != nullptr && schema.list_type == ListType::kSet) {
      duplicates(*array, path, [](const json::value& item) { return item; });
    } else if (array != nullptr && schema.list_type == ListType::kMap && objects(*array, path)) {
      duplicates(*array, path,
                 [&](const json::value& item) { return json::value(map_key(item, schema)); });
    }
    each_child(
        value, schema, path,
        [this](const json::value& v, const Schema& s, std::string_view p) { visit(v, s, p); });
  }

 private:
  bool objects(const json::array& array, std::string_view path) {
    for (size_t i = 0; i < array.size(); ++i) {
      if (array[i].is_null() || array[i].is_object()) continue;
      causes.push_back(invalid_value(index_path(path, i), array[i],
                                     "must be an object for an array of list-type map"));
      return false;
    }
    return true;
  }

  // The second of equal items is reported, further ones are not.
  template <class Key>
  void duplicates(const json::array& array, std::string_view path, Key&& key_of) {
    std::unordered_map<std::string, int> seen;
    for (size_t i = 0; i < array.size(); ++i) {
      const json::value key = key_of(array[i]);
      if (++seen[base::to_json(key)] == 2)
        causes.push_back(duplicate_value(index_path(path, i), key));
    }
  }
};

bool is_dns1035_label(std::string_view text) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || text.size() > 63 || !lower(text.front()) || text.back() == '-') return false;
  return std::ranges::all_of(text, [&](char c) { return lower(c) || digit(c) || c == '-'; });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

class EmbeddedCheck {
 public:
  Causes causes;

  void visit(const json::value& value, const Schema& schema, std::string_view path,
             bool resource_root = false) {
    if ((resource_root || schema.embedded_resource) && value.is_object())
      resource(value.get_object(), path);
    each_child(
        value, schema, path,
        [this](const json::value& v, const Schema& s, std::string_view p) { visit(v, s, p); });
  }

 private:
  void resource(const json::object& object, std::string_view path) {
    for (std::string_view key : {"apiVersion", "kind"}) {
      const std::string field = join_path(path, key);
      const json::value* v = object.if_contains(key);
      if (v == nullptr) {
        causes.push_back(required_value(field));
      } else if (!v->is_string()) {
        causes.push_back(invalid_value(field, *v, "must be a string"));
      } else if (v->get_string().empty()) {
        causes.push_back(invalid_value(field, *v, "must not be empty"));
      } else if (key == "kind") {
        kind(*v, field);
      } else if (std::ranges::count(v->get_string(), '/') > 1) {
        causes.push_back(invalid_value(
            field, *v,
            fmt::format("unexpected GroupVersion string: {}", std::string_view(v->get_string()))));
      }
    }
    const json::value* metadata = object.if_contains("metadata");
    if (metadata == nullptr) return;
    const auto decoded = decode(*metadata, object_meta());
    const std::string field = join_path(path, "metadata");
    if (!decoded) {
      causes.push_back(invalid_value(field, *metadata, decoded.error().message));
    } else {
      name(base::find_string(decoded->value, "name"), join_path(field, "name"));
    }
  }

  void kind(const json::value& v, const std::string& field) {
    if (is_dns1035_label(lower(v.get_string()))) return;
    causes.push_back(invalid_value(
        field, v,
        "may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower "
        "case alphanumeric characters or '-', start with an alphabetic character, and end with an "
        "alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
        "'[a-z]([-a-z0-9]*[a-z0-9])?')"));
  }

  void name(std::string_view name, const std::string& field) {
    const json::value v(name);
    if (name == "." || name == "..")
      causes.push_back(invalid_value(field, v, fmt::format("may not be '{}'", name)));
    for (std::string_view part : {"/", "%"})
      if (name.find(part) != std::string_view::npos)
        causes.push_back(invalid_value(field, v, fmt::format("may not contain '{}'", part)));
  }
};

}  // namespace

Causes validate_lists(const json::value& value, const Schema& schema, std::string_view path) {
  ListCheck check;
  check.visit(value, schema, path);
  return std::move(check.causes);
}

Causes validate_embedded(const json::value& value, const Schema& schema, std::string_view path,
                         bool resource_root) {
  EmbeddedCheck check;
  check.visit(value, schema, path, resource_root);
  return std::move(check.causes);
}

}  // namespace nanika::apiserver::schema
