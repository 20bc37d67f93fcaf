#include "apiserver/schema/protobuf_codecs.h"

#include <optional>
#include <unordered_map>

#include "apiserver/schema/protobuf_wire.h"
#include "base/clock.h"
#include "base/json.h"

namespace nanika::apiserver::schema {
namespace {

using base::Code;
using base::fail;
using base::Result;
using json::value;

/// The fields of a small message, by number up to 3; the last of each counts.
using Small = std::array<std::optional<WireField>, 4>;

Result<Small> read_small(std::string_view message) {
  Small fields;
  WireReader in(message);
  while (!in.done()) {
    WireField field = TRY(in.next());
    if (field.number < fields.size()) fields[field.number] = field;
  }
  return fields;
}

Result<std::string_view> text_of(const std::optional<WireField>& field) {
  return field ? field->text() : Result<std::string_view>("");
}

Result<int64_t> number_of(const std::optional<WireField>& field) {
  return field ? static_cast<int64_t>(TRY(field->varint())) : int64_t{0};
}

Result<value> quantity(std::string_view message, const Schema&, int) {
  Small m = TRY(read_small(message));
  std::string_view text = TRY(text_of(m[1]));
  return value(text.empty() ? "0" : text);
}

Result<value> int_or_string(std::string_view message, const Schema&, int) {
  Small m = TRY(read_small(message));
  int64_t type = TRY(number_of(m[1]));
  if (type == 0) return value(static_cast<int32_t>(TRY(number_of(m[2]))));
  if (type == 1) return value(TRY(text_of(m[3])));
  return fail(Code::kInvalid, "impossible IntOrString.Type");
}

Result<base::AnyTime> timestamp(std::string_view message) {
  Small m = TRY(read_small(message));
  constexpr int64_t kEarliest = -62167219200, kLatest = 253402300799;  // the years 0 to 9999
  int64_t seconds = TRY(number_of(m[1]));
  if (seconds < kEarliest || seconds > kLatest)
    return fail(Code::kInvalid, "a time of {} seconds since 1970 is out of range", seconds);
  auto nanos = static_cast<int32_t>(TRY(number_of(m[2])));
  if (nanos < 0 || nanos > 999'999'999)
    return fail(Code::kInvalid, "a time of {} nanoseconds is out of range", nanos);
  return base::AnyTime(std::chrono::sys_seconds(std::chrono::seconds(seconds)),
                       std::chrono::nanoseconds(nanos));
}

Result<value> time(std::string_view message, const Schema&, int) {
  if (message.empty()) return value();
  return value(base::format_time(TRY(timestamp(message))));
}

Result<value> micro_time(std::string_view message, const Schema&, int) {
  if (message.empty()) return value();
  return value(base::format_micro_time(TRY(timestamp(message))));
}

Result<value> duration(std::string_view message, const Schema&, int) {
  Small m = TRY(read_small(message));
  return value(base::format_duration(base::Duration(TRY(number_of(m[1])))));
}

/// RawExtension, FieldsV1, JSON: field 1 is JSON text.
Result<value> raw_json(std::string_view message, const Schema&, int) {
  Small m = TRY(read_small(message));
  std::string_view raw = TRY(text_of(m[1]));
  if (raw.empty()) return value();
  if (raw.starts_with(std::string_view("k8s\0", 4)))
    return fail(Code::kInvalid, "a nested protobuf object: it must be JSON");
  return base::parse_json(raw, nullptr, {.max_depth = 200});
}

Result<value> nested(const WireField& wire, const Schema& schema, int depth) {
  std::string_view message = TRY(wire.bytes());
  json::object object;
  TRY(merge_message(message, schema, object, depth));
  return value(std::move(object));
}

/// JSONSchemaPropsOrArray {1: schema, 2: repeated schema}, in JSON a schema or a list of them.
Result<value> schema_or_array(std::string_view message, const Schema& schema, int depth) {
  value single;
  json::array list;
  WireReader in(message);
  while (!in.done()) {
    WireField field = TRY(in.next());
    if (field.number == 1) single = TRY(nested(field, *schema.codec_of, depth + 1));
    if (field.number == 2) list.push_back(TRY(nested(field, *schema.codec_of, depth + 1)));
  }
  return list.empty() ? std::move(single) : value(std::move(list));
}

/// JSONSchemaPropsOrBool {1: allows, 2: schema}.
Result<value> schema_or_bool(std::string_view message, const Schema& schema, int depth) {
  Small m = TRY(read_small(message));
  if (m[2]) return nested(*m[2], *schema.codec_of, depth + 1);
  return value(TRY(number_of(m[1])) != 0);
}

/// JSONSchemaPropsOrStringArray {1: schema, 2: repeated string}.
Result<value> schema_or_strings(std::string_view message, const Schema& schema, int depth) {
  value single;
  json::array list;
  WireReader in(message);
  while (!in.done()) {
    WireField field = TRY(in.next());
    if (field.number == 1) single = TRY(nested(field, *schema.codec_of, depth + 1));
    if (field.number == 2) list.emplace_back(TRY(field.text()));
  }
  return list.empty() ? std::move(single) : value(std::move(list));
}

}  // namespace

Result<value> decode_codec(std::string_view message, const Schema& schema, int depth) {
  using Codec = Result<value> (*)(std::string_view, const Schema&, int);
  static const std::unordered_map<std::string_view, Codec> codecs = {
      {"Quantity", quantity},
      {"IntOrString", int_or_string},
      {"Time", time},
      {"MicroTime", micro_time},
      {"Duration", duration},
      {"RawExtension", raw_json},
      {"FieldsV1", raw_json},
      {"JSON", raw_json},
      {"JSONSchemaPropsOrArray", schema_or_array},
      {"JSONSchemaPropsOrBool", schema_or_bool},
      {"JSONSchemaPropsOrStringArray", schema_or_strings},
  };
  auto codec = codecs.find(schema.codec);
  CHECK(codec != codecs.end());
  return codec->second(message, schema, depth);
}

}  // namespace nanika::apiserver::schema
