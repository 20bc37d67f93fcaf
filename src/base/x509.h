// Certificates of our own making: a CA (ECDSA P-256), and what it issues to servers and clients.
//
//   auto ca = TRY(x509::make_ca("nanika-ca", clock));
//   auto leaf = TRY(x509::issue_server(ca, {.common_name = "apiserver", .dns_names = {"localhost"},
//                                           .ip_addresses = {"127.0.0.1"}}, clock));
//   TlsServerOptions{.certificate_pem = leaf.certificate_pem, .key_pem = leaf.key_pem};
//
// Serial numbers are random (127 bits); validity begins five minutes before now, for clocks that
// differ. Keys are PKCS #8 PEM: keep them readable by their owner alone.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace nanika::base::x509 {

struct KeyPair {
  std::string certificate_pem;
  std::string key_pem;
};

constexpr std::chrono::days kTenYears{3650};
constexpr std::chrono::days kOneYear{365};

/// A self-signed CA that may issue leaves only (path length 0).
Result<KeyPair> make_ca(const std::string& common_name, const Clock& clock,
                        Duration validity = kTenYears);

struct ServerSubject {
  std::string common_name;
  std::vector<std::string> dns_names;  ///< "*.example.com" is allowed
  std::vector<std::string> ip_addresses;
};
/// kInvalid names the SAN that is none; at least one is needed.
Result<KeyPair> issue_server(const KeyPair& ca, const ServerSubject& subject, const Clock& clock,
                             Duration validity = kOneYear);

struct ClientSubject {
  std::string common_name;                 ///< a Kubernetes user
  std::vector<std::string> organizations;  ///< its groups
};
Result<KeyPair> issue_client(const KeyPair& ca, const ClientSubject& subject, const Clock& clock,
                             Duration validity = kOneYear);

/// What the first certificate of a PEM says.
struct CertificateInfo {
  std::string common_name;
  std::vector<std::string> organizations;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;  ///< canonical text
  std::string issuer_common_name;
  std::string serial;       ///< hex
  std::string fingerprint;  ///< SHA-256 of the DER, hex
  bool is_ca = false;
  WallTime not_before;
  WallTime not_after;
};
Result<CertificateInfo> describe(const std::string& certificate_pem);

/// kInvalid when the key is not the first certificate's, or either does not parse.
Result<void> check_key_fits(const std::string& certificate_pem, const std::string& key_pem);
/// kInvalid when `ca_pem` did not sign the first certificate of the PEM.
Result<void> check_issued_by(const std::string& certificate_pem, const std::string& ca_pem);

/// A new EC P-256 private key as PEM, for signing tokens, and the public half of a key.
Result<std::string> make_key();
Result<std::string> public_key_of(const std::string& key_pem);

}  // namespace nanika::base::x509
