// Values to JSON text, and questions asked of values.
#include "base/json.h"

#include <charconv>
#include <cmath>

namespace nanika::base {

namespace {

/// What a byte becomes inside a string: 0 as it is, 'u' \u00XX, 'x' look closer (UTF-8), else its
/// letter. <, > and & stay as they are: that escape of Go's is for HTML pages and no JSON reader
/// needs it.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> table{};
  for (int c = 0; c < 0x20; c++) table[static_cast<size_t>(c)] = 'u';
  for (int c = 0x80; c < 0x100; c++) table[static_cast<size_t>(c)] = 'x';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

/// Length of the UTF-8 sequence at the start of `s` (RFC 3629), 0 when it is none.
size_t utf8_length(std::string_view s) {
  auto at = [&](size_t i) { return static_cast<unsigned char>(s[i]); };
  auto tail = [&](size_t i) { return (at(i) & 0xc0) == 0x80; };
  unsigned char lead = at(0);
  if (lead >= 0xc2 && lead <= 0xdf) return s.size() >= 2 && tail(1) ? 2 : 0;
  if ((lead & 0xf0) == 0xe0) {
    if (s.size() < 3 || !tail(1) || !tail(2)) return 0;
    bool overlong = lead == 0xe0 && at(1) < 0xa0;
    bool surrogate = lead == 0xed && at(1) >= 0xa0;
    return overlong || surrogate ? 0 : 3;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (s.size() < 4 || !tail(1) || !tail(2) || !tail(3)) return 0;
    bool overlong = lead == 0xf0 && at(1) < 0x90;
    bool beyond = lead == 0xf4 && at(1) >= 0x90;
    return overlong || beyond ? 0 : 4;
  }
  return 0;
}

void append_integer(std::string& out, auto number) {
  char buffer[24];
  auto [end, ec] = std::to_chars(buffer, buffer + sizeof buffer, number);
  out.append(buffer, end);
}

/// As Go's encoding/json: the shortest digits that read back the same, with an exponent only below
/// 1e-6 and from 1e21.
void append_double(std::string& out, double number) {
  if (!std::isfinite(number)) {  // JSON has no word for it
    out += "null";
    return;
  }
  char buffer[40];
  double size = std::abs(number);
  bool exponent = size != 0 && (size < 1e-6 || size >= 1e21);
  // to_chars' fixed form is shortest only while a double holds every integer.
  if (!exponent && size < 9007199254740992.0) {
    auto [end, ec] =
        std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::fixed);
    out.append(buffer, end);
    return;
  }
  auto [end, ec] =
      std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::scientific);
  std::string_view text(buffer, static_cast<size_t>(end - buffer));
  size_t e = text.find('e');
  if (exponent) {  // 1e-07 is 1e-7 in Go
    out.append(text.substr(0, e + 2));
    std::string_view digits = text.substr(e + 2);
    if (digits[0] == '0') digits.remove_prefix(1);
    out.append(digits);
    return;
  }
  int power = std::atoi(std::string(text.substr(e + 1)).c_str());
  size_t start = out.size();
  for (char c : text.substr(0, e)) {
    if (c != '.') out += c;
  }
  size_t digits = out.size() - start - (number < 0 ? 1 : 0);
  out.append(static_cast<size_t>(power) + 1 - digits, '0');
}

template <class Key>
void append_key(std::string& out, const Key& key) {
  append_json_string(out, std::string_view(key.data(), key.size()));
}

void append_pretty(std::string& out, const json::value& value, size_t indent) {
  auto newline = [&](size_t depth) {
    out += '\n';
    out.append(2 * depth, ' ');
  };
  if (const json::array* array = value.if_array(); array != nullptr && !array->empty()) {
    out += '[';
    for (size_t i = 0; i < array->size(); i++) {
      if (i > 0) out += ',';
      newline(indent + 1);
      append_pretty(out, (*array)[i], indent + 1);
    }
    newline(indent);
    out += ']';
    return;
  }
  if (const json::object* object = value.if_object(); object != nullptr && !object->empty()) {
    out += '{';
    bool first = true;
    for (const auto& [key, member] : *object) {
      if (!std::exchange(first, false)) out += ',';
      newline(indent + 1);
      append_key(out, key);
      out += ": ";
      append_pretty(out, member, indent + 1);
    }
    newline(indent);
    out += '}';
    return;
  }
  append_json(out, value);
}

