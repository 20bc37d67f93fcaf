// Time as an argument: nothing below main() asks the system for the time by itself.
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"

namespace nanika::base {

using Duration = std::chrono::nanoseconds;
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;
/// Monotonic time: for deadlines and intervals. Never compared between machines or kept over a
/// restart.
using MonoTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

/// Threading: all members may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  virtual MonoTime mono() const = 0;
  /// Sleeps until `when` or a stop request; true when the time was reached.
  virtual bool sleep_until(MonoTime when, std::stop_token stop) const = 0;
  bool sleep_for(Duration d, std::stop_token stop) const {
    return sleep_until(mono() + d, std::move(stop));
  }
};

/// The machine's clock; lives as long as the process.
const Clock& system_clock();

/// A time of any year from 0 to 9999, which text and protobuf can say and WallTime cannot hold.
struct AnyTime {
  std::chrono::sys_seconds seconds;
  std::chrono::nanoseconds fraction{0};  ///< below a second, not negative

  AnyTime() = default;
  AnyTime(std::chrono::sys_seconds whole, std::chrono::nanoseconds rest)
      : seconds(whole), fraction(rest) {}
  AnyTime(WallTime time)  // NOLINT(google-explicit-constructor)
      : seconds(std::chrono::floor<std::chrono::seconds>(time)), fraction(time - seconds) {}
};

/// Kubernetes' metav1.Time, RFC 3339 in UTC with seconds: 2026-11-23T10:00:00Z.
std::string format_time(AnyTime time);
/// metav1.MicroTime: 2026-11-23T10:00:00.000000Z.
std::string format_micro_time(AnyTime time);
/// RFC 3339 with any fraction and offset.
Result<AnyTime> parse_any_time(std::string_view text);
/// The same, of the years that WallTime can hold.
Result<WallTime> parse_time(std::string_view text);

/// Go's duration syntax: "90s", "1m30s", "300ms", "1h", "-2s", "0".
Result<Duration> parse_duration(std::string_view text);
std::string format_duration(Duration duration);
/// kubectl's AGE column: 5s, 3m10s, 4h, 2d, 3y10d (k8s.io/apimachinery duration.HumanDuration).
std::string format_age(Duration duration);

}  // namespace nanika::base
