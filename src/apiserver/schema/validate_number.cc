#include <cmath>
#include <limits>

#include <re2/re2.h>

#include "apiserver/schema/validate_cause.h"
#include "apiserver/schema/validate_outcome.h"

namespace nanika::apiserver::schema {
namespace {

std::string plain(double value) {
  return fmt::format("{}", go_float(value));
}

// Bounds beyond int64 saturate.
int64_t to_int64(double bound) {
  if (bound >= 9223372036854775807.0) return std::numeric_limits<int64_t>::max();
  if (bound <= -9223372036854775808.0) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(bound);
}

class NumberCheck {
 public:
  NumberCheck(const json::value& value, const Schema& schema, const Place& place)
      : value_(value), schema_(schema), place_(place), exact_(value.is_int64()) {}

  Outcome run() {
    const std::string_view bad_range =
        exact_ ? range(static_cast<double>(value_.get_int64())) : range(as_double(value_));
    if (!bad_range.empty()) whole("Checked", bad_range);
    if (schema_.validation != nullptr) {
      const Validation& rules = *schema_.validation;
      if (rules.multiple_of) multiple_of(*rules.multiple_of);
      if (rules.minimum) minimum(*rules.minimum, rules.exclusive_minimum);
      if (rules.maximum) maximum(*rules.maximum, rules.exclusive_maximum);
    }
    ++out_.matches;
    return std::move(out_);
  }

 private:
  // Says what a number must be and is not, or "".
  std::string_view range(double number) const {
    const bool known = !schema_.format.empty();
    if (schema_.type == Type::kInteger) {
      const bool whole_number = number == std::trunc(number) && std::isfinite(number);
      if (known && schema_.format == "int32") {
        return whole_number && std::abs(number) <= 2147483648.0 && number != 2147483648.0
                   ? ""
                   : "integer with format int32";
      }
      const bool fits = whole_number && number >= -9223372036854775808.0 &&
                        (exact_ || number < 9223372036854775808.0);
      if (fits) return "";
      return known && schema_.format == "int64" ? "integer with format int64"
                                                : "integer (default format)";
    }
    if (schema_.type == Type::kNumber && schema_.format == "float" &&
        std::abs(number) > std::numeric_limits<float>::max())
      return "number with format float";
    return "";
  }

  void whole(std::string_view what, std::string_view must) {
    out_.add(
        invalid_value(place_.root, "",
                      fmt::format("{} value must be of type {} in {}", what, must, place_.name)));
  }
  void wrong(std::string detail) {
    out_.add(invalid_value(place_.field, as_float_ ? json::value(as_double(value_)) : value_,
                           fmt::format("{} in body {}", place_.name, detail)));
  }
  // Whether a bound can be compared as an integer with the value.
  bool boundary(std::string_view what, double bound) {
    const std::string_view must = range(bound);
    if (!must.empty()) whole(what, must);
    as_float_ = !must.empty();
    return must.empty() && exact_;
  }

  void multiple_of(double factor) {
    if (boundary("MultipleOf", factor)) {
      const int64_t whole_factor = to_int64(factor);
      if (whole_factor <= 0) return not_positive(static_cast<double>(whole_factor));
      if (value_.get_int64() % whole_factor != 0)
        wrong(fmt::format("should be a multiple of {}", whole_factor));
      return;
    }
    if (factor <= 0) return not_positive(factor);
    const double number = as_double(value_);
    if (!is_json_integer(factor < 1 ? 1 / factor * number : number / factor))
      wrong(fmt::format("should be a multiple of {}", plain(factor)));
  }
  void not_positive(double factor) {
    out_.add(invalid_value(place_.field, factor,
                           fmt::format("factor MultipleOf declared for {} must be positive: {}",
                                       place_.name, plain(factor))));
  }

  void maximum(double bound, bool exclusive) {
    const bool integers = boundary("Maximum boundary", bound);
    const bool beyond = integers ? over(value_.get_int64(), to_int64(bound), exclusive)
                                 : over(as_double(value_), bound, exclusive);
    if (beyond)
      wrong(fmt::format("should be less than {}{}", exclusive ? "" : "or equal to ",
                        integers ? std::to_string(to_int64(bound)) : plain(bound)));
  }
  void minimum(double bound, bool exclusive) {
    const bool integers = boundary("Minimum boundary", bound);
    const bool beyond = integers ? over(to_int64(bound), value_.get_int64(), exclusive)
                                 : over(bound, as_double(value_), exclusive);
    if (beyond)
      wrong(fmt::format("should be greater than {}{}", exclusive ? "" : "or equal to ",
                        integers ? std::to_string(to_int64(bound)) : plain(bound)));
  }
  template <class T>
  static bool over(T value, T bound, bool exclusive) {
    return exclusive ? value >= bound : value > bound;
  }

  const json::value& value_;
  const Schema& schema_;
  const Place& place_;
  const bool exact_;       // an int64: compared without loss
  bool as_float_ = false;  // the bound is beyond the type: compared, and shown, as a float64
  Outcome out_;
};

int64_t count_runes(std::string_view text) {
  int64_t n = 0;
  for (char c : text) n += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  return n;
}

}  // namespace

double as_double(const json::value& number) {
  if (number.is_int64()) return static_cast<double>(number.get_int64());
  if (number.is_uint64()) return static_cast<double>(number.get_uint64());
  return number.is_double() ? number.get_double() : 0;
}

bool is_json_integer(double value) {
  constexpr double kMax = 9007199254740991.0;  // 2^53 - 1
  if (!std::isfinite(value) || std::abs(value) > kMax) return false;
  const double whole = std::trunc(value);
  if (whole == value) return true;
  const double near = std::abs(value - whole);
  return whole != 0 && near / (std::abs(value) + std::abs(whole)) < 1e-9;
}

Outcome check_number(const json::value& value, const Schema& schema, const Place& place) {
  return NumberCheck(value, schema, place).run();
}

Outcome check_string(std::string_view text, const Validation& rules, const Place& place) {
  Outcome out;
  const int64_t length = rules.max_length || rules.min_length ? count_runes(text) : 0;
  if (rules.max_length && length > *rules.max_length) {
    out.add(too_long(place.field, *rules.max_length));
  } else if (rules.min_length && length < *rules.min_length) {
    out.add(invalid_value(
        place.field, text,
        fmt::format("{} in body should be at least {} chars long", place.name, *rules.min_length)));
  } else if (rules.regex != nullptr &&
             !RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *rules.regex)) {
    out.add(invalid_value(place.field, text,
                          fmt::format("{} in body should match '{}'", place.name, rules.pattern)));
  }
  return out;
}

}  // namespace nanika::apiserver::schema
