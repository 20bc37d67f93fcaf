#include "apiserver/schema/decode.h"

#include <limits>

#include "apiserver/schema/decode_scalar.h"

namespace nanika::apiserver::schema {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr size_t kMaxUnknown = 100;  // sigs.k8s.io/json keeps as many strict errors
constexpr int kMaxDepth = 512;

// What Go's decoder would call the type of a field.
std::string go_type(const Schema& schema, int depth = 0) {
  if (depth > 8) return "interface {}";
  if (!schema.name.empty()) {
    const size_t last = schema.name.rfind('.');
    const size_t before = last == std::string::npos ? last : schema.name.rfind('.', last - 1);
    return before == std::string::npos ? schema.name : schema.name.substr(before + 1);
  }
  switch (schema.type) {
    case Type::kString:
      return schema.format == "byte" ? "[]uint8" : "string";
    case Type::kInteger:
      return schema.format.empty() ? "int64" : schema.format;
    case Type::kNumber:
      return "float64";
    case Type::kBoolean:
      return "bool";
    case Type::kArray:
      return "[]" + (schema.items == nullptr ? "interface {}" : go_type(*schema.items, depth + 1));
    case Type::kObject:
      return "map[string]" + (schema.additional == nullptr
                                  ? "interface {}"
                                  : go_type(*schema.additional, depth + 1));
    case Type::kIntOrString:
    case Type::kAny:
      break;
  }
  return "interface {}";
}

std::string struct_name(const Schema& schema) {
  const size_t last = schema.name.rfind('.');
  return last == std::string::npos ? schema.name : schema.name.substr(last + 1);
}

std::string_view json_kind(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "bool";
    case json::kind::string:
      return "string";
    case json::kind::array:
      return "array";
    case json::kind::object:
      return "object";
    default:
      return "number";
  }
}

class Decoder {
 public:
  std::vector<std::string> unknown;

  Result<void> value(json::value& v, const Schema& schema) {
    if (schema.type == Type::kAny && schema.codec_of == nullptr) return {};
    if (++depth_ > kMaxDepth) return fail(Code::kInvalid, "exceeded max depth");
    Result<void> done = typed(v, schema);
    --depth_;
    return done;
  }

 private:
  Result<void> typed(json::value& v, const Schema& schema) {
    if (is_scalar_codec(schema)) return scalar_codec(v, schema);
    if (schema.codec_of != nullptr) return alternatives(v, schema);
    switch (schema.type) {
      case Type::kObject:
        if (!v.is_object()) return mismatch(json_kind(v), schema);
        return schema.fields.empty() ? map(v.get_object(), schema) : object(v.get_object(), schema);
      case Type::kArray:
        if (!v.is_array()) return mismatch(json_kind(v), schema);
        return array(v.get_array(), schema);
      case Type::kString:
        if (!v.is_string()) return mismatch(json_kind(v), schema);
        return schema.format == "byte" ? check_base64(v.get_string()) : Result<void>();
      case Type::kBoolean:
        return v.is_bool() ? Result<void>() : mismatch(json_kind(v), schema);
      case Type::kInteger:
        return integer(v, schema);
      case Type::kNumber:
        return v.is_number() ? Result<void>() : mismatch(json_kind(v), schema);
      case Type::kIntOrString:
        return v.is_string() ? Result<void>() : integer(v, schema);
      case Type::kAny:
        break;
    }
    return {};
  }

  Result<void> scalar_codec(json::value& v, const Schema& schema) {
    Result<std::string> text = canonical_scalar(v, schema);
    if (text) {
      v = *text;
      return {};
    }
    if (text.error().code == Code::kUnsupported) return mismatch(json_kind(v), "string");
    return std::unexpected(text.error());
  }

  // JSONSchemaPropsOrArray, OrBool and OrStringArray: upstream decodes what is inside without
  // strictness, from a path of its own.
  Result<void> alternatives(json::value& v, const Schema& schema) {
    if (v.is_bool() && schema.codec == "JSONSchemaPropsOrBool") return {};
    Decoder inner;
    inner.depth_ = depth_;
    json::array* array = v.if_array();
    if (array == nullptr || schema.codec == "JSONSchemaPropsOrBool")
      return inner.value(v, *schema.codec_of);
    const bool texts = schema.codec == "JSONSchemaPropsOrStringArray";
    for (json::value& item : *array) {
      if (texts && !item.is_string()) return mismatch(json_kind(item), "string");
      if (!texts) TRY(inner.element(item, *schema.codec_of));
    }
    return {};
  }

  Result<void> integer(const json::value& v, const Schema& schema) {
    const bool narrow = schema.format == "int32" || schema.type == Type::kIntOrString;
    if (!v.is_number()) return mismatch(json_kind(v), narrow ? "int32" : "int64");
    if (v.is_int64()) {
      const int64_t n = v.get_int64();
      if (!narrow ||
          (n >= std::numeric_limits<int32_t>::min() && n <= std::numeric_limits<int32_t>::max()))
        return {};
    }
    return mismatch("number " + number_text(v), narrow ? "int32" : "int64");
  }

