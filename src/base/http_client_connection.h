// One connection of the client: sends a request, reads an answer, blocking with deadlines.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/http.h"
#include "base/http_parse.h"
#include "base/socket_wait.h"
#include "base/stream.h"

namespace nanika::base::http {

/// How long a call may take, and who may end it sooner.
struct Until {
  MonoTime deadline;
  const std::stop_token& stop;
};

/// Threading: one thread at a time.
class ClientConnection {
 public:
  /// Connects and shakes hands; `tls` null is plain.
  static Result<std::unique_ptr<ClientConnection>> open(
      const HostPort& to, const std::shared_ptr<const TlsClientContext>& tls, Until until);

  /// Sends the whole. An error may leave an early answer to be read: read_head() finds out.
  Result<void> send(std::string_view head, std::string_view body, Until until);
  /// The header of the final answer (1xx are skipped). Call once for each request.
  Result<ResponseHead> read_head(std::string_view method, size_t max_bytes, Until until);

  /// Reads some of the body to the end of `out`. False: the body has ended. kUnavailable: cut.
  Result<bool> read_body(std::string& out, Until until);

  /// True when the answer was read up and the next request may follow.
  bool reusable() const { return body_done_ && keep_alive_ && in_.empty(); }
  /// False when the peer closed it, or sent something unasked, while it was idle.
  bool still_good() const;
  /// Whether a byte of the present answer came.
  bool answer_began() const { return answer_began_; }
  MonoTime idle_since{};

 private:
  explicit ClientConnection(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {}
  Result<void> handshake(Until until);
  /// Appends what comes to in_. False: the peer ended the connection.
  Result<bool> fill(Until until);
  Result<void> ready_for(Stream::Io io, Until until);
  std::unexpected<Error> broken(std::string_view what) const;

  std::unique_ptr<Stream> stream_;
  SocketWaiter waiter_;
  std::string in_;
  Framing framing_ = Framing::kNone;
  uint64_t left_ = 0;  ///< of a kLength body
  ChunkDecoder decoder_;
  bool body_done_ = true;
  bool keep_alive_ = true;
  bool answer_began_ = false;
};

}  // namespace nanika::base::http
