#include "apiserver/schema/validate.h"

#include <cmath>
#include <unordered_set>

#include "apiserver/schema/validate_cause.h"
#include "apiserver/schema/validate_outcome.h"
#include "apiserver/schema/validate_ratchet.h"

namespace nanika::apiserver::schema {
namespace {

constexpr size_t kMaxCauses = 200;  // an answer with more helps nobody
constexpr int kMaxDepth = 600;      // of data; what was parsed is within it

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
    case Type::kIntOrString:
      return "integer,string";
    case Type::kAny:
      break;
  }
  return "";
}

std::string_view json_type(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "boolean";
    case json::kind::string:
      return "string";
    case json::kind::array:
      return "array";
    case json::kind::object:
      return "object";
    case json::kind::int64:
      return "integer";
    default:
      return "number";
  }
}

bool admits(Type type, std::string_view json_type) {
  if (type == Type::kIntOrString) return json_type == "integer" || json_type == "string";
  return type_name(type) == json_type;
}

class Validator {
 public:
  explicit Validator(std::string_view prefix) : prefix_(prefix) {}

  // A value that did not change passes (ratcheting).
  Outcome visit(const json::value& value, const Old& old, const Schema& schema,
                const std::string& name) {
    Outcome out = check(value, old, schema, name);
    if (!out.valid() && unchanged(value, old)) out.causes.clear();
    return out;
  }

 private:
  Outcome check(const json::value& value, const Old& old, const Schema& schema,
                const std::string& name) {
    const std::string field = cause_field(name);
    const Place place{name, field, cause_root()};
    Outcome out;
    if (++depth_ > kMaxDepth) {
      out.add(invalid_value(field, "", "is nested too deeply"));
    } else if (value.is_null()) {
      out.merge(check_type(value, schema, place));
      check_enum(value, schema, place, out);
    } else {
      apply(value, old, schema, place, out);
    }
    --depth_;
    return out;
  }

  // Upstream's validators in its order; each that applies is a match.
  void apply(const json::value& value, const Old& old, const Schema& schema, const Place& place,
             Outcome& out) {
    const Validation* rules = schema.validation.get();
    const bool format = format_is_known(schema.type, schema.format);
    if (schema.type != Type::kAny || format) {
      out.merge(check_type(value, schema, place));
      ++out.matches;
    }
    out.merge(check_junctors(value, schema, place));
    ++out.matches;
    if (const json::string* text = value.if_string()) {
      if (rules != nullptr) out.merge(check_string(*text, *rules, place));
      ++out.matches;
      if (format && schema.type != Type::kInteger && schema.type != Type::kNumber) {
        check_format(*text, schema, place, out);
        ++out.matches;
      }
    } else if (value.is_number()) {
      out.merge(check_number(value, schema, place));
      ++out.matches;
    } else if (const json::array* array = value.if_array()) {
      check_array(*array, old, schema, place, out);
      out.matches += 2;
    }
    check_enum(value, schema, place, out);
    ++out.matches;
    if (const json::object* object = value.if_object()) {
      check_object(*object, old, schema, place, out);
      ++out.matches;
    }
    ++out.matches;
  }

  Outcome check_type(const json::value& value, const Schema& schema, const Place& place) {
    Outcome out;
    const std::string_view type = json_type(value);
    if (value.is_null()) {
      if (schema.type != Type::kAny && !schema.nullable) {
        wrong_type(place, type_name(schema.type), "null", out);
      } else {
        ++out.matches;
      }
      return out;
    }
    const bool known_format = format_is_known(schema.type, schema.format);
    const bool float_integer =
        type == "number" && schema.type == Type::kInteger && is_json_integer(as_double(value));
    const bool integer_float = type == "integer" && schema.type == Type::kNumber;
    const bool fits = admits(schema.type, type) || float_integer || integer_float;
    const std::string_view format = type == "integer" ? "int64" : type == "number" ? "float64" : "";
    const bool textual = value.is_string() || value.is_array();
    if (known_format && !textual && !fits && format != schema.format) {
      wrong_type(place, schema.format, format, out);
      return out;
    }
    const bool numeric = schema.type == Type::kNumber || schema.type == Type::kInteger ||
                         schema.type == Type::kIntOrString;
    if (!fits && !(known_format && !numeric && textual)) {
      wrong_type(place, type_name(schema.type), type, out);
      return out;
    }
    ++out.matches;
    return out;
  }

