// Times and durations as text: RFC 3339, Go's durations, kubectl's ages.
#include <charconv>

#include "base/clock.h"

namespace nanika::base {

namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using Wide = unsigned __int128;  // holds any product below without overflow

/// "2026-11-23T10:00:00", in UTC.
std::string date_time(std::chrono::sys_seconds time) {
  auto day = floor<days>(time);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

/// Takes fixed pieces off the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}
  bool digits(size_t count, int& out) {
    if (rest_.size() < count) return false;
    out = 0;
    for (size_t i = 0; i < count; i++) {
      if (rest_[i] < '0' || rest_[i] > '9') return false;
      out = out * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return true;
  }
  bool literal(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view while_digits() {
    size_t n = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    std::string_view out = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return out;
  }
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

bool scan_offset(Scanner& in, seconds& out) {
  if (in.literal('Z')) return true;
  bool behind = in.literal('-');
  if (!behind && !in.literal('+')) return false;
  int hour = 0, minute = 0;
  if (!in.digits(2, hour) || !in.literal(':') || !in.digits(2, minute)) return false;
  out = (hours(hour) + minutes(minute)) * (behind ? -1 : 1);
  return hour < 24 && minute < 60;
}

std::unexpected<Error> bad_time(std::string_view text, std::string_view why) {
  return fail(Code::kInvalid, "\"{}\" is no RFC 3339 time such as 2006-01-02T15:04:05Z: {}", text,
              why);
}

struct Unit {
  std::string_view name;
  int64_t nanoseconds;
};
constexpr Unit kUnits[] = {
    {"ns", 1},         {"us", 1'000},        {"\xc2\xb5s", 1'000},  {"\xce\xbcs", 1'000},
    {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}};

}  // namespace

std::string format_time(AnyTime time) {
  return date_time(time.seconds) + "Z";
}

std::string format_micro_time(AnyTime time) {
  return fmt::format("{}.{:06}Z", date_time(time.seconds),
                     floor<microseconds>(time.fraction).count());
}

Result<WallTime> parse_time(std::string_view text) {
  AnyTime time = TRY(parse_any_time(text));
  int year = static_cast<int>(std::chrono::year_month_day(floor<days>(time.seconds)).year());
  if (year < 1678 || year > 2261) return bad_time(text, "only years from 1678 to 2261 can be held");
  return WallTime(time.seconds) + time.fraction;
}

Result<AnyTime> parse_any_time(std::string_view text) {
  auto bad = [&](std::string_view why) { return bad_time(text, why); };
  Scanner in(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!in.digits(4, year) || !in.literal('-') || !in.digits(2, month) || !in.literal('-') ||
      !in.digits(2, day) || !in.literal('T')) {
    return bad("want YYYY-MM-DDT first");
  }
  if (!in.digits(2, hour) || !in.literal(':') || !in.digits(2, minute) || !in.literal(':') ||
      !in.digits(2, second)) {
    return bad("want hh:mm:ss after the T");
  }
  int64_t fraction = 0;
  if (in.literal('.')) {
    std::string_view digits = in.while_digits();
    if (digits.empty()) return bad("want digits after the point");
    for (size_t i = 0; i < 9; i++) {  // what is finer than a nanosecond is cut
      fraction = fraction * 10 + (i < digits.size() ? digits[i] - '0' : 0);
    }
  }
  seconds offset{0};
  if (!scan_offset(in, offset)) return bad("want Z or an offset like +09:00 at the end");
  if (!in.done()) return bad("extra text after the offset");
  std::chrono::year_month_day date{std::chrono::year{year},
                                   std::chrono::month{static_cast<unsigned>(month)},
                                   std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return bad("there is no such day");
  if (hour > 23 || minute > 59 || second > 59) return bad("hour, minute or second out of range");
  return AnyTime(
      std::chrono::sys_days(date) + hours(hour) + minutes(minute) + seconds(second) - offset,
      nanoseconds(fraction));
}

Result<Duration> parse_duration(std::string_view text) {
  // The messages are Go's own: they reach users through API answers.
  auto invalid = [&] { return fail(Code::kInvalid, "time: invalid duration \"{}\"", text); };
  std::string_view rest = text;
  bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return Duration{0};
  if (rest.empty()) return invalid();
  Wide total = 0;
  while (!rest.empty()) {
    size_t end = std::min(rest.find_first_not_of("0123456789."), rest.size());
    std::string_view number = rest.substr(0, end);
    rest.remove_prefix(end);
    size_t unit_end = std::min(rest.find_first_of("0123456789."), rest.size());
    std::string_view unit_name = rest.substr(0, unit_end);
    rest.remove_prefix(unit_end);

    size_t point = number.find('.');
    std::string_view whole = number.substr(0, point);
    std::string_view part = point == std::string_view::npos ? "" : number.substr(point + 1);
    if ((whole.empty() && part.empty()) || part.contains('.')) return invalid();
    if (unit_name.empty()) {
      return fail(Code::kInvalid, "time: missing unit in duration \"{}\"", text);
    }
    const Unit* unit = std::ranges::find(kUnits, unit_name, &Unit::name);
    if (unit == std::end(kUnits)) {
      return fail(Code::kInvalid, "time: unknown unit \"{}\" in duration \"{}\"", unit_name, text);
    }
    uint64_t count = 0;
    if (!whole.empty()) {
      auto [at, ec] = std::from_chars(whole.data(), whole.data() + whole.size(), count);
      if (ec != std::errc()) return invalid();
    }
    total += static_cast<Wide>(count) * static_cast<Wide>(unit->nanoseconds);
    Wide scale = static_cast<Wide>(unit->nanoseconds);
    Wide fraction = 0, divisor = 1;
    for (char c : part.substr(0, 18)) {
      fraction = fraction * 10 + static_cast<Wide>(c - '0');
      divisor *= 10;
    }
    total += fraction * scale / divisor;
    if (total > static_cast<Wide>(INT64_MAX)) return invalid();
  }
  auto count = static_cast<int64_t>(total);
  return Duration{negative ? -count : count};
}

std::string format_duration(Duration duration) {
  if (duration.count() == 0) return "0s";
  uint64_t n = duration.count() < 0 ? -static_cast<uint64_t>(duration.count())
                                    : static_cast<uint64_t>(duration.count());
  std::string out = duration.count() < 0 ? "-" : "";
  // `n` in units of `unit` nanoseconds, as a decimal fraction without trailing zeros.
  auto decimal = [&](uint64_t number, uint64_t unit) {
    fmt::format_to(std::back_inserter(out), "{}", number / unit);
    std::string fraction;
    for (uint64_t rest = number % unit, place = unit / 10; rest > 0; place /= 10) {
      fraction += static_cast<char>('0' + rest / place);
      rest %= place;
    }
    if (!fraction.empty()) out += "." + fraction;
  };
  if (n < 1'000'000'000) {
    if (n < 1'000) return fmt::format("{}{}ns", out, n);
    if (n < 1'000'000) {
      decimal(n, 1'000);
      return out + "\xc2\xb5s";
    }
    decimal(n, 1'000'000);
    return out + "ms";
  }
  uint64_t minute = 60'000'000'000, hour = 60 * minute;
  if (n >= hour) fmt::format_to(std::back_inserter(out), "{}h", n / hour);
  if (n >= minute) fmt::format_to(std::back_inserter(out), "{}m", n % hour / minute);
  decimal(n % minute, 1'000'000'000);
  return out + "s";
}

std::string format_age(Duration duration) {
  auto in = [&](auto unit) { return duration / decltype(unit)(1); };
  auto two = [](int64_t big, std::string_view big_unit, int64_t small,
                std::string_view small_unit) {
    return small == 0 ? fmt::format("{}{}", big, big_unit)
                      : fmt::format("{}{}{}{}", big, big_unit, small, small_unit);
  };
  int64_t s = in(seconds{}), m = in(minutes{}), h = in(hours{});
  if (s < -1) return "<invalid>";
  if (s < 0) return "0s";
  if (s < 120) return fmt::format("{}s", s);
  if (m < 10) return two(m, "m", s % 60, "s");
  if (m < 180) return fmt::format("{}m", m);
  if (h < 8) return two(h, "h", m % 60, "m");
  if (h < 48) return fmt::format("{}h", h);
  if (h < 24 * 8) return two(h / 24, "d", h % 24, "h");
  if (h < 24 * 365 * 2) return fmt::format("{}d", h / 24);
  if (h < 24 * 365 * 8) return two(h / 24 / 365, "y", h / 24 % 365, "d");
  return fmt::format("{}y", h / 24 / 365);
}

}  // namespace nanika::base
