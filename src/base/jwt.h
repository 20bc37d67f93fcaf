// JSON Web Tokens (RFC 7519) as signed JWS: made with ES256, verified with ES256 or RS256.
//
//   auto signer = TRY(jwt::Signer::create(key_pem));
//   std::string token = TRY(signer->sign({{"iss", issuer}, {"sub", user}, {"exp", 1234567890}}));
//   jwt::Verifier verifier;
//   TRY(verifier.add_key(signer->public_key_pem()));
//   auto claims = TRY(verifier.verify(token, {.issuer = issuer, .audiences = {"api"}}, clock));
//
// The algorithm belongs to the key and never to the token: `none` and HS* are refused, and so is a
// token whose `alg` is not its key's. `jku`, `x5u`, `jwk` are ignored; `crit` is refused.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

struct evp_pkey_st;

namespace nanika::base::jwt {

/// What kube-apiserver names a key: SHA-256 of its public half's DER, base64url.
Result<std::string> key_id(const std::string& key_pem);

/// Threading: any.
class Signer {
 public:
  /// `key_pem`: an EC P-256 private key.
  static Result<std::unique_ptr<Signer>> create(const std::string& key_pem);
  virtual ~Signer() = default;
  virtual Result<std::string> sign(const json::object& claims) const = 0;
  virtual const std::string& key_id() const = 0;
  virtual const std::string& public_key_pem() const = 0;
};

struct Expectations {
  std::string issuer;                         ///< "": any
  std::vector<std::string> audiences;         ///< the token must be for one of them; none: any
  Duration leeway = std::chrono::seconds(0);  ///< for clocks that differ
  bool require_expiry = true;
};

/// Threading: verify() from any thread once all keys are added.
class Verifier {
 public:
  /// A public or private key, PEM: EC P-256 (ES256) or RSA of at least 2048 bits (RS256). `kid` "":
  /// key_id() of it.
  Result<void> add_key(const std::string& key_pem, std::string kid = {});

  /// The claims. kUnauthenticated says why not: malformed, unknown key, bad signature, expired, not
  /// yet valid, wrong issuer or audience. A token without `kid` is tried with every key.
  Result<json::object> verify(std::string_view token, const Expectations& expect,
                              const Clock& clock) const;

 private:
  struct Key {
    std::string kid;
    std::string_view algorithm;
    std::shared_ptr<evp_pkey_st> key;
  };
  Result<void> check_signature(std::string_view kid, std::string_view algorithm,
                               std::string_view signed_part, std::string_view signature) const;
  std::vector<Key> keys_;
};

/// The claims of a token that nobody verified: to find out whose issuer it is.
Result<json::object> unverified_claims(std::string_view token);

}  // namespace nanika::base::jwt
