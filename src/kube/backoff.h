// Waiting longer after each failure, never all at once.
#pragma once

#include <random>

#include "base/clock.h"

namespace nanika::kube {

/// `d` times a random factor in [1 - spread, 1 + spread).
inline base::Duration jittered(base::Duration d, double spread) {
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_real_distribution<double> factor(1 - spread, 1 + spread);
  return std::chrono::duration_cast<base::Duration>(d * factor(random));
}

/// Doubles from `first` to `last`, each wait jittered by a half. Threading: one thread.
class Backoff {
 public:
  Backoff(base::Duration first, base::Duration last) : first_(first), last_(last), next_(first) {}
  base::Duration next() {
    base::Duration now = next_;
    next_ = std::min(next_ * 2, last_);
    return jittered(now, 0.5);
  }
  void reset() { next_ = first_; }

 private:
  base::Duration first_, last_, next_;
};

}  // namespace nanika::kube
