// A clock that moves only when a test says so.
#pragma once

#include <condition_variable>
#include <mutex>

#include "base/clock.h"

namespace nanika::base {

class FakeClock final : public Clock {
 public:
  WallTime wall() const override;
  MonoTime mono() const override;
  /// Blocks until advance() passes `when`, or a stop request.
  bool sleep_until(MonoTime when, std::stop_token stop) const override;

  /// Moves both times forward and wakes the sleepers that are due.
  void advance(Duration by);
  /// Moves the wall clock alone, as an administrator or NTP would: skew for tests.
  void skew(Duration by);

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable_any wake_;
  Duration offset_{0};
  Duration skew_{0};
};

}  // namespace nanika::base
