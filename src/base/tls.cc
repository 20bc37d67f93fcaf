#include "base/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/openssl.h"

namespace nanika::base {

namespace {

/// What server and client contexts have in common.
Result<OpenSslPtr<SSL_CTX>> make_context(const SSL_METHOD* method) {
  OpenSslPtr<SSL_CTX> context(SSL_CTX_new(method));
  if (context == nullptr)
    return fail(Code::kInternal, "cannot make a TLS context: {}", openssl_error());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // No tickets: a resumed session would not look at the certificate's validity again.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  // One read(2) takes header and body of a record, and what follows.
  SSL_CTX_set_read_ahead(context.get(), 1);
  return context;
}

Result<void> use_certificate(SSL_CTX* context, const std::string& certificate_pem,
                             const std::string& key_pem) {
  auto chain = TRY(in_context(read_certificates(certificate_pem), "certificate"));
  auto key = TRY(in_context(read_private_key(key_pem), "private key"));
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1) {
    return fail(Code::kInvalid, "certificate: {}", openssl_error());
  }
  for (size_t i = 1; i < chain.size(); ++i) SSL_CTX_add1_chain_cert(context, chain[i].get());
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return fail(Code::kInvalid, "the private key does not fit the certificate: {}",
                openssl_error());
  }
  return {};
}

Result<void> trust(SSL_CTX* context, const std::string& ca_pem) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const auto& certificate : TRY(in_context(read_certificates(ca_pem), "CA"))) {
    X509_STORE_add_cert(store, certificate.get());
  }
  return {};
}

int select_http1(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                 unsigned int in_size, void*) {
  static constexpr unsigned char kHttp1[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp1, sizeof(kHttp1) - 1, in, in_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

/// Lets the handshake go on; SSL_get_verify_result() keeps what was wrong.
int accept_for_now(int, X509_STORE_CTX*) {
  return 1;
}

class ServerContext final : public TlsServerContext {
 public:
  explicit ServerContext(OpenSslPtr<SSL_CTX> context) : context_(std::move(context)) {}
  void* native() const override { return context_.get(); }

 private:
  OpenSslPtr<SSL_CTX> context_;
};

class ClientContext final : public TlsClientContext {
 public:
  ClientContext(OpenSslPtr<SSL_CTX> context, std::string server_name)
      : context_(std::move(context)), server_name_(std::move(server_name)) {}
  void* native() const override { return context_.get(); }
  const std::string& server_name() const override { return server_name_; }

 private:
  OpenSslPtr<SSL_CTX> context_;
  std::string server_name_;
};

}  // namespace

Result<std::shared_ptr<const TlsServerContext>> TlsServerContext::create(
    const TlsServerOptions& options) {
  auto context = TRY(make_context(TLS_server_method()));
  TRY(in_context(use_certificate(context.get(), options.certificate_pem, options.key_pem),
                 "TLS server"));
  SSL_CTX_set_alpn_select_cb(context.get(), select_http1, nullptr);
  if (!options.client_ca_pem.empty()) {
    TRY(in_context(trust(context.get(), options.client_ca_pem), "TLS client CA"));
    for (const auto& ca : TRY(read_certificates(options.client_ca_pem))) {
      SSL_CTX_add_client_CA(context.get(), ca.get());
    }
    if (options.require_client_cert) {
      SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    } else {
      SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, accept_for_now);
    }
  } else if (options.require_client_cert) {
    return fail(Code::kInvalid, "TLS server: client certificates are required, but there is no CA");
  }
  return std::make_shared<const ServerContext>(std::move(context));
}

Result<std::shared_ptr<const TlsClientContext>> TlsClientContext::create(
    const TlsClientOptions& options) {
  auto context = TRY(make_context(TLS_client_method()));
  if (options.ca_pem.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
    ERR_clear_error();
  } else {
    TRY(in_context(trust(context.get(), options.ca_pem), "TLS client"));
  }
  if (!options.certificate_pem.empty()) {
    TRY(in_context(use_certificate(context.get(), options.certificate_pem, options.key_pem),
                   "TLS client"));
  }
  static constexpr unsigned char kHttp1[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context.get(), kHttp1, sizeof(kHttp1) - 1);
  SSL_CTX_set_verify(context.get(),
                     options.insecure_skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  return std::make_shared<const ClientContext>(std::move(context), options.server_name);
}

}  // namespace nanika::base
