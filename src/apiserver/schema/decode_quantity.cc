// resource.Quantity's canonical form (apimachinery/pkg/api/resource/quantity.go): the largest
// suffix that leaves an integer, at most nine fractional digits, rounded up.
#include <array>

#include "apiserver/schema/decode.h"

namespace nanika::apiserver::schema {
namespace {

using base::Code;
using base::fail;
using base::Result;
using Number = __int128;

constexpr size_t kMaxDigits = 30;  // more is beyond every unit in use: kept as it was written

enum class Form { kDecimalSi, kDecimalExponent, kBinarySi };

struct Scale {
  Form form;
  int power;  // of 10, or of 1024 for binary
};

struct Parsed {
  bool negative = false;
  std::string digits;  // without sign and point
  int fraction = 0;    // how many of `digits` stand behind the point
  std::string_view suffix;
};

constexpr std::array<std::pair<std::string_view, int>, 10> kDecimal{{{"n", -9},
                                                                     {"u", -6},
                                                                     {"m", -3},
                                                                     {"", 0},
                                                                     {"k", 3},
                                                                     {"M", 6},
                                                                     {"G", 9},
                                                                     {"T", 12},
                                                                     {"P", 15},
                                                                     {"E", 18}}};
constexpr std::array<std::string_view, 6> kBinary{"Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};

std::unexpected<base::Error> wrong_form() {
  return fail(Code::kInvalid,
              "quantities must match the regular expression "
              "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
}

bool digit(char c) {
  return c >= '0' && c <= '9';
}

Result<Parsed> split(std::string_view text) {
  Parsed out;
  size_t at = 0;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) out.negative = text[at++] == '-';
  bool point = false;
  size_t seen = 0;
  for (; at < text.size() && (digit(text[at]) || text[at] == '.'); ++at) {
    if (text[at] == '.') {
      if (point) return wrong_form();
      point = true;
      continue;
    }
    ++seen;
    if (point) ++out.fraction;
    if (out.digits != "0") {
      out.digits += text[at];
    } else {
      out.digits = text[at];
    }
  }
  if (seen == 0) return wrong_form();
  out.suffix = text.substr(at);
  size_t s = 0;
  while (s < out.suffix.size() &&
         std::string_view("eEinumkKMGTP").find(out.suffix[s]) != std::string_view::npos)
    ++s;
  if (s < out.suffix.size() && (out.suffix[s] == '+' || out.suffix[s] == '-')) ++s;
  while (s < out.suffix.size() && digit(out.suffix[s])) ++s;
  if (s != out.suffix.size()) return wrong_form();
  return out;
}

Result<Scale> scale_of(std::string_view suffix) {
  for (const auto& [name, power] : kDecimal)
    if (name == suffix) return Scale{Form::kDecimalSi, power};
  for (size_t i = 0; i < kBinary.size(); ++i)
    if (kBinary[i] == suffix) return Scale{Form::kBinarySi, static_cast<int>(i) + 1};
  if (suffix.size() > 1 && suffix.size() < 6 && (suffix[0] == 'e' || suffix[0] == 'E')) {
    size_t at = suffix[1] == '-' || suffix[1] == '+' ? 2 : 1;
    int power = 0;
    for (size_t i = at; i < suffix.size() && digit(suffix[i]); ++i)
      power = power * 10 + (suffix[i] - '0');
    if (at < suffix.size() && digit(suffix.back()))
      return Scale{Form::kDecimalExponent, suffix[1] == '-' ? -power : power};
  }
  return fail(Code::kInvalid, "unable to parse quantity's suffix");
}

std::string to_text(Number n) {
  std::string out;
  do {
    out.insert(out.begin(), static_cast<char>('0' + static_cast<int>(n % 10)));
    n /= 10;
  } while (n > 0);
  return out;
}

// number * 10^power as mantissa and the largest exponent that is a multiple of three.
std::string decimal_text(Number number, int power, Form form) {
  while (number != 0 && number % 10 == 0) {
    number /= 10;
    ++power;
  }
  if (number == 0) return "0";
  while (((power % 3) + 3) % 3 != 0) {
    number *= 10;
    --power;
  }
  if (form == Form::kDecimalSi) {
    while (power > 18) {
      number *= 1000;
      power -= 3;
    }
    for (const auto& [name, p] : kDecimal)
      if (p == power) return to_text(number) + std::string(name);
  }
  return power == 0 ? to_text(number) : fmt::format("{}e{}", to_text(number), power);
}

// Beyond nine fractional digits a quantity is rounded up, away from zero.
void round_to_nano(Number& number, int& power) {
  bool rest = false;
  for (; power < -9; ++power) {
    rest = rest || number % 10 != 0;
    number /= 10;
  }
  if (rest) ++number;
}

}  // namespace

Result<std::string> canonical_quantity(std::string_view text) {
  if (text.empty()) return wrong_form();
  const Parsed parsed = TRY(split(text));
  const Scale scale = TRY(scale_of(parsed.suffix));
  if (parsed.digits.size() > kMaxDigits || std::abs(scale.power) > 30) return std::string(text);
  Number number = 0;
  for (char c : parsed.digits) number = number * 10 + (c - '0');
  int power = -parsed.fraction;
  const std::string sign = parsed.negative && number != 0 ? "-" : "";
  if (scale.form != Form::kBinarySi) {
    power += scale.power;
    round_to_nano(number, power);
    return sign + decimal_text(number, power, scale.form);
  }
  constexpr Number kLimit = Number{1} << 66;
  for (int i = 0; i < scale.power; ++i) {
    if (number > kLimit) return std::string(text);
    number *= 1024;
  }
  round_to_nano(number, power);
  for (; power < 0 && number % 10 == 0; ++power) number /= 10;
  if (power < 0 || number < 1024) return sign + decimal_text(number, power, Form::kDecimalSi);
  size_t unit = 0;
  for (; number % 1024 == 0 && unit < kBinary.size(); ++unit) number /= 1024;
  return sign + to_text(number) + (unit == 0 ? std::string() : std::string(kBinary[unit - 1]));
}

}  // namespace nanika::apiserver::schema
