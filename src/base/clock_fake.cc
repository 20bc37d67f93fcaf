#include "base/clock_fake.h"

namespace nanika::base {

namespace {

// Arbitrary, but far from zero so that "long ago" can be computed from them.
constexpr WallTime kWallStart{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
constexpr MonoTime kMonoStart{std::chrono::hours(1000)};

}  // namespace

WallTime FakeClock::wall() const {
  std::lock_guard lock(mutex_);
  return kWallStart + offset_ + skew_;
}

MonoTime FakeClock::mono() const {
  std::lock_guard lock(mutex_);
  return kMonoStart + offset_;
}

bool FakeClock::sleep_until(MonoTime when, std::stop_token stop) const {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, stop, [&] { return kMonoStart + offset_ >= when; });
  return kMonoStart + offset_ >= when;
}

void FakeClock::advance(Duration by) {
  {
    std::lock_guard lock(mutex_);
    offset_ += by;
  }
  wake_.notify_all();
}

void FakeClock::skew(Duration by) {
  std::lock_guard lock(mutex_);
  skew_ += by;
}

}  // namespace nanika::base
