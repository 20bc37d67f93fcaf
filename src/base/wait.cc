#include "base/wait.h"

#include <sys/eventfd.h>

namespace nanika::base {

StopFd::StopFd(std::stop_token stop)
    : fd_(::eventfd(0, EFD_CLOEXEC)), wake_(std::move(stop), Wake{fd_.get()}) {}

void StopFd::Wake::operator()() const {
  ::eventfd_write(fd, 1);
}

Result<void> wait_for(std::span<pollfd> polled, MonoTime deadline, const StopFd& stop) {
  constexpr size_t kMost = 8;
  CHECK(polled.size() <= kMost);
  std::array<pollfd, kMost + 1> all{};
  std::ranges::copy(polled, all.begin());
  all[polled.size()] = {stop.get(), POLLIN, 0};
  while (true) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - system_clock().mono());
    int timeout = static_cast<int>(std::clamp<int64_t>(left.count(), 0, 3'600'000));
    int n = ::poll(all.data(), polled.size() + 1, timeout);
    if (n < 0 && errno != EINTR) return fail_errno("poll");
    if (n > 0) {
      std::copy_n(all.begin(), polled.size(), polled.begin());
      bool ready = std::ranges::any_of(polled, [](const pollfd& p) { return p.revents != 0; });
      if (ready) return {};
      return fail(Code::kCancelled, "told to stop");
    }
    if (n == 0 && timeout == 0) return fail(Code::kDeadlineExceeded, "nothing came in time");
  }
}

}  // namespace nanika::base