bool numbers_equal(const json::value& a, const json::value& b) {
  if (a.is_double() && b.is_double()) return a.get_double() == b.get_double();
  if (b.is_double()) return numbers_equal(b, a);
  if (a.is_double()) {
    double d = a.get_double();
    // The bounds are exact doubles: within them the conversion back is defined.
    if (d >= -9223372036854775808.0 && d < 9223372036854775808.0) {
      auto whole = static_cast<int64_t>(d);
      return static_cast<double>(whole) == d && b == json::value(whole);
    }
    if (d >= 0 && d < 18446744073709551616.0) return b == json::value(static_cast<uint64_t>(d));
    return false;
  }
  return a == b;  // Boost compares int64 with uint64 by value
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  size_t copied = 0;  // text before it is in `out`
  for (size_t i = 0; i < text.size();) {
    auto byte = static_cast<unsigned char>(text[i]);
    char escape = kEscapes[byte];
    if (escape == 0) [[likely]] {
      i++;
      continue;
    }
    size_t length = 1;
    std::string_view replacement;
    char buffer[6] = {'\\', escape, '0', '0', '0', '0'};
    if (escape == 'x') {
      length = utf8_length(text.substr(i));
      if (length == 0) {
        length = 1;
        replacement = "\\ufffd";
      } else if (length == 3 && text.substr(i, 2) == "\xe2\x80" && (text[i + 2] & ~1) == '\xa8') {
        replacement = text[i + 2] == '\xa8' ? "\\u2028" : "\\u2029";  // as Go: for JavaScript
      } else {
        i += length;
        continue;
      }
    } else if (escape == 'u') {
      buffer[4] = kHex[byte >> 4];
      buffer[5] = kHex[byte & 15];
      replacement = std::string_view(buffer, 6);
    } else {
      replacement = std::string_view(buffer, 2);
    }
    out.append(text, copied, i - copied);
    out.append(replacement);
    i += length;
    copied = i;
  }
  out.append(text, copied);
  out += '"';
}

void append_json(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      out += "null";
      return;
    case json::kind::bool_:
      out += value.get_bool() ? "true" : "false";
      return;
    case json::kind::int64:
      return append_integer(out, value.get_int64());
    case json::kind::uint64:
      return append_integer(out, value.get_uint64());
    case json::kind::double_:
      return append_double(out, value.get_double());
    case json::kind::string:
      return append_key(out, value.get_string());
    case json::kind::array: {
      char separator = '[';
      for (const json::value& item : value.get_array()) {
        out += std::exchange(separator, ',');
        append_json(out, item);
      }
      out += value.get_array().empty() ? "[]" : "]";
      return;
    }
    case json::kind::object: {
      char separator = '{';
      for (const auto& [key, member] : value.get_object()) {
        out += std::exchange(separator, ',');
        append_key(out, key);
        out += ':';
        append_json(out, member);
      }
      out += value.get_object().empty() ? "{}" : "}";
      return;
    }
  }
}

bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    size_t length = static_cast<unsigned char>(text[i]) < 0x80 ? 1 : utf8_length(text.substr(i));
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::string to_json(const json::value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

std::string to_json_pretty(const json::value& value) {
  std::string out;
  append_pretty(out, value, 0);
  return out;
}

bool json_equal(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) return numbers_equal(a, b);
  if (a.kind() != b.kind()) return false;
  if (a.is_array()) {
    return std::ranges::equal(a.get_array(), b.get_array(), json_equal);
  }
  if (!a.is_object()) return a == b;
  const json::object& left = a.get_object();
  const json::object& right = b.get_object();
  if (left.size() != right.size()) return false;
  return std::ranges::all_of(left, [&](const auto& member) {
    const json::value* other = right.if_contains(member.key());
    return other != nullptr && json_equal(member.value(), *other);
  });
}

const json::value* find(const json::value& root, std::string_view key) {
  const json::object* object = root.if_object();
  return object == nullptr ? nullptr : object->if_contains(key);
}

}  // namespace nanika::base
