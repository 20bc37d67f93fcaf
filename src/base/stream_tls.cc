#include <array>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include "base/openssl.h"
#include "base/stream.h"

namespace nanika::base {

namespace {

constexpr size_t kRecord = 16 << 10;

class TlsStream final : public Stream {
 public:
  TlsStream(int socket, OpenSslPtr<SSL> ssl, std::shared_ptr<const void> context)
      : Stream(socket), context_(std::move(context)), ssl_(std::move(ssl)) {
    SSL_set_fd(ssl_.get(), socket);
  }

  Outcome handshake() override {
    ERR_clear_error();
    const int n = SSL_do_handshake(ssl_.get());
    return n == 1 ? Outcome{Io::kDone} : failed(n);
  }

  Outcome read(std::span<char> into) override {
    ERR_clear_error();
    size_t bytes = 0;
    const int n = SSL_read_ex(ssl_.get(), into.data(), into.size(), &bytes);
    return n == 1 ? Outcome{Io::kDone, bytes} : failed(n);
  }

  Outcome write(std::span<const std::string_view> pieces) override {
    // A retry after kWantWrite offers the same bytes from another place: the contexts allow that
    // (SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER).
    static thread_local std::array<char, kRecord> record;
    std::string_view bytes;
    if (pieces.size() == 1 || pieces[0].size() >= kRecord) {
      bytes = pieces[0].substr(0, kRecord);
    } else {
      size_t size = 0;
      for (const std::string_view piece : pieces) {
        const size_t take = std::min(piece.size(), kRecord - size);
        std::memcpy(record.data() + size, piece.data(), take);
        size += take;
        if (size == kRecord) break;
      }
      bytes = {record.data(), size};
    }
    ERR_clear_error();
    size_t written = 0;
    const int n = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
    return n == 1 ? Outcome{Io::kDone, written} : failed(n);
  }

  bool pending() const override { return SSL_has_pending(ssl_.get()) != 0; }

  void end() override {
    if (!broken_ && SSL_is_init_finished(ssl_.get()) != 0) {
      ERR_clear_error();
      SSL_shutdown(ssl_.get());
    }
    ::shutdown(socket_, SHUT_WR);
  }

  std::optional<PeerCertificate> peer_certificate() const override {
    if (SSL_get_verify_result(ssl_.get()) != X509_V_OK) return std::nullopt;
    const OpenSslPtr<X509> certificate(SSL_get1_peer_certificate(ssl_.get()));
    if (certificate == nullptr) return std::nullopt;
    return describe_peer(*certificate);
  }

  std::string peer_certificate_error() const override {
    const long result = SSL_get_verify_result(ssl_.get());
    const OpenSslPtr<X509> certificate(SSL_get1_peer_certificate(ssl_.get()));
    if (certificate == nullptr || result == X509_V_OK) return {};
    return X509_verify_cert_error_string(result);
  }

  std::string error() const override { return error_; }

 private:
  Outcome failed(int n) {
    const int system_error = errno;
    switch (SSL_get_error(ssl_.get(), n)) {
      case SSL_ERROR_WANT_READ:
        return {Io::kWantRead};
      case SSL_ERROR_WANT_WRITE:
        return {Io::kWantWrite};
      case SSL_ERROR_ZERO_RETURN:
        return {Io::kEnd};
      case SSL_ERROR_SYSCALL:
        error_ = system_error == 0 ? "connection cut" : ::strerrordesc_np(system_error);
        break;
      default:
        error_ = openssl_error();
        if (const long result = SSL_get_verify_result(ssl_.get()); result != X509_V_OK) {
          error_ = fmt::format("{}: {}", error_, X509_verify_cert_error_string(result));
        }
    }
    // After either of the two, OpenSSL forbids SSL_shutdown.
    broken_ = true;
    return {Io::kFailed};
  }

  std::shared_ptr<const void> context_;  ///< keeps the SSL_CTX
  OpenSslPtr<SSL> ssl_;
  bool broken_ = false;
  std::string error_;
};

bool is_ip(const std::string& host) {
  std::array<unsigned char, 16> buffer;
  return ::inet_pton(AF_INET, host.c_str(), buffer.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), buffer.data()) == 1;
}

}  // namespace

std::unique_ptr<Stream> Stream::tls_server(int socket,
                                           std::shared_ptr<const TlsServerContext> context) {
  OpenSslPtr<SSL> ssl(SSL_new(static_cast<SSL_CTX*>(context->native())));
  CHECK(ssl != nullptr);
  SSL_set_accept_state(ssl.get());
  return std::make_unique<TlsStream>(socket, std::move(ssl), std::move(context));
}

Result<std::unique_ptr<Stream>> Stream::tls_client(int socket,
                                                   std::shared_ptr<const TlsClientContext> context,
                                                   const std::string& host) {
  OpenSslPtr<SSL> ssl(SSL_new(static_cast<SSL_CTX*>(context->native())));
  CHECK(ssl != nullptr);
  SSL_set_connect_state(ssl.get());
  const std::string& name = context->server_name().empty() ? host : context->server_name();
  bool good = true;
  if (is_ip(name)) {
    good = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), name.c_str()) == 1;
  } else {
    SSL_set_hostflags(ssl.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    good = SSL_set1_host(ssl.get(), name.c_str()) == 1 &&
           SSL_set_tlsext_host_name(ssl.get(), name.c_str()) == 1;
  }
  auto stream = std::make_unique<TlsStream>(socket, std::move(ssl), std::move(context));
  if (!good) return fail(Code::kInvalid, "{}: not a name that TLS can verify", name);
  return std::unique_ptr<Stream>(std::move(stream));
}

}  // namespace nanika::base
