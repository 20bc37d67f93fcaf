// Scalars that JSON carries as strings.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/clock.h"

namespace nanika::api {

/// metav1.Time: seconds, UTC. The epoch counts as absent.
struct Time {
  base::WallTime at{};
  bool operator==(const Time&) const = default;
  explicit operator bool() const { return at != base::WallTime{}; }
};

/// metav1.MicroTime.
struct MicroTime {
  base::WallTime at{};
  bool operator==(const MicroTime&) const = default;
  explicit operator bool() const { return at != base::WallTime{}; }
};

/// "90s", "1m30s", "300ms".
struct Duration {
  base::Duration value{};
  bool operator==(const Duration&) const = default;
};

/// A number or a name, as of a port.
struct IntOrString {
  std::variant<int64_t, std::string> value = int64_t{0};
  bool operator==(const IntOrString&) const = default;
};

}  // namespace nanika::api
