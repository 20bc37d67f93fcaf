#include "apiserver/auth/authenticator.h"

namespace nanika::apiserver {

namespace {

// The word of an Authorization header after "Bearer", or "".
std::string_view bearer_token(std::string_view header) {
  constexpr std::string_view kScheme = "bearer ";
  if (header.size() <= kScheme.size()) return {};
  for (size_t i = 0; i < kScheme.size(); ++i) {
    char c = header[i];
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c != kScheme[i]) return {};
  }
  header.remove_prefix(kScheme.size());
  while (!header.empty() && header.front() == ' ') header.remove_prefix(1);
  return header;
}

}  // namespace

ApiResult<User> Authenticator::authenticate(const base::http::Exchange& exchange) const {
  if (const base::PeerCertificate* peer = exchange.peer_certificate(); peer != nullptr) {
    User user{.name = peer->common_name, .groups = peer->organizations};
    user.groups.emplace_back(kAuthenticated);
    user.extra["authentication.kubernetes.io/credential-id"] = {"X509SHA256=" + peer->fingerprint};
    return user;
  }
  if (!exchange.peer_certificate_error().empty()) return api_fail(unauthorized());
  if (std::string_view header = exchange.request().headers.get("Authorization"); !header.empty()) {
    std::string_view token = bearer_token(header);
    if (token.empty()) return api_fail(unauthorized());
    auto user = tokens_.verify(token);
    if (!user) return api_fail(unauthorized());
    return std::move(*user);
  }
  return User{.name = std::string(kAnonymous), .groups = {std::string(kUnauthenticated)}};
}

}  // namespace nanika::apiserver
