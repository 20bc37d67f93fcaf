// For tests of server and client: a raw socket, and a wait for a state.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/result.h"

namespace nanika::base::http {

constexpr std::chrono::seconds kTestPatience{10};

/// Polls until the state holds; false after kTestPatience.
inline bool eventually(const std::function<bool()>& state) {
  const auto give_up = std::chrono::steady_clock::now() + kTestPatience;
  while (!state()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// Bytes to and from a port of 127.0.0.1, as they are.
class RawSocket {
 public:
  explicit RawSocket(int port, int receive_buffer = 0) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  }
  ~RawSocket() { close(); }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  void send(std::string_view bytes) { (void)::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  void half_close() { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  /// Reads until what was read ends with `end`, or the peer closed, or patience ended.
  std::string read_until(std::string_view end) {
    std::string all;
    char buffer[4096];
    while (!all.ends_with(end) || end.empty()) {
      pollfd p{fd_, POLLIN, 0};
      if (::poll(&p, 1, static_cast<int>(std::chrono::milliseconds(kTestPatience).count())) <= 0) {
        return all + "<nothing more came>";
      }
      const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n < 0) return all + "<reset>";
      if (n == 0) return all;
      all.append(buffer, static_cast<size_t>(n));
    }
    return all;
  }
  /// Everything until the peer closes.
  std::string read_all() { return read_until(""); }

 private:
  int fd_;
};

}  // namespace nanika::base::http
