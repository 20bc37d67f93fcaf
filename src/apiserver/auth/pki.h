// The keys and certificates of an embedded API, made at its first start and kept under
// DATA-DIR/pki: a CA, the server's certificate, the administrator's, the key that signs
// ServiceAccount tokens.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/x509.h"

namespace nanika::apiserver {

struct Pki {
  std::string ca_pem;  ///< the CA's certificate
  base::x509::KeyPair server;
  base::x509::KeyPair admin;  ///< O=system:masters, CN=kubernetes-admin
  std::string token_key_pem;  ///< ECDSA P-256
};

/// Loads what is in `folder` and makes what is missing; the folder is 0700, its files 0600. The
/// server's certificate is made anew when it lacks one of the names or ends within 30 days, the
/// administrator's when it ends. `names` are DNS names and IP addresses.
base::Result<Pki> load_pki(const std::string& folder, const std::vector<std::string>& names,
                           const base::Clock& clock);

/// A kubeconfig for `url` that holds everything inline.
std::string make_kubeconfig(const std::string& url, const std::string& ca_pem,
                            const base::x509::KeyPair& client, const std::string& user);

}  // namespace nanika::apiserver
