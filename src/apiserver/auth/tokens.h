// ServiceAccount tokens: JSON Web Tokens that TokenRequest gives out and that authenticate here.
// They hold for as long as the ServiceAccount (and the Pod, Secret or Node that they are bound to)
// is there with the same uid. Upstream: k8s.io/kubernetes/pkg/serviceaccount.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apiserver/auth/authenticator.h"
#include "apiserver/store/store.h"
#include "base/clock.h"
#include "base/jwt.h"

namespace nanika::apiserver {

/// The issuer and audience of this API's tokens, as upstream's default.
inline constexpr std::string_view kIssuer = "https://kubernetes.default.svc.cluster.local";

/// An object that a token is bound to.
struct BoundObject {
  std::string kind, name, uid;  ///< kind Pod, Secret or Node; "": none
};

struct TokenSubject {
  std::string namespace_, name, uid;  ///< of the ServiceAccount
  BoundObject bound;
  std::vector<std::string> audiences;
  std::chrono::seconds lifetime{3600};
};

struct Token {
  std::string text;
  base::WallTime expires;
};

/// Whose token it is, and for which of the audiences asked it holds.
struct TokenReviewed {
  User user;
  std::vector<std::string> audiences;
};

/// Threading: any thread.
class Tokens final : public TokenVerifier {
 public:
  static base::Result<std::unique_ptr<Tokens>> create(const std::string& key_pem,
                                                      store::Store& store,
                                                      const base::Clock& clock);
  base::Result<Token> issue(const TokenSubject& subject) const;
  /// For this API.
  base::Result<User> verify(std::string_view token) const override;
  /// For one of `audiences`; none: this API's.
  base::Result<TokenReviewed> review(std::string_view token,
                                     std::vector<std::string> audiences) const;

 private:
  Tokens(std::unique_ptr<base::jwt::Signer> signer, store::Store& store, const base::Clock& clock);
  base::Result<void> check_alive(std::string_view resource, std::string_view ns,
                                 const json::value& claim) const;

  std::unique_ptr<base::jwt::Signer> signer_;
  base::jwt::Verifier verifier_;
  store::Store& store_;
  const base::Clock& clock_;
};

}  // namespace nanika::apiserver