  Result<void> object(json::object& object, const Schema& schema) {
    json::object known(object.storage());
    known.reserve(object.size());
    const Schema* outer = std::exchange(owner_, &schema);
    for (auto& [key, v] : object) {
      const Field* field = schema.field(key);
      const size_t strict = push(path_, key);
      if (field == nullptr || field->schema == nullptr) {
        if (schema.preserve_unknown) {
          known.emplace(key, std::move(v));
        } else if (unknown.size() < kMaxUnknown) {
          unknown.push_back(path_);
        }
      } else if (!v.is_null()) {
        const size_t go = push(go_path_, key);
        TRY(value(v, *field->schema));
        if (!omitted(v, *field)) known.emplace(key, std::move(v));
        go_path_.resize(go);
      }
      path_.resize(strict);
    }
    owner_ = outer;
    object = std::move(known);
    return {};
  }

  Result<void> map(json::object& object, const Schema& schema) {
    if (schema.additional == nullptr) return {};
    for (auto& [key, v] : object) {
      const size_t strict = push(path_, key);
      TRY(element(v, *schema.additional));
      path_.resize(strict);
    }
    return {};
  }

  Result<void> array(json::array& array, const Schema& schema) {
    if (schema.items == nullptr) return {};
    const size_t strict = path_.size();
    for (size_t i = 0; i < array.size(); ++i) {
      fmt::format_to(std::back_inserter(path_), "[{}]", i);
      TRY(element(array[i], *schema.items));
      path_.resize(strict);
    }
    return {};
  }

  // An item or map value: null is Go's zero value there.
  Result<void> element(json::value& v, const Schema& schema) {
    if (!v.is_null()) return value(v, schema);
    switch (schema.type) {
      case Type::kString:
        if (schema.format != "byte") v = "";
        break;
      case Type::kInteger:
      case Type::kNumber:
      case Type::kIntOrString:
        v = 0;
        break;
      case Type::kBoolean:
        v = false;
        break;
      case Type::kObject:
        if (!schema.fields.empty()) v = json::object(v.storage());
        break;
      default:
        break;
    }
    return {};
  }

  static bool omitted(const json::value& v, const Field& field) {
    if (field.omit_zero && is_zero(v)) return true;
    if (field.required) return false;
    if (field.schema->type == Type::kArray) return v.is_array() && v.get_array().empty();
    return field.schema->type == Type::kObject && field.schema->additional != nullptr &&
           field.schema->fields.empty() && v.is_object() && v.get_object().empty();
  }

  static bool is_zero(const json::value& v) {
    if (const bool* flag = v.if_bool()) return !*flag;
    if (const json::string* text = v.if_string()) return text->empty();
    return (v.is_int64() && v.get_int64() == 0) || (v.is_double() && v.get_double() == 0);
  }

  static size_t push(std::string& path, std::string_view key) {
    const size_t before = path.size();
    if (before != 0) path += '.';
    path += key;
    return before;
  }

  std::unexpected<base::Error> mismatch(std::string_view what, const Schema& schema) const {
    return mismatch(what, go_type(schema));
  }
  std::unexpected<base::Error> mismatch(std::string_view what, std::string_view type) const {
    if (owner_ == nullptr)
      return fail(Code::kInvalid, "json: cannot unmarshal {} into Go value of type {}", what, type);
    return fail(Code::kInvalid, "json: cannot unmarshal {} into Go struct field {}.{} of type {}",
                what, struct_name(*owner_), go_path_, type);
  }

  std::string path_;     // with indexes and map keys: spec.ports[0].name
  std::string go_path_;  // fields alone, as Go's errors have it: spec.ports.name
  const Schema* owner_ = nullptr;
  int depth_ = 0;
};

}  // namespace

Result<Decoded> decode(json::value input, const Schema& schema) {
  Decoder decoder;
  TRY(decoder.value(input, schema));
  return Decoded{std::move(input), std::move(decoder.unknown)};
}

std::vector<std::string> strict_messages(const std::vector<std::string>& unknown_fields,
                                         const std::vector<std::string>& duplicate_fields) {
  std::vector<std::string> out;
  for (const std::string& path : duplicate_fields)
    out.push_back(fmt::format("duplicate field \"{}\"", path));
  for (const std::string& path : unknown_fields)
    out.push_back(fmt::format("unknown field \"{}\"", path));
  return out;
}

std::string strict_error(const std::vector<std::string>& unknown_fields,
                         const std::vector<std::string>& duplicate_fields) {
  return fmt::format("strict decoding error: {}",
                     fmt::join(strict_messages(unknown_fields, duplicate_fields), ", "));
}

std::string cannot_be_handled(std::string_view kind, std::string_view version,
                              std::string_view why) {
  return fmt::format("{} in version \"{}\" cannot be handled as a {}: {}", kind, version, kind,
                     why);
}

}  // namespace nanika::apiserver::schema
