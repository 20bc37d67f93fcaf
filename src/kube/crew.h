// Named threads that start one by one and end together, within a bound.
#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"

namespace nanika::kube {

/// Threading: all members from any thread. An exception that leaves a body is logged and ends that
/// thread alone.
class Crew {
 public:
  /// request_stop(), and waits for ever: a body must not ignore its stop_token.
  ~Crew();
  void start(std::string name, std::function<void(std::stop_token)> body);
  void request_stop();
  /// True once all have ended; false at `deadline`.
  bool wait(const base::Clock& clock, base::MonoTime deadline);
  /// Names of those that have not ended.
  std::vector<std::string> running() const;

 private:
  mutable std::mutex mutex_;
  std::multiset<std::string> running_;  // guarded by mutex_
  std::stop_source all_ended_;          // guarded by mutex_; replaced by each start()
  std::stop_source stop_;
  std::vector<std::jthread> threads_;  // guarded by mutex_
};

}  // namespace nanika::kube
