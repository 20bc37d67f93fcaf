#include "apiserver/schema/openapi_v2_protobuf.h"

#include <bit>
#include <span>

#include "base/json.h"

namespace nanika::apiserver::schema {
namespace {

namespace json = boost::json;
using Member = json::key_value_pair;

/// Writes a message field by field.
class Message {
 public:
  void text(uint32_t number, std::string_view value) {
    tag(number, 2);
    varint(value.size());
    bytes_ += value;
  }
  void nested(uint32_t number, const Message& message) { text(number, message.bytes_); }
  void number(uint32_t number, uint64_t value) {
    tag(number, 0);
    varint(value);
  }
  void float64(uint32_t number, double value) {
    tag(number, 1);
    auto bits = std::bit_cast<uint64_t>(value);
    for (int i = 0; i < 8; ++i) bytes_ += static_cast<char>(bits >> (8 * i));
  }
  std::string take() { return std::move(bytes_); }

 private:
  void tag(uint32_t number, uint32_t type) { varint(uint64_t{number} << 3 | type); }
  void varint(uint64_t value) {
    for (; value > 0x7f; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

/// How a member of a JSON object is written.
enum class Form : uint8_t {
  kText,
  kTexts,
  kBool,
  kInteger,
  kFloat,
  kAny,
  kAnys,
};
struct Row {
  std::string_view name;
  uint32_t number;
  Form form;
};

Message any(const json::value& value) {
  Message out;
  out.text(2, base::to_json(value));  // the field is called yaml, and JSON is YAML
  return out;
}

uint64_t integer(const json::value& value) {
  if (value.is_int64()) return static_cast<uint64_t>(value.get_int64());
  if (value.is_uint64()) return value.get_uint64();
  return value.is_double() ? static_cast<uint64_t>(static_cast<int64_t>(value.get_double())) : 0;
}

double number(const json::value& value) {
  if (value.is_double()) return value.get_double();
  return value.is_uint64() ? static_cast<double>(value.get_uint64())
                           : static_cast<double>(static_cast<int64_t>(integer(value)));
}

void write(Message& out, const Row& row, const json::value& value) {
  switch (row.form) {
    case Form::kText:
      if (value.is_string()) out.text(row.number, value.get_string());
      break;
    case Form::kTexts:
      if (!value.is_array()) break;
      for (const json::value& item : value.get_array())
        if (item.is_string()) out.text(row.number, item.get_string());
      break;
    case Form::kBool:
      if (value.is_bool()) out.number(row.number, value.get_bool() ? 1 : 0);
      break;
    case Form::kInteger:
      out.number(row.number, integer(value));
      break;
    case Form::kFloat:
      out.float64(row.number, number(value));
      break;
    case Form::kAny:
      out.nested(row.number, any(value));
      break;
    case Form::kAnys:
      if (!value.is_array()) break;
      for (const json::value& item : value.get_array()) out.nested(row.number, any(item));
      break;
  }
}

/// Writes a member that stands in the table, or an extension ("x-...") under `extensions`.
void write_by_table(Message& out, const Member& member, std::span<const Row> rows,
                    uint32_t extensions) {
  auto row = std::ranges::find(rows, std::string_view(member.key()), &Row::name);
  if (row != rows.end()) {
    write(out, *row, member.value());
  } else if (member.key().starts_with("x-")) {
    Message named;
    named.text(1, member.key());
    named.nested(2, any(member.value()));
    out.nested(extensions, named);
  }
}

/// {name: value} pairs, each as Named{1: name, 2: value}, in one message.
template <class Encode>
Message pairs(const json::value& object, uint32_t number, Encode encode) {
  Message out;
  for (const Member& member : object.as_object()) {
    Message named;
    named.text(1, member.key());
    named.nested(2, encode(member.value()));
    out.nested(number, named);
  }
  return out;
}

Message wrapped(uint32_t number, const Message& inner) {
  Message out;
  out.nested(number, inner);
  return out;
}

constexpr Row kSchemaRows[] = {
    {"$ref", 1, Form::kText},
    {"format", 2, Form::kText},
    {"title", 3, Form::kText},
    {"description", 4, Form::kText},
    {"default", 5, Form::kAny},
    {"multipleOf", 6, Form::kFloat},
    {"maximum", 7, Form::kFloat},
    {"exclusiveMaximum", 8, Form::kBool},
    {"minimum", 9, Form::kFloat},
    {"exclusiveMinimum", 10, Form::kBool},
    {"maxLength", 11, Form::kInteger},
    {"minLength", 12, Form::kInteger},
    {"pattern", 13, Form::kText},
    {"maxItems", 14, Form::kInteger},
    {"minItems", 15, Form::kInteger},
    {"uniqueItems", 16, Form::kBool},
    {"maxProperties", 17, Form::kInteger},
    {"minProperties", 18, Form::kInteger},
    {"required", 19, Form::kTexts},
    {"enum", 20, Form::kAnys},
    {"example", 30, Form::kAny},
};

Message schema(const json::value& value) {
  Message out;
  if (!value.is_object()) return out;
  for (const Member& member : value.get_object()) {
    std::string_view key = member.key();
    const json::value& inner = member.value();
    if (key == "additionalProperties") {
      Message item;
      if (inner.is_bool()) {
        item.number(2, inner.get_bool() ? 1 : 0);
      } else {
        item.nested(1, schema(inner));
      }
      out.nested(21, item);
    } else if (key == "type" && inner.is_string()) {
      Message type;
      type.text(1, inner.get_string());
      out.nested(22, type);
    } else if (key == "items") {
      out.nested(23, wrapped(1, schema(inner)));
    } else if (key == "properties" && inner.is_object()) {
      out.nested(25, pairs(inner, 1, schema));
    } else {
      write_by_table(out, member, kSchemaRows, 31);
    }
  }
  return out;
}

/// ParametersItem{1: Parameter{1: body | 2: NonBody{3: query | 4: path}}}.
Message parameter(const json::value& value) {
  static constexpr Row kBody[] = {
      {"description", 1, Form::kText},
      {"name", 2, Form::kText},
      {"in", 3, Form::kText},
      {"required", 4, Form::kBool},
  };
  static constexpr Row kPath[] = {
      {"required", 1, Form::kBool}, {"in", 2, Form::kText},   {"description", 3, Form::kText},
      {"name", 4, Form::kText},     {"type", 5, Form::kText}, {"uniqueItems", 19, Form::kBool},
  };
  static constexpr Row kQuery[] = {
      {"required", 1, Form::kBool}, {"in", 2, Form::kText},   {"description", 3, Form::kText},
      {"name", 4, Form::kText},     {"type", 6, Form::kText}, {"uniqueItems", 20, Form::kBool},
  };
  std::string_view in = base::find_string(value, "in");
  Message out;
  for (const Member& member : value.as_object()) {
    if (in == "body" && member.key() == "schema") {
      out.nested(5, schema(member.value()));
    } else if (in == "body") {
      write_by_table(out, member, kBody, 6);
    } else if (in == "path") {
      write_by_table(out, member, kPath, 22);
    } else {
      write_by_table(out, member, kQuery, 23);
    }
  }
  if (in == "body") return wrapped(1, wrapped(1, out));
  return wrapped(1, wrapped(2, wrapped(in == "path" ? 4 : 3, out)));
}

/// ResponseValue{1: Response{1: description, 2: SchemaItem{1: schema}}}.
Message response(const json::value& value) {
  Message out;
  out.text(1, base::find_string(value, "description"));
  if (const json::value* body = base::find(value, "schema"))
    out.nested(2, wrapped(1, schema(*body)));
  return wrapped(1, out);
}

Message operation(const json::value& value) {
  static constexpr Row kRows[] = {
      {"tags", 1, Form::kTexts},       {"summary", 2, Form::kText},
      {"description", 3, Form::kText}, {"operationId", 5, Form::kText},
      {"produces", 6, Form::kTexts},   {"consumes", 7, Form::kTexts},
      {"deprecated", 11, Form::kBool},
  };
  Message out;
  for (const Member& member : value.as_object()) {
    if (member.key() == "parameters") {
      for (const json::value& one : member.value().as_array()) out.nested(8, parameter(one));
    } else if (member.key() == "responses") {
      out.nested(9, pairs(member.value(), 1, response));
    } else {
      write_by_table(out, member, kRows, 13);
    }
  }
  return out;
}

Message path_item(const json::value& value) {
  static constexpr std::pair<std::string_view, uint32_t> kMethods[] = {
      {"get", 2}, {"put", 3}, {"post", 4}, {"delete", 5}, {"patch", 8}};
  Message out;
  for (auto [method, number] : kMethods)
    if (const json::value* at = base::find(value, method)) out.nested(number, operation(*at));
  if (const json::value* shared = base::find(value, "parameters"))
    for (const json::value& one : shared->as_array()) out.nested(9, parameter(one));
  return out;
}

/// SecurityDefinitionsItem{2: ApiKeySecurity}.
Message security(const json::value& value) {
  static constexpr Row kRows[] = {{"type", 1, Form::kText},
                                  {"name", 2, Form::kText},
                                  {"in", 3, Form::kText},
                                  {"description", 4, Form::kText}};
  Message out;
  for (const Member& member : value.as_object()) write_by_table(out, member, kRows, 5);
  return wrapped(2, out);
}

Message info(const json::value& value) {
  Message out;
  out.text(1, base::find_string(value, "title"));
  out.text(2, base::find_string(value, "version"));
  return out;
}

}  // namespace

std::string openapi_v2_protobuf(const json::object& document) {
  Message out;
  for (const Member& member : document) {
    std::string_view key = member.key();
    const json::value& value = member.value();
    if (key == "swagger") out.text(1, value.as_string());
    if (key == "info") out.nested(2, info(value));
    if (key == "paths") out.nested(8, pairs(value, 2, path_item));
    if (key == "definitions") out.nested(9, pairs(value, 1, schema));
    if (key == "securityDefinitions") out.nested(13, pairs(value, 1, security));
    if (key == "security")
      for (const json::value& one : value.as_array())
        out.nested(12, pairs(one, 1, [](const json::value&) { return Message(); }));
  }
  return out.take();
}

}  // namespace nanika::apiserver::schema
