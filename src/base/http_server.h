// HTTP/1.1 server: one io_context per thread, Asio coroutines inside, and a border without Asio.
//
//   auto server = TRY(http::Server::start({.listen = "127.0.0.1:6443", .threads = 2, .tls = tls},
//                                         [&](http::ExchangePtr x) { x->reply({.status = 200, .body
//                                         = "ok"}); }));
//
// Keep-alive is the default. The next request of a connection is read only once the present one is
// answered, so pipelined requests are safe, merely not parallel. Requests that could be smuggled
// (two lengths, Content-Length with Transfer-Encoding, bare LF, obs-fold) are answered 400 and the
// connection is closed (RFC 9112 section 11.2).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/http.h"
#include "base/tls.h"

namespace nanika::base::http {

/// One request and its answer. Made by the server; kept alive by whoever still has to answer.
/// Threading: every member may be called from any thread; what is written is sent in the order of
/// the calls. A request that is dropped unanswered is answered 500. After the peer went away calls
/// do nothing.
class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual const Request& request() const = 0;
  /// The verified client certificate, or nullptr. Valid as long as the exchange.
  virtual const PeerCertificate* peer_certificate() const = 0;
  /// Why a client certificate that was sent is not believed (expired, unknown issuer, ...); else
  /// "". Only when TlsServerOptions::require_client_cert is off: a 401 is then the handler's to
  /// give.
  virtual const std::string& peer_certificate_error() const = 0;
  virtual const std::string& remote_address() const = 0;  ///< "127.0.0.1:54321"

  /// The whole answer. Content-Length and Date are added; gzip is not applied. Call once.
  virtual void reply(Response response) = 0;

  /// Starts a chunked answer; the body of `head` is its first chunk, when not empty.
  virtual void start_stream(Response head) = 0;
  /// Queues bytes as one chunk; the buffer is shared, not copied, so one encoding serves many
  /// watchers.
  virtual void write(std::shared_ptr<const std::string> bytes) = 0;
  /// Ends the stream in good order (last chunk); the connection lives on.
  virtual void finish() = 0;
  /// Ends the stream by closing the connection, without a last chunk: the client must see it was
  /// cut.
  virtual void abort() = 0;
  /// Bytes queued and not yet taken by the kernel: callers cut those who read too slowly.
  virtual size_t queued() const = 0;
  /// Called once, on the connection's thread, when the peer went away, the server stops, or the
  /// exchange is finished. Set it before start_stream(). It must not block.
  virtual void on_close(std::function<void()> callback) = 0;
};
using ExchangePtr = std::shared_ptr<Exchange>;

/// Runs on the connection's thread and must not block; it may answer later from any thread.
/// An exception that leaves it is logged and answered 500.
using Handler = std::function<void(ExchangePtr)>;

struct ServerOptions {
  std::string listen = "127.0.0.1:0";  ///< HOST:PORT, [v6]:PORT; port 0: the kernel chooses
  int threads = 1;
  std::shared_ptr<const TlsServerContext> tls;  ///< null: plain HTTP
  size_t max_header_bytes = 64 << 10;           ///< 431 beyond
  size_t max_body_bytes = 3 << 20;              ///< 413 beyond
  // Timeouts are held to within an eighth of the shortest of them (at least 5 ms, at most 1 s).
  std::chrono::milliseconds header_timeout{10'000};  ///< first byte to end of header: 408; and TLS
  std::chrono::milliseconds body_timeout{30'000};    ///< 408
  std::chrono::milliseconds idle_timeout{180'000};   ///< keep-alive without a request: closed
  std::chrono::milliseconds write_timeout{30'000};   ///< a peer that takes no byte: dropped
  size_t max_connections = 10000;                    ///< beyond: accepted and closed at once
};

class Server {
 public:
  /// Listens and serves; kInvalid for a bad address, kUnavailable when it cannot be bound.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Handler handler);
  /// stop() with no grace.
  virtual ~Server() = default;
  virtual std::string address() const = 0;  ///< what is listened on, with the real port
  virtual int port() const = 0;
  /// No new connections; running streams get on_close and are ended in good order; then at most
  /// `grace` for answers. No callback runs after it returned.
  virtual void stop(std::chrono::milliseconds grace) = 0;
};

}  // namespace nanika::base::http
