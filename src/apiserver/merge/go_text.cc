#include "apiserver/merge/go_text.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace nanika::apiserver::merge {

std::string go_quote(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out += '"';
}

std::string go_value(const json::value& value) {
  if (value.is_null()) return "<nil>";
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_array()) {
    std::string out = "[";
    for (const json::value& each : value.get_array()) {
      if (out.size() > 1) out += ' ';
      out += go_value(each);
    }
    return out += ']';
  }
  if (value.is_object()) {
    std::vector<std::string_view> keys;
    for (const auto& [key, unused] : value.get_object()) keys.emplace_back(key);
    std::ranges::sort(keys);
    std::string out = "map[";
    for (std::string_view key : keys) {
      if (out.size() > 4) out += ' ';
      out += fmt::format("{}:{}", key, go_value(value.get_object().at(key)));
    }
    return out += ']';
  }
  return base::to_json(value);
}

std::string_view go_type(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "%!s(<nil>)";
    case json::kind::bool_:
      return "bool";
    case json::kind::int64:
    case json::kind::uint64:
      return "int64";
    case json::kind::double_:
      return "float64";
    case json::kind::string:
      return "string";
    case json::kind::array:
      return "[]interface {}";
    case json::kind::object:
      return "map[string]interface {}";
  }
  return "";
}

std::string_view go_kind(const json::value& value) {
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

}  // namespace nanika::apiserver::merge
