// A connected, non-blocking socket, plain or TLS, that waits for nothing by itself: what server and
// client share. Its owner waits for what Io asks for, by epoll or poll, and calls again.
//
// Threading: one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/tls.h"

namespace nanika::base {

class Stream {
 public:
  enum class Io : uint8_t {
    kDone,       ///< `bytes` were moved
    kWantRead,   ///< call again when the socket is readable
    kWantWrite,  ///< call again when it is writable
    kEnd,        ///< the peer ended its side in good order
    kFailed,     ///< the connection is broken: error() says why
  };
  struct Outcome {
    Io io = Io::kFailed;
    size_t bytes = 0;
  };

  /// Takes the socket, which must be non-blocking, over: destruction closes it.
  static std::unique_ptr<Stream> plain(int socket);
  static std::unique_ptr<Stream> tls_server(int socket,
                                            std::shared_ptr<const TlsServerContext> context);
  /// The peer must prove to be `host` (a DNS name or an IP address), unless the context says
  /// otherwise.
  static Result<std::unique_ptr<Stream>> tls_client(int socket,
                                                    std::shared_ptr<const TlsClientContext> context,
                                                    const std::string& host);
  virtual ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  int socket() const { return socket_; }
  /// kDone when data may flow. To be repeated until then.
  virtual Outcome handshake() = 0;
  virtual Outcome read(std::span<char> into) = 0;
  /// Takes what it can of the pieces, gathered into one system call (plain) or one record (TLS).
  /// After kWantWrite the next call must offer at least the same bytes.
  virtual Outcome write(std::span<const std::string_view> pieces) = 0;
  /// True when read() has bytes that the socket's readiness does not show.
  virtual bool pending() const = 0;
  /// Tells the peer, as far as that goes without waiting, that nothing more is sent.
  virtual void end() = 0;
  /// The client certificate of a server's stream, once the handshake is done.
  virtual std::optional<PeerCertificate> peer_certificate() const { return std::nullopt; }
  /// Why a certificate that was sent is not believed; "" when there is nothing to say.
  virtual std::string peer_certificate_error() const { return {}; }
  virtual std::string error() const = 0;

 protected:
  explicit Stream(int socket) : socket_(socket) {}
  int socket_;
};

/// The bytes of a gathered write that one call looks at.
constexpr size_t kGatherPieces = 64;

/// Sockets that are gone must end a connection and not the process. Called by server and client.
void ignore_sigpipe();

}  // namespace nanika::base