  void wrong_type(const Place& place, std::string_view want, std::string_view got, Outcome& out) {
    out.add(type_invalid(
        place.field, got,
        fmt::format("{} in body must be of type {}: {}", place.name, want, go_quote(got))));
  }

  void check_format(std::string_view text, const Schema& schema, const Place& place, Outcome& out) {
    if (matches_format(schema.format, text)) return;
    out.add(type_invalid(place.field, text,
                         fmt::format("{} in body must be of type {}: {}", place.name, schema.format,
                                     go_quote(text))));
  }

  void check_enum(const json::value& value, const Schema& schema, const Place& place,
                  Outcome& out) {
    if (schema.validation == nullptr || schema.validation->enum_values.empty()) return;
    std::vector<std::string> supported;
    for (const json::value& allowed : schema.validation->enum_values) {
      if (!value.is_null() && (base::json_equal(value, allowed) || converts(value, allowed)))
        return;
      supported.push_back(allowed.is_string() ? std::string(allowed.get_string())
                                              : base::to_json(allowed));
    }
    out.add(not_supported(place.field, value, supported));
  }

  // Upstream converts the value to the enum's Go type before it compares: 1.5 is in [1].
  static bool converts(const json::value& value, const json::value& allowed) {
    return value.is_double() && allowed.is_int64() &&
           std::trunc(value.get_double()) == static_cast<double>(allowed.get_int64());
  }

  // Branches do not ratchet.
  Outcome check_junctors(const json::value& value, const Schema& schema, const Place& place) {
    Outcome out;
    ++out.matches;
    const Validation* rules = schema.validation.get();
    if (rules == nullptr) return out;
    const std::string name(place.name);
    if (!rules->any_of.empty()) any_of(value, *rules, place, out);
    if (!rules->one_of.empty()) one_of(value, *rules, place, out);
    if (!rules->all_of.empty()) {
      size_t valid = 0;
      for (const auto& branch : rules->all_of) {
        Outcome one = check(value, {}, *branch, name);
        valid += one.valid() ? 1 : 0;
        out.merge(std::move(one));
      }
      if (valid != rules->all_of.size())
        whole(place,
              fmt::format("must validate all the schemas (allOf){}",
                          valid == 0 ? ". None validated" : ""),
              out);
    }
    if (rules->not_ != nullptr && check(value, {}, *rules->not_, name).valid())
      whole(place, "must not validate the schema (not)", out);
    return out;
  }

  void any_of(const json::value& value, const Validation& rules, const Place& place, Outcome& out) {
    std::optional<Outcome> best;
    for (const auto& branch : rules.any_of) {
      Outcome one = check(value, {}, *branch, std::string(place.name));
      if (one.valid()) return out.merge(std::move(one));
      if (!best || one.matches > best->matches) best = std::move(one);
    }
    whole(place, "must validate at least one schema (anyOf)", out);
    out.merge(std::move(*best));
  }

  void one_of(const json::value& value, const Validation& rules, const Place& place, Outcome& out) {
    std::optional<Outcome> best;
    std::optional<Outcome> success;
    size_t valid = 0;
    for (const auto& branch : rules.one_of) {
      Outcome one = check(value, {}, *branch, std::string(place.name));
      if (one.valid()) {
        ++valid;
        best.reset();
        if (!success) success = std::move(one);
      } else if (valid == 0 && (!best || one.matches > best->matches)) {
        best = std::move(one);
      }
    }
    if (valid == 1) return out.merge(std::move(*success));
    whole(place,
          fmt::format("must validate one and only one schema (oneOf). {}",
                      valid == 0 ? std::string("Found none valid")
                                 : fmt::format("Found {} valid alternatives", valid)),
          out);
    if (best) out.merge(std::move(*best));
  }

  // Errors of a whole value carry its name in the text only.
  void whole(const Place& place, std::string_view what, Outcome& out) {
    out.add(invalid_value(place.root, "", fmt::format("{} {}", go_quote(place.name), what)));
  }

