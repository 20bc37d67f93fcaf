// TLS contexts for server and client, and who the peer is. TLS 1.2 and 1.3, OpenSSL behind.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace nanika::base {

/// What a verified certificate says of its holder.
struct PeerCertificate {
  std::string common_name;                 ///< subject CN: a Kubernetes user
  std::vector<std::string> organizations;  ///< subject O: its groups
  std::string fingerprint;                 ///< SHA-256 of the DER, hex
};

struct TlsServerOptions {
  std::string certificate_pem;  ///< leaf first, then intermediates
  std::string key_pem;
  std::string client_ca_pem;  ///< "": clients are asked for nothing
  bool require_client_cert =
      false;  ///< true: without a good certificate no handshake. Else it is asked for, and when it
              ///< does not verify, the handshake goes on and Exchange::peer_certificate_error()
              ///< says why, as kube-apiserver does.
};

struct TlsClientOptions {
  std::string ca_pem;           ///< "": the machine's roots
  std::string certificate_pem;  ///< "": none
  std::string key_pem;
  std::string server_name;  ///< verified and sent as SNI; "": the URL's host
  bool insecure_skip_verify = false;
};

/// Immutable once made; shared by all connections. kInvalid names the PEM that does not parse.
class TlsServerContext {
 public:
  static Result<std::shared_ptr<const TlsServerContext>> create(const TlsServerOptions& options);
  virtual ~TlsServerContext() = default;
  virtual void* native() const = 0;  ///< SSL_CTX*, for stream.cc alone
};

class TlsClientContext {
 public:
  static Result<std::shared_ptr<const TlsClientContext>> create(const TlsClientOptions& options);
  virtual ~TlsClientContext() = default;
  virtual void* native() const = 0;                    ///< SSL_CTX*, for stream.cc alone
  virtual const std::string& server_name() const = 0;  ///< as in the options
};

}  // namespace nanika::base
