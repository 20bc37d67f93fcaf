#include "base/yaml_scalar.h"

#include <charconv>

namespace nanika::base {

namespace {

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looks_like_float(std::string_view s) {
  size_t i = 0;
  auto sign = [&] {
    if (i < s.size() && (s[i] == '-' || s[i] == '+')) i++;
  };
  auto digits = [&] {
    size_t start = i;
    while (i < s.size() && is_digit(s[i])) i++;
    return i - start;
  };
  sign();
  size_t whole = digits();
  if (i < s.size() && s[i] == '.') {
    i++;
    if (digits() == 0 && whole == 0) return false;
  } else if (whole == 0) {
    return false;
  }
  if (i < s.size() && (s[i] == 'e' || s[i] == 'E')) {
    i++;
    sign();
    if (digits() == 0) return false;
  }
  return i == s.size();
}

/// An integer in Go's base-0 syntax: 0x, 0o, 0b or a leading 0 choose the base.
std::optional<json::value> resolve_integer(std::string_view s) {
  bool negative = s.starts_with('-');
  if (negative || s.starts_with('+')) s.remove_prefix(1);
  int base = 10;
  if (s.size() > 1 && s[0] == '0') {
    char mark = static_cast<char>(s[1] | 0x20);
    base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
    s.remove_prefix(is_digit(s[1]) ? 1 : 2);
    if (base == 8 && !is_digit(mark) && mark != 'o') return std::nullopt;
  }
  if (s.empty() || s[0] == '-' || s[0] == '+') return std::nullopt;
  uint64_t number = 0;
  auto [end, ec] = std::from_chars(s.data(), s.data() + s.size(), number, base);
  if (ec != std::errc() || end != s.data() + s.size()) return std::nullopt;
  constexpr uint64_t kMax = INT64_MAX;
  if (negative) {
    if (number > kMax + 1) return std::nullopt;
    return json::value(static_cast<int64_t>(-number));
  }
  if (number > kMax) return json::value(number);
  return json::value(static_cast<int64_t>(number));
}

/// YYYY-..., of which the timestamps are those that begin so and have no other meaning.
bool begins_like_a_date(std::string_view s) {
  return s.size() > 5 && std::ranges::all_of(s.substr(0, 4), is_digit) && s[4] == '-';
}

}  // namespace

std::optional<json::value> resolve_plain_scalar(std::string_view text) {
  if (one_of(text, {"", "~", "null", "Null", "NULL"})) return json::value(nullptr);
  if (one_of(text, {"true", "True", "TRUE", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON"})) {
    return json::value(true);
  }
  if (one_of(text, {"false", "False", "FALSE", "n", "N", "no", "No", "NO", "off", "Off", "OFF"})) {
    return json::value(false);
  }
  if (one_of(text, {".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF",
                    "-.inf", "-.Inf", "-.INF"})) {
    return std::nullopt;
  }
  char first = text[0];
  json::value as_string(json::string_view(text.data(), text.size()));
  if (!is_digit(first) && first != '-' && first != '+' && first != '.') return as_string;
  if (begins_like_a_date(text)) return as_string;

  std::string plain(text);
  if (first != '.') std::erase(plain, '_');
  if (auto integer = resolve_integer(plain)) return integer;
  if (looks_like_float(plain)) {
    std::string_view digits = plain;
    if (digits.starts_with('+')) digits.remove_prefix(1);
    double number = 0;
    auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (ec == std::errc()) return json::value(number);
  }
  return as_string;
}

}  // namespace nanika::base
