// Small means for tests of controllers: waiting for a state of the world, with a deadline.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "base/clock_fake.h"

namespace nanika::kube {

/// True once `state` holds; false when it does not within `patience` of real time.
inline bool eventually(const std::function<bool()>& state,
                       std::chrono::milliseconds patience = std::chrono::seconds(10)) {
  auto give_up = std::chrono::steady_clock::now() + patience;
  while (!state()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// The same while the fake clock runs: `step` a round, so that backoffs and timers pass. For tests
/// that ask whether something comes about, not when.
inline bool eventually(base::FakeClock& clock, const std::function<bool()>& state,
                       base::Duration step = std::chrono::milliseconds(20),
                       std::chrono::milliseconds patience = std::chrono::seconds(10)) {
  return eventually(
      [&] {
        if (state()) return true;
        clock.advance(step);
        return false;
      },
      patience);
}

}  // namespace nanika::kube
