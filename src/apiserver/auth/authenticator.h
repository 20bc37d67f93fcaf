// Who makes a request: the holder of a client certificate, of a ServiceAccount token, or nobody.
#pragma once

#include "apiserver/auth/user.h"
#include "apiserver/registry/api_error.h"
#include "base/http_server.h"

namespace nanika::apiserver {

class TokenVerifier {
 public:
  virtual ~TokenVerifier() = default;
  /// The user that the token stands for, meant for this API; kUnauthenticated says why not.
  virtual base::Result<User> verify(std::string_view token) const = 0;
};

/// Threading: any thread.
class Authenticator {
 public:
  explicit Authenticator(const TokenVerifier& tokens) : tokens_(tokens) {}
  /// A bearer token is looked at before a certificate, as upstream does when both come. Without
  /// either the caller is system:anonymous. 401 for credentials that are not good.
  ApiResult<User> authenticate(const base::http::Exchange& exchange) const;

 private:
  const TokenVerifier& tokens_;
};

}  // namespace nanika::apiserver
