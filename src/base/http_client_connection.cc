#include "base/http_client_connection.h"

#include <array>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include "base/resolve.h"

namespace nanika::base::http {

namespace {

constexpr size_t kReadSize = 32 << 10;

Result<int> connect_to(const Endpoint& endpoint, Until until) {
  const int fd =
      ::socket(endpoint.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail_errno("socket");
  const auto close_and = [fd](std::unexpected<Error> error) {
    ::close(fd);
    return error;
  };
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  if (::connect(fd, endpoint.address(), endpoint.size) == 0) return fd;
  int error = errno;
  if (error == EINPROGRESS) {
    SocketWaiter waiter;
    if (auto ready = waiter.writable(fd, until.deadline, until.stop); !ready) {
      return close_and(std::unexpected(ready.error().in("connect to " + endpoint.str())));
    }
    socklen_t size = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) return fd;
  }
  return close_and(
      fail(Code::kUnavailable, "connect to {}: {}", endpoint.str(), ::strerrordesc_np(error)));
}

}  // namespace

Result<std::unique_ptr<ClientConnection>> ClientConnection::open(
    const HostPort& to, const std::shared_ptr<const TlsClientContext>& tls, Until until) {
  const auto endpoints = TRY(resolve(to, until.deadline, until.stop));
  Result<int> socket = fail(Code::kUnavailable, "{}: no address", to.host);
  for (const Endpoint& endpoint : endpoints) {
    socket = connect_to(endpoint, until);
    if (socket || socket.error().code == Code::kCancelled) break;
  }
  const int fd = TRY(std::move(socket));
  std::unique_ptr<Stream> stream;
  if (tls == nullptr) {
    stream = Stream::plain(fd);
  } else {
    stream = TRY(Stream::tls_client(fd, tls, to.host));
  }
  std::unique_ptr<ClientConnection> connection(new ClientConnection(std::move(stream)));
  TRY(in_context(connection->handshake(until),
                 "TLS handshake with " + format_host_port(to.host, to.port)));
  return connection;
}

std::unexpected<Error> ClientConnection::broken(std::string_view what) const {
  return fail(Code::kUnavailable, "{}: {}", what, stream_->error());
}

Result<void> ClientConnection::ready_for(Stream::Io io, Until until) {
  return io == Stream::Io::kWantRead
             ? waiter_.readable(stream_->socket(), until.deadline, until.stop)
             : waiter_.writable(stream_->socket(), until.deadline, until.stop);
}

Result<void> ClientConnection::handshake(Until until) {
  for (;;) {
    const auto outcome = stream_->handshake();
    if (outcome.io == Stream::Io::kDone) return {};
    if (outcome.io == Stream::Io::kFailed) {
      return fail(Code::kUnavailable, "{}", stream_->error());
    }
    if (outcome.io == Stream::Io::kEnd) return fail(Code::kUnavailable, "the peer hung up");
    TRY(ready_for(outcome.io, until));
  }
}

Result<void> ClientConnection::send(std::string_view head, std::string_view body, Until until) {
  body_done_ = false;
  answer_began_ = false;
  while (!head.empty() || !body.empty()) {
    const std::string_view pieces[2] = {head.empty() ? body : head, body};
    const auto outcome = stream_->write(std::span(pieces, head.empty() || body.empty() ? 1 : 2));
    if (outcome.io == Stream::Io::kDone) {
      const size_t of_head = std::min(outcome.bytes, head.size());
      head.remove_prefix(of_head);
      body.remove_prefix(outcome.bytes - of_head);
    } else if (outcome.io == Stream::Io::kWantRead || outcome.io == Stream::Io::kWantWrite) {
      TRY(in_context(ready_for(outcome.io, until), "sending the request"));
    } else {
      return broken("sending the request");
    }
  }
  return {};
}

Result<bool> ClientConnection::fill(Until until) {
  static thread_local std::array<char, kReadSize> buffer;
  for (;;) {
    const auto outcome = stream_->read(buffer);
    switch (outcome.io) {
      case Stream::Io::kDone:
        in_.append(buffer.data(), outcome.bytes);
        return true;
      case Stream::Io::kEnd:
        keep_alive_ = false;
        return false;
      case Stream::Io::kFailed:
        keep_alive_ = false;
        return broken("the connection broke");
      default:
        TRY(ready_for(outcome.io, until));
    }
  }
}

Result<ResponseHead> ClientConnection::read_head(std::string_view method, size_t max_bytes,
                                                 Until until) {
  HeadScanner scanner;
  for (;;) {
    const auto size = scanner.scan(in_);
    if (!size) return fail(Code::kUnavailable, "malformed answer: {}", size.error().message);
    if (*size > max_bytes || (*size == 0 && in_.size() > max_bytes)) {
      return fail(Code::kTooLarge, "the header of the answer is larger than {} bytes", max_bytes);
    }
    if (*size == 0) {
      const bool more = TRY(in_context(fill(until), "waiting for the answer"));
      if (!more) return fail(Code::kUnavailable, "the server closed the connection unanswered");
      answer_began_ = true;
      continue;
    }
    auto head = parse_response_head(std::string_view(in_).substr(0, *size), method);
    if (!head) return fail(Code::kUnavailable, "malformed answer: {}", head.error().message);
    in_.erase(0, *size);
    scanner = HeadScanner();
    if (head->response.status == 101) {
      return fail(Code::kUnavailable, "the server switched protocols unasked");
    }
    if (head->response.status < 200) continue;
    framing_ = head->framing;
    left_ = head->length;
    decoder_ = ChunkDecoder();
    keep_alive_ = head->keep_alive;
    body_done_ = framing_ == Framing::kNone || (framing_ == Framing::kLength && left_ == 0);
    return std::move(*head);
  }
}

Result<bool> ClientConnection::read_body(std::string& out, Until until) {
  const size_t before = out.size();
  while (!body_done_) {
    if (framing_ == Framing::kChunked) {
      size_t used = 0;
      const auto state = decoder_.feed(in_, out, std::string::npos, used);
      in_.erase(0, used);
      if (state == ChunkDecoder::State::kDone) body_done_ = true;
      if (state == ChunkDecoder::State::kBad || state == ChunkDecoder::State::kTooLarge) {
        keep_alive_ = false;
        return fail(Code::kUnavailable, "malformed chunked body");
      }
    } else {
      const size_t take =
          framing_ == Framing::kLength ? std::min<uint64_t>(left_, in_.size()) : in_.size();
      out.append(in_, 0, take);
      in_.erase(0, take);
      left_ -= framing_ == Framing::kLength ? take : 0;
      if (framing_ == Framing::kLength && left_ == 0) body_done_ = true;
    }
    if (out.size() > before) return true;
    if (body_done_) break;
    const bool more = TRY(in_context(fill(until), "reading the body"));
    if (more) continue;
    if (framing_ != Framing::kUntilClose) {
      return fail(Code::kUnavailable, "the body was cut by the server");
    }
    body_done_ = true;
  }
  return false;
}

bool ClientConnection::still_good() const {
  // Whatever an idle connection has to say, a FIN included, it is no use any more.
  pollfd p{stream_->socket(), POLLIN, 0};
  return ::poll(&p, 1, 0) == 0 && !stream_->pending();
}

}  // namespace nanika::base::http
