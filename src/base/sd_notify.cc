#include "base/sd_notify.h"

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace nanika::base {

Result<void> sd_notify(std::string_view state) {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  if (socket == nullptr || *socket == '\0') return {};
  return sd_notify_to(socket, state);
}

Result<void> sd_notify_to(std::string_view socket, std::string_view state) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (socket.empty() || (socket[0] != '/' && socket[0] != '@') ||
      socket.size() >= sizeof to.sun_path) {
    return fail(Code::kInvalid, "notify socket \"{}\": want a path or @name under {} bytes", socket,
                sizeof to.sun_path);
  }
  std::memcpy(to.sun_path, socket.data(), socket.size());
  if (socket[0] == '@') to.sun_path[0] = '\0';
  // An abstract name is as long as it is said to be; a path ends with its NUL.
  const size_t size = offsetof(sockaddr_un, sun_path) + socket.size() + (socket[0] == '@' ? 0 : 1);
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail_errno("socket");
  const ssize_t sent =
      ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to),
               static_cast<socklen_t>(size));
  const int error = errno;
  ::close(fd);
  if (sent < 0) return fail_errno(fmt::format("notify socket {}", socket), error);
  return {};
}

}  // namespace nanika::base
