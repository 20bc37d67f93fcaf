#include "apiserver/schema/validate_cause.h"

#include <charconv>
#include <cmath>
#include <map>

namespace nanika::apiserver::schema {
namespace {

std::string field_or_nil(std::string_view field) {
  return field.empty() ? "<nil>" : std::string(field);
}

// Go prints maps with their keys sorted.
json::value sorted(const json::value& value) {
  if (const json::array* array = value.if_array()) {
    json::array out;
    for (const json::value& item : *array) out.push_back(sorted(item));
    return out;
  }
  const json::object* object = value.if_object();
  if (object == nullptr) return value;
  std::map<std::string_view, const json::value*> members;
  for (const auto& [key, v] : *object) members[key] = &v;
  json::object out;
  for (const auto& [key, v] : members) out[key] = sorted(*v);
  return out;
}

std::string printed(const json::value& value) {
  if (value.is_string()) return go_quote(std::string_view(value.get_string()));
  if (value.is_double()) return go_float(value.get_double());
  return go_json(value);
}

std::string with_value(std::string_view what, const json::value& value, std::string_view detail) {
  std::string out = fmt::format("{}: {}", what, printed(value));
  if (!detail.empty()) fmt::format_to(std::back_inserter(out), ": {}", detail);
  return out;
}

// Decodes one rune; size 1 and -1 for what is no UTF-8.
std::pair<int32_t, size_t> rune_at(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t size = first < 0x80           ? 1
                      : (first >> 5) == 0x6  ? 2
                      : (first >> 4) == 0xe  ? 3
                      : (first >> 3) == 0x1e ? 4
                                             : 0;
  if (size == 0 || size > text.size()) return {-1, 1};
  int32_t rune = size == 1 ? first : first & (0x7f >> size);
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) >> 6) != 0x2) return {-1, 1};
    rune = (rune << 6) | (byte(i) & 0x3f);
  }
  return {rune, size};
}

}  // namespace

Cause required_value(std::string_view field, std::string_view detail) {
  return {"FieldValueRequired",
          detail.empty() ? "Required value" : fmt::format("Required value: {}", detail),
          field_or_nil(field)};
}

Cause forbidden(std::string_view field, std::string_view detail) {
  return {"FieldValueForbidden", fmt::format("Forbidden: {}", detail), field_or_nil(field)};
}

Cause invalid_value(std::string_view field, const json::value& value, std::string_view detail) {
  return {"FieldValueInvalid", with_value("Invalid value", value, detail), field_or_nil(field)};
}

Cause invalid_value(std::string_view field, std::string_view text, std::string_view detail) {
  return invalid_value(field, json::value(text), detail);
}

Cause type_invalid(std::string_view field, std::string_view text, std::string_view detail) {
  return {"FieldValueTypeInvalid", with_value("Invalid value", json::value(text), detail),
          field_or_nil(field)};
}

Cause duplicate_value(std::string_view field, const json::value& value) {
  return {"FieldValueDuplicate", with_value("Duplicate value", value, {}), field_or_nil(field)};
}

Cause not_supported(std::string_view field, const json::value& value,
                    std::span<const std::string> supported) {
  std::string detail;
  for (const std::string& s : supported)
    detail += (detail.empty() ? "supported values: " : ", ") + go_quote(s);
  return {"FieldValueNotSupported", with_value("Unsupported value", value, detail),
          field_or_nil(field)};
}

Cause too_long(std::string_view field, int64_t max_bytes) {
  return {"FieldValueTooLong",
          fmt::format("Too long: may not be more than {} {}", max_bytes,
                      max_bytes == 1 ? "byte" : "bytes"),
          field_or_nil(field)};
}

Cause too_many(std::string_view field, int64_t actual, int64_t max) {
  return {"FieldValueTooMany",
          fmt::format("Too many: {}: must have at most {} {}", actual, max,
                      max == 1 ? "item" : "items"),
          field_or_nil(field)};
}

std::string join_path(std::string_view path, std::string_view name) {
  if (path.empty() || path == "<nil>") return std::string(name);
  return fmt::format("{}.{}", path, name);
}

std::string key_path(std::string_view path, std::string_view key) {
  return fmt::format("{}[{}]", path, key);
}

std::string go_json(const json::value& value) {
  return base::to_json(sorted(value));
}

std::string go_quote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const auto [rune, size] = rune_at(text);
    const std::string_view bytes = text.substr(0, size);
    text.remove_prefix(size);
    static constexpr std::string_view kEscapes = "\aa\bb\ff\nn\rr\tt\vv\"\"\\\\";
    const size_t escape = size == 1 ? kEscapes.find(bytes[0]) : std::string_view::npos;
    if (rune < 0) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(bytes[0]));
    } else if (escape != std::string_view::npos && escape % 2 == 0) {
      out += '\\';
      out += kEscapes[escape + 1];
    } else if (rune < 0x20 || rune == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", rune);
    } else if ((rune >= 0x80 && rune <= 0xa0) || rune == 0xad || rune == 0xfeff ||
               (rune >= 0x2000 && rune <= 0x200f) || (rune >= 0x2028 && rune <= 0x202f)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", rune);
    } else {
      out += bytes;
    }
  }
  return out + "\"";
}

std::string go_float(double value) {
  char buffer[64];
  const double magnitude = std::abs(value);
  const bool exponent = magnitude != 0 && (magnitude < 1e-4 || magnitude >= 1e6);
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value,
                    exponent ? std::chars_format::scientific : std::chars_format::fixed);
  return {buffer, end.ptr};
}

std::string aggregate(const Causes& causes) {
  std::string out;
  for (const Cause& cause : causes)
    fmt::format_to(std::back_inserter(out), "{}{}: {}", out.empty() ? "" : ", ", cause.field,
                   cause.message);
  return causes.size() > 1 ? "[" + out + "]" : out;
}

}  // namespace nanika::apiserver::schema
