#include "base/socket_wait.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace nanika::base {

SocketWaiter::SocketWaiter() : wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

SocketWaiter::~SocketWaiter() {
  if (wake_ >= 0) ::close(wake_);
}

Result<void> SocketWaiter::readable(int socket, MonoTime deadline, const std::stop_token& stop) {
  return wait(socket, POLLIN, deadline, stop);
}

Result<void> SocketWaiter::writable(int socket, MonoTime deadline, const std::stop_token& stop) {
  return wait(socket, POLLOUT, deadline, stop);
}

Result<void> SocketWaiter::wait(int socket, short events, MonoTime deadline,
                                const std::stop_token& stop) {
  if (wake_ < 0) return fail(Code::kExhausted, "no file descriptor left to wait with");
  const std::stop_callback wake(stop, [this] {
    const uint64_t one = 1;
    (void)!::write(wake_, &one, sizeof one);
  });
  pollfd fds[2] = {{socket, events, 0}, {wake_, POLLIN, 0}};
  for (;;) {
    if (stop.stop_requested()) {
      uint64_t drained = 0;
      (void)!::read(wake_, &drained, sizeof drained);
      return fail(Code::kCancelled, "told to stop");
    }
    const Duration left = deadline - system_clock().mono();
    if (left <= Duration::zero()) return fail(Code::kDeadlineExceeded, "the deadline passed");
    const timespec timeout{left / std::chrono::seconds(1),
                           (left % std::chrono::seconds(1)).count()};
    const int n = ::ppoll(fds, 2, &timeout, nullptr);
    if (n < 0 && errno != EINTR) return fail_errno("poll");
    if (n > 0 && fds[0].revents != 0) return {};
    if (n > 0) {
      // A wake-up meant for an earlier call.
      uint64_t drained = 0;
      (void)!::read(wake_, &drained, sizeof drained);
    }
  }
}

}  // namespace nanika::base
