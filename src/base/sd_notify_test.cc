#include "base/sd_notify.h"

#include <cstddef>
#include <cstring>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace nanika::base {
namespace {

/// Binds `name`, lets us be notified there, and returns what came.
std::string notified(const std::string& name, std::string_view state) {
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::memcpy(at.sun_path, name.data(), name.size());
  size_t size = offsetof(sockaddr_un, sun_path) + name.size();
  if (name[0] == '@') {
    at.sun_path[0] = '\0';
  } else {
    ++size;
  }
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&at), static_cast<socklen_t>(size)), 0);
  EXPECT_TRUE(sd_notify_to(name, state).has_value());
  char buffer[256];
  const ssize_t n = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  ::close(fd);
  return n < 0 ? "" : std::string(buffer, static_cast<size_t>(n));
}

TEST(SdNotify, ReachesPathsAndAbstractSockets) {
  const std::string unique = fmt::format("nanika-notify-{}", ::getpid());
  EXPECT_EQ(notified("@" + unique, "READY=1"), "READY=1");
  const std::string path = "/tmp/" + unique;
  EXPECT_EQ(notified(path, "STOPPING=1\nSTATUS=bye"), "STOPPING=1\nSTATUS=bye");
  ::unlink(path.c_str());
}

TEST(SdNotify, SaysWhatIsWrong) {
  EXPECT_EQ(sd_notify_to("relative", "READY=1").error().code, Code::kInvalid);
  EXPECT_EQ(sd_notify_to("/" + std::string(200, 'x'), "READY=1").error().code, Code::kInvalid);
  EXPECT_EQ(sd_notify_to("/nonexistent/socket", "READY=1").error().code, Code::kNotFound);
}

}  // namespace
}  // namespace nanika::base
