// Waiting on descriptors with a deadline and a stop_token: what blocking system code is made of.
#pragma once

#include <span>
#include <stop_token>

#include <poll.h>

#include "base/clock.h"
#include "base/file.h"

namespace nanika::base {

/// A descriptor that becomes readable when a stop is requested.
class StopFd {
 public:
  explicit StopFd(std::stop_token stop);
  int get() const { return fd_.get(); }

 private:
  struct Wake {
    int fd;
    void operator()() const;
  };
  UniqueFd fd_;
  std::stop_callback<Wake> wake_;
};

/// poll(2) until one of `polled` is ready (its revents say which). kDeadlineExceeded, kCancelled.
/// Entries with a negative fd are passed over. At most 8.
Result<void> wait_for(std::span<pollfd> polled, MonoTime deadline, const StopFd& stop);

}  // namespace nanika::base
