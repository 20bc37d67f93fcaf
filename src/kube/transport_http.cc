#include <mutex>

#include "base/file.h"
#include "base/log.h"
#include "kube/transport.h"

namespace nanika::kube {

namespace http = base::http;

namespace {

constexpr Duration kTokenLifetime = std::chrono::minutes(1);
constexpr size_t kMaxTokenBytes = 64 << 10;

Result<std::string> read_token(const std::string& path) {
  std::string token = TRY(base::read_file(path, kMaxTokenBytes));
  token.erase(token.find_last_not_of(" \t\r\n") + 1);
  if (token.empty()) return fail(Code::kInvalid, "{}: the token file is empty", path);
  return token;
}

// A bearer token that may live in a file which somebody renews.
class Token {
 public:
  Token(std::string token, std::string file, const base::Clock& clock)
      : file_(std::move(file)), clock_(clock), token_(std::move(token)) {}

  std::string get() {
    std::scoped_lock lock(mutex_);
    if (file_.empty() || (read_ && clock_.mono() < read_at_ + kTokenLifetime)) return token_;
    reread();
    return token_;
  }

  /// The token was refused: true when the file holds another one by now.
  bool renew(const std::string& refused) {
    std::scoped_lock lock(mutex_);
    if (file_.empty()) return false;
    if (token_ == refused) reread();
    return token_ != refused;
  }

 private:
  void reread() {
    read_ = true;
    read_at_ = clock_.mono();
    auto token = read_token(file_);
    if (token) {
      token_ = std::move(*token);
    } else {
      base::log::warning("kube", "token cannot be read; the last one serves on",
                         {{base::log::Key::kError, token.error()}});
    }
  }

  const std::string file_;
  const base::Clock& clock_;
  std::mutex mutex_;
  std::string token_;   // guarded by mutex_
  bool read_ = false;   // guarded by mutex_
  MonoTime read_at_{};  // guarded by mutex_
};

class HttpTransport final : public Transport {
 public:
  HttpTransport(std::unique_ptr<http::Client> client, const Config& config,
                const base::Clock& clock, std::string user_agent)
      : client_(std::move(client)),
        token_(config.token, config.token_file, clock),
        user_agent_(std::move(user_agent)) {}

  Result<http::Response> send(http::Request request, const Context& ctx) override {
    std::string token = authorize(request);
    http::Request again = request;
    auto answer = client_->send(std::move(request), ctx.deadline, ctx.stop);
    if (!answer || answer->status != 401 || !token_.renew(token)) return answer;
    authorize(again);
    return client_->send(std::move(again), ctx.deadline, ctx.stop);
  }

  Result<std::unique_ptr<http::BodyStream>> open(http::Request request,
                                                 const Context& ctx) override {
    std::string token = authorize(request);
    http::Request again = request;
    auto answer = client_->open(std::move(request), ctx.deadline, ctx.stop);
    if (!answer || (*answer)->status() != 401 || !token_.renew(token)) return answer;
    authorize(again);
    return client_->open(std::move(again), ctx.deadline, ctx.stop);
  }

 private:
  std::string authorize(http::Request& request) {
    request.headers.set("User-Agent", user_agent_);
    std::string token = token_.get();
    if (!token.empty()) request.headers.set("Authorization", "Bearer " + token);
    return token;
  }

  std::unique_ptr<http::Client> client_;
  Token token_;
  const std::string user_agent_;
};

}  // namespace

Result<std::shared_ptr<Transport>> connect(const Config& config, const base::Clock& clock,
                                           std::string user_agent) {
  http::ClientOptions options{.url = config.server};
  if (config.server.starts_with("https://")) {
    options.tls = TRY(base::TlsClientContext::create({
        .ca_pem = config.ca_pem,
        .certificate_pem = config.certificate_pem,
        .key_pem = config.key_pem,
        .server_name = config.tls_server_name,
        .insecure_skip_verify = config.insecure_skip_verify,
    }));
  }
  auto client = TRY(http::Client::create(std::move(options)));
  return std::make_shared<HttpTransport>(std::move(client), config, clock, std::move(user_agent));
}

}  // namespace nanika::kube
