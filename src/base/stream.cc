#include "base/stream.h"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace nanika::base {

namespace {

class PlainStream final : public Stream {
 public:
  explicit PlainStream(int socket) : Stream(socket) {}

  Outcome handshake() override { return {Io::kDone}; }

  Outcome read(std::span<char> into) override {
    const ssize_t n = ::recv(socket_, into.data(), into.size(), 0);
    if (n > 0) return {Io::kDone, static_cast<size_t>(n)};
    if (n == 0) return {Io::kEnd};
    return failed(Io::kWantRead);
  }

  Outcome write(std::span<const std::string_view> pieces) override {
    iovec parts[kGatherPieces];
    size_t count = 0;
    for (const std::string_view piece : pieces) {
      if (count == kGatherPieces) break;
      parts[count++] = {const_cast<char*>(piece.data()), piece.size()};
    }
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = count;
    const ssize_t n = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
    if (n >= 0) return {Io::kDone, static_cast<size_t>(n)};
    return failed(Io::kWantWrite);
  }

  bool pending() const override { return false; }
  void end() override { ::shutdown(socket_, SHUT_WR); }
  std::string error() const override { return ::strerrordesc_np(error_); }

 private:
  Outcome failed(Io wait) {
    if (errno == EAGAIN || errno == EINTR) return {wait};
    error_ = errno;
    return {Io::kFailed};
  }

  int error_ = 0;
};

}  // namespace

Stream::~Stream() {
  ::close(socket_);
}

std::unique_ptr<Stream> Stream::plain(int socket) {
  return std::make_unique<PlainStream>(socket);
}

void ignore_sigpipe() {
  // write(2) inside OpenSSL has no MSG_NOSIGNAL.
  static const bool once = [] {
    struct sigaction now{};
    if (::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) {
      ::signal(SIGPIPE, SIG_IGN);
    }
    return true;
  }();
  (void)once;
}

}  // namespace nanika::base
