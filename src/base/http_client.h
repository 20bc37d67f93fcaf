// Blocking HTTP/1.1 client for controllers: every call takes a deadline and a stop_token;
// connections are kept alive.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/http.h"
#include "base/tls.h"

namespace nanika::base::http {

struct ClientOptions {
  std::string
      url;  ///< "https://host:port" or "http://host:port"; a path is a prefix of every target
  std::shared_ptr<const TlsClientContext> tls;  ///< needed for https
  Duration connect_timeout = std::chrono::seconds(5);
  size_t max_header_bytes = 64 << 10;
  size_t max_body_bytes = 512u << 20;  ///< of an answer; beyond: kTooLarge
  size_t max_idle_connections = 16;
};

/// The body of an answer, read piece by piece. Its destruction closes the connection (or gives it
/// back when read up). Threading: one thread at a time.
class BodyStream {
 public:
  virtual ~BodyStream() = default;
  virtual int status() const = 0;
  virtual const Headers& headers() const = 0;
  /// The next line without its newline, as of a watch. kNotFound: the body ended in good order;
  /// kUnavailable: it was cut; kDeadlineExceeded: nothing came before `deadline` (call again,
  /// nothing is lost); kCancelled; kTooLarge beyond `max_line` bytes.
  virtual Result<std::string> read_line(MonoTime deadline, std::stop_token stop,
                                        size_t max_line = 64 << 20) = 0;
  /// What is left, as one string.
  virtual Result<std::string> read_all(MonoTime deadline, std::stop_token stop) = 0;
};

/// Threading: one Client serves any number of threads; each call uses a connection of its own
/// meanwhile.
class Client {
 public:
  static Result<std::unique_ptr<Client>> create(ClientOptions options);
  virtual ~Client() = default;

  /// Sends and reads the whole answer; any HTTP status is a success here. kUnavailable: could not
  /// connect, or the connection died (a kept-alive connection that turns out dead before a byte of
  /// the answer came is replaced once, for idempotent methods); kDeadlineExceeded; kCancelled.
  virtual Result<Response> send(Request request, MonoTime deadline, std::stop_token stop) = 0;
  /// Sends and reads the header of the answer only. `deadline` holds for the header.
  virtual Result<std::unique_ptr<BodyStream>> open(Request request, MonoTime deadline,
                                                   std::stop_token stop) = 0;
};

}  // namespace nanika::base::http