  void check_array(const json::array& array, const Old& old, const Schema& schema,
                   const Place& place, Outcome& out) {
    const int64_t size = static_cast<int64_t>(array.size());
    if (schema.items != nullptr) {
      const auto old_items = items_by_key(old);
      for (size_t i = 0; i < array.size(); ++i) {
        Old before;
        if (!old_items.empty()) {
          const auto found = old_items.find(list_key(array[i], *old.schema));
          if (found != old_items.end()) before = {found->second, old.schema->items};
        }
        out.merge(visit(array[i], before, *schema.items, fmt::format("{}[{}]", place.name, i)));
      }
    }
    const Validation* rules = schema.validation.get();
    if (rules == nullptr) return;
    if (rules->min_items && size < *rules->min_items)
      out.add(invalid_value(
          place.field, size,
          fmt::format("{} in body should have at least {} items", place.name, *rules->min_items)));
    if (rules->max_items && size > *rules->max_items)
      out.add(too_many(place.field, size, *rules->max_items));
    std::unordered_set<std::string> seen;
    for (size_t i = 0; rules->unique_items && i < array.size(); ++i) {
      if (seen.insert(base::to_json(array[i])).second) continue;
      out.add(invalid_value(place.field, "",
                            fmt::format("{} in body shouldn't contain duplicates", place.name)));
      break;
    }
  }

  void check_object(const json::object& object, const Old& old, const Schema& schema,
                    const Place& place, Outcome& out) {
    const int64_t size = static_cast<int64_t>(object.size());
    const Validation* rules = schema.validation.get();
    if (rules != nullptr && rules->min_properties && size < *rules->min_properties)
      out.add(invalid_value(place.field, size,
                            fmt::format("{} in body should have at least {} properties", place.name,
                                        *rules->min_properties)));
    if (rules != nullptr && rules->max_properties && size > *rules->max_properties)
      out.add(too_many(place.field, size, *rules->max_properties));
    for (const auto& [key, v] : object) {
      const Field* field = schema.field(key);
      const Schema* next = field != nullptr ? field->schema : schema.additional;
      if (next == nullptr) continue;
      // apiVersion changes unseen, since old and new are read in the same version.
      const bool type_meta = place.name.empty() && (key == "kind" || key == "apiVersion");
      const std::string name = place.name.empty() && field != nullptr
                                   ? std::string(key)
                                   : fmt::format("{}.{}", place.name, std::string_view(key));
      out.merge(visit(v, type_meta ? Old{} : old.key(key), *next, name));
    }
    for (const Field& field : schema.fields)
      if (field.required && !object.contains(field.name)) missing(place, field.name, out);
    if (rules == nullptr) return;
    for (const std::string& name : rules->required)
      if (!object.contains(name)) missing(place, name, out);
  }

  void missing(const Place& place, std::string_view name, Outcome& out) {
    out.add(required_value(cause_field(fmt::format("{}.{}", place.name, name))));
  }

  std::string cause_field(std::string_view name) const {
    if (name.starts_with('.')) name.remove_prefix(1);
    return name.empty() ? std::string(cause_root()) : join_path(prefix_, name);
  }
  std::string_view cause_root() const { return prefix_.empty() ? "<nil>" : prefix_; }

  std::string_view prefix_;
  int depth_ = 0;
};

}  // namespace

void Outcome::add(Cause cause) {
  const bool said = std::ranges::any_of(
      causes, [&](const Cause& c) { return c.field == cause.field && c.message == cause.message; });
  if (!said && causes.size() < kMaxCauses) causes.push_back(std::move(cause));
}

void Outcome::merge(Outcome&& other) {
  if (causes.empty()) {
    causes = std::move(other.causes);
  } else {
    for (Cause& cause : other.causes) add(std::move(cause));
  }
  matches += other.matches;
}

Causes validate(const json::value& value, const Schema& schema, std::string_view path) {
  return Validator(path).visit(value, {}, schema, "").causes;
}

Causes validate_update(const json::value& value, const json::value& old, const Schema& schema,
                       std::string_view path) {
  return Validator(path).visit(value, {&old, &schema}, schema, "").causes;
}

}  // namespace nanika::apiserver::schema
