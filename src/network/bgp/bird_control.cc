#include "network/bgp/bird_control.h"

#include <cerrno>
#include <charconv>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace nanika::network::bgp {

namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr size_t kLongestReply = 64 << 20;

/// "1002-text", "0013 text": four digits and a separator.
bool coded(std::string_view line, int& code) {
  if (line.size() < 5 || (line[4] != '-' && line[4] != ' ')) return false;
  return std::from_chars(line.data(), line.data() + 4, code).ptr == line.data() + 4;
}

class BirdControlSocket final : public BirdControl {
 public:
  explicit BirdControlSocket(int fd) : fd_(fd) {}
  ~BirdControlSocket() override { ::close(fd_); }

  Result<BirdReply> command(std::string_view line, base::Duration timeout) override {
    if (line.find('\n') != std::string_view::npos)
      return fail(Code::kInvalid, "a command is one line");
    const std::string out = std::string(line) + "\n";
    if (::send(fd_, out.data(), out.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(out.size()))
      return base::fail_errno("writing to BIRD's control socket");
    return read_reply(timeout);
  }

  Result<BirdReply> read_reply(base::Duration timeout) {
    const base::MonoTime deadline = base::system_clock().mono() + timeout;
    std::string received;
    BirdReply reply;
    while (!parse_bird_reply(received, reply)) {
      TRY(wait_readable(deadline));
      char buffer[16384];
      const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return base::fail_errno("reading from BIRD's control socket");
      if (n == 0) return fail(Code::kUnavailable, "BIRD closed its control socket");
      received.append(buffer, static_cast<size_t>(n));
      if (received.size() > kLongestReply)
        return fail(Code::kTooLarge, "BIRD's reply has more than {} bytes", kLongestReply);
    }
    return reply;
  }

 private:
  Result<void> wait_readable(base::MonoTime deadline) const {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - base::system_clock().mono())
            .count();
    pollfd p{.fd = fd_, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&p, 1, static_cast<int>(std::max<int64_t>(left, 0)));
    if (ready < 0 && errno != EINTR) return base::fail_errno("waiting for BIRD");
    if (ready == 0)
      return fail(Code::kDeadlineExceeded, "BIRD does not answer on its control socket");
    return {};
  }

  int fd_;
};

}  // namespace

Result<void> BirdReply::check() const {
  for (const BirdLine& line : lines) {
    if (line.code >= 8000 && line.code < 10000) return fail(Code::kInvalid, "BIRD: {}", line.text);
  }
  return {};
}

bool parse_bird_reply(std::string_view received, BirdReply& out) {
  out.lines.clear();
  int current = 0;
  while (true) {
    const size_t end = received.find('\n');
    if (end == std::string_view::npos) return false;
    const std::string_view line = received.substr(0, end);
    received.remove_prefix(end + 1);
    int code = 0;
    if (line.starts_with('+')) continue;
    if (line.starts_with(' ')) {
      out.lines.push_back({current, std::string(line.substr(1))});
    } else if (coded(line, code)) {
      current = code;
      out.lines.push_back({code, std::string(line.substr(5))});
      if (line[4] == ' ') return true;
    }
  }
}

Result<std::unique_ptr<BirdControl>> BirdControl::connect(const std::string& socket_path,
                                                          base::Duration timeout) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path)
    return fail(Code::kInvalid, "{}: a socket's path has at most {} bytes", socket_path,
                sizeof address.sun_path - 1);
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return base::fail_errno("socket");
  auto control = std::make_unique<BirdControlSocket>(fd);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return fail(Code::kUnavailable, "no BIRD at {}: {}", socket_path, std::strerror(errno));
  const BirdReply greeting = TRY(control->read_reply(timeout));
  if (greeting.code() != 1)
    return fail(Code::kUnavailable, "{}: not BIRD: {}", socket_path, greeting.lines.back().text);
  return control;
}

}  // namespace nanika::network::bgp
