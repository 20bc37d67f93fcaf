// Blocking waits that a stop request ends at once: poll(2) beside an eventfd.
#pragma once

#include <stop_token>

#include "base/clock.h"
#include "base/result.h"

namespace nanika::base {

/// Waits for one socket at a time on behalf of a call with a deadline and a stop_token. Cheap to
/// make: the eventfd lives as long as its owner's connection.
///
/// Threading: one thread at a time; the stop request may come from any.
class SocketWaiter {
 public:
  SocketWaiter();
  ~SocketWaiter();
  SocketWaiter(const SocketWaiter&) = delete;
  SocketWaiter& operator=(const SocketWaiter&) = delete;

  /// Until `socket` is readable (or writable). kDeadlineExceeded, kCancelled; a broken socket
  /// counts as ready, for the read that follows to say so.
  Result<void> readable(int socket, MonoTime deadline, const std::stop_token& stop);
  Result<void> writable(int socket, MonoTime deadline, const std::stop_token& stop);

 private:
  Result<void> wait(int socket, short events, MonoTime deadline, const std::stop_token& stop);
  int wake_ = -1;
};

}  // namespace nanika::base
