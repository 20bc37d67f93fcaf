#include "base/http_client.h"

#include <algorithm>
#include <mutex>

#include "base/http_client_connection.h"

namespace nanika::base::http {

namespace {

/// Servers close idle connections: ours go first.
constexpr std::chrono::seconds kIdle{60};

bool idempotent(std::string_view method) {
  static constexpr std::string_view kMethods[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
  return std::ranges::find(kMethods, method) != std::end(kMethods);
}

/// The idle connections of a client; outlives it for the streams that still hold one.
class Pool {
 public:
  explicit Pool(size_t limit) : limit_(limit) {}

  std::unique_ptr<ClientConnection> take() {
    const MonoTime oldest = system_clock().mono() - kIdle;
    for (;;) {
      std::unique_ptr<ClientConnection> connection;
      {
        const std::lock_guard lock(mutex_);
        if (idle_.empty()) return nullptr;
        connection = std::move(idle_.back());
        idle_.pop_back();
      }
      if (connection->idle_since > oldest && connection->still_good()) return connection;
    }
  }

  void give(std::unique_ptr<ClientConnection> connection) {
    if (!connection->reusable()) return;
    connection->idle_since = system_clock().mono();
    const std::lock_guard lock(mutex_);
    if (idle_.size() < limit_) idle_.push_back(std::move(connection));
  }

 private:
  const size_t limit_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<ClientConnection>> idle_;  // guarded by mutex_; the freshest last
};

class BodyStreamImpl final : public BodyStream {
 public:
  BodyStreamImpl(std::shared_ptr<Pool> pool, std::unique_ptr<ClientConnection> connection,
                 Response head, size_t max_body)
      : pool_(std::move(pool)),
        connection_(std::move(connection)),
        head_(std::move(head)),
        max_body_(max_body) {}
  ~BodyStreamImpl() override { pool_->give(std::move(connection_)); }

  int status() const override { return head_.status; }
  const Headers& headers() const override { return head_.headers; }

  Result<std::string> read_line(MonoTime deadline, std::stop_token stop, size_t max_line) override {
    for (;;) {
      const size_t end = buffer_.find('\n', std::max(seen_, taken_));
      if (end != std::string::npos) {
        if (end - taken_ > max_line) return too_long(max_line);
        std::string line = buffer_.substr(taken_, end - taken_);
        taken_ = seen_ = end + 1;
        return line;
      }
      buffer_.erase(0, taken_);
      taken_ = 0;
      seen_ = buffer_.size();
      if (buffer_.size() > max_line) return too_long(max_line);
      const bool more = TRY(connection_->read_body(buffer_, {deadline, stop}));
      if (more) continue;
      seen_ = 0;
      if (buffer_.empty()) return fail(Code::kNotFound, "the body ended");
      return std::exchange(buffer_, {});
    }
  }

  Result<std::string> read_all(MonoTime deadline, std::stop_token stop) override {
    buffer_.erase(0, taken_);
    taken_ = seen_ = 0;
    bool more = true;
    while (more) {
      more = TRY(connection_->read_body(buffer_, {deadline, stop}));
      if (buffer_.size() > max_body_) {
        return fail(Code::kTooLarge, "the body of the answer is larger than {} bytes", max_body_);
      }
    }
    return std::exchange(buffer_, {});
  }

 private:
  std::unexpected<Error> too_long(size_t max_line) const {
    return fail(Code::kTooLarge, "a line of the answer is longer than {} bytes", max_line);
  }

  const std::shared_ptr<Pool> pool_;
  std::unique_ptr<ClientConnection> connection_;
  const Response head_;
  const size_t max_body_;
  std::string buffer_;
  size_t taken_ = 0;  ///< of buffer_, given out
  size_t seen_ = 0;   ///< of buffer_, without a newline behind taken_
};

class ClientImpl final : public Client {
 public:
  ClientImpl(ClientOptions options, HostPort server, std::string prefix)
      : options_(std::move(options)),
        server_(std::move(server)),
        prefix_(std::move(prefix)),
        pool_(std::make_shared<Pool>(options_.max_idle_connections)) {}

  Result<Response> send(Request request, MonoTime deadline, std::stop_token stop) override {
    auto [connection, head] = TRY(ask(request, {deadline, stop}));
    Response response = std::move(head.response);
    if (head.framing == Framing::kLength) {
      if (head.length > options_.max_body_bytes) return too_large();
      response.body.reserve(std::min<uint64_t>(head.length, 1 << 20));
    }
    bool more = true;
    while (more) {
      more =
          TRY(in_context(connection->read_body(response.body, {deadline, stop}), where(request)));
      if (response.body.size() > options_.max_body_bytes) return too_large();
    }
    pool_->give(std::move(connection));
    return response;
  }

  Result<std::unique_ptr<BodyStream>> open(Request request, MonoTime deadline,
                                           std::stop_token stop) override {
    auto [connection, head] = TRY(ask(request, {deadline, stop}));
    return std::make_unique<BodyStreamImpl>(pool_, std::move(connection), std::move(head.response),
                                            options_.max_body_bytes);
  }

 private:
  struct Asked {
    std::unique_ptr<ClientConnection> connection;
    ResponseHead head;
  };

  std::unexpected<Error> too_large() const {
    return fail(Code::kTooLarge, "the body of the answer is larger than {} bytes",
                options_.max_body_bytes);
  }

  std::string where(const Request& request) const {
    return fmt::format("{} {}{}{}", request.method,
                       options_.url.substr(0, options_.url.find('/', 8)), prefix_, request.path());
  }

  Result<std::string> head_of(const Request& request) const {
    const auto bad = [](std::string_view what) {
      return fail(Code::kInvalid, "cannot send the request: {}", what);
    };
    if (!is_token(request.method)) return bad("malformed method");
    if (!request.target.starts_with('/') ||
        !std::ranges::all_of(request.target, [](char c) { return c > ' ' && c < '\x7f'; })) {
      return bad("the target must be an encoded path");
    }
    std::string head = fmt::format("{} {}{} HTTP/1.1\r\n", request.method, prefix_, request.target);
    if (!request.headers.has("Host")) {
      head += fmt::format("Host: {}\r\n", format_host_port(server_.host, server_.port));
    }
    for (const auto& [name, value] : request.headers) {
      if (!is_token(name) || !is_field_value(value)) return bad("malformed header " + name);
      head.append(name).append(": ").append(value).append("\r\n");
    }
    if (request.headers.has("Transfer-Encoding") || request.headers.has("Content-Length")) {
      return bad("Content-Length and Transfer-Encoding are not the caller's");
    }
    const bool expects_body =
        request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
    if (expects_body || !request.body.empty()) {
      head += fmt::format("Content-Length: {}\r\n", request.body.size());
    }
    return head + "\r\n";
  }

  Result<Asked> ask(const Request& request, Until until) {
    const std::string head = TRY(head_of(request));
    bool may_retry = idempotent(request.method);
    for (;;) {
      if (until.stop.stop_requested())
        return fail(Code::kCancelled, "{}: told to stop", where(request));
      std::unique_ptr<ClientConnection> connection = pool_->take();
      const bool reused = connection != nullptr;
      if (!reused) {
        const MonoTime patience = system_clock().mono() + options_.connect_timeout;
        auto fresh = ClientConnection::open(server_, options_.tls,
                                            {std::min(until.deadline, patience), until.stop});
        if (!fresh && fresh.error().code == Code::kDeadlineExceeded && patience < until.deadline) {
          // The caller's own time is not up: the other side is not there.
          fresh.error().code = Code::kUnavailable;
        }
        connection = TRY(in_context(std::move(fresh), where(request)));
      }
      auto answer = exchange(*connection, head, request, until);
      if (answer) return Asked{std::move(connection), std::move(*answer)};
      const bool stale =
          reused && !connection->answer_began() && answer.error().code == Code::kUnavailable;
      if (!stale || !std::exchange(may_retry, false)) {
        return std::unexpected(answer.error().in(where(request)));
      }
    }
  }

  Result<ResponseHead> exchange(ClientConnection& connection, std::string_view head,
                                const Request& request, Until until) {
    auto sent = connection.send(head, request.body, until);
    if (!sent && sent.error().code != Code::kUnavailable) return std::unexpected(sent.error());
    // A server may answer (413) and close before it took the whole body.
    auto answer = connection.read_head(request.method, options_.max_header_bytes, until);
    if (!answer && !sent) return std::unexpected(sent.error());
    return answer;
  }

  const ClientOptions options_;
  const HostPort server_;
  const std::string prefix_;  ///< of every target; without its last slash
  const std::shared_ptr<Pool> pool_;
};

}  // namespace

Result<std::unique_ptr<Client>> Client::create(ClientOptions options) {
  ignore_sigpipe();
  std::string_view rest = options.url;
  const bool https = rest.starts_with("https://");
  if (!https && !rest.starts_with("http://")) {
    return fail(Code::kInvalid, "url \"{}\": want https://host:port or http://host:port",
                options.url);
  }
  rest.remove_prefix(https ? 8 : 7);
  const size_t slash = std::min(rest.find('/'), rest.size());
  std::string authority(rest.substr(0, slash));
  std::string prefix(rest.substr(slash));
  while (prefix.ends_with('/')) prefix.pop_back();
  if (prefix.find_first_of("?# \r\n") != std::string::npos) {
    return fail(Code::kInvalid, "url \"{}\": want no query, fragment or spaces", options.url);
  }
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.rfind(':');
  if (colon == std::string::npos || (bracket != std::string::npos && colon < bracket)) {
    authority += https ? ":443" : ":80";
  }
  HostPort server = TRY(in_context(parse_host_port(authority), "url"));
  if (https && options.tls == nullptr) {
    return fail(Code::kInvalid, "url \"{}\": https needs a TLS context", options.url);
  }
  if (!https) options.tls = nullptr;
  return std::make_unique<ClientImpl>(std::move(options), std::move(server), std::move(prefix));
}

}  // namespace nanika::base::http
