#include "apiserver/auth/tokens.h"

#include "base/random.h"

namespace nanika::apiserver {

using base::Code;
using base::fail;
using base::Result;

namespace {

int64_t seconds_of(base::WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

json::object reference(const std::string& name, const std::string& uid) {
  return {{"name", name}, {"uid", uid}};
}

User user_of(const json::value& claims) {
  constexpr std::string_view kName = "authentication.kubernetes.io/";
  std::string_view ns = base::find_string(claims, "kubernetes.io", "namespace");
  std::string_view name = base::find_string(claims, "kubernetes.io", "serviceaccount", "name");
  User user{.name = fmt::format("system:serviceaccount:{}:{}", ns, name),
            .uid = std::string(base::find_string(claims, "kubernetes.io", "serviceaccount", "uid")),
            .groups = {"system:serviceaccounts", fmt::format("system:serviceaccounts:{}", ns),
                       std::string(kAuthenticated)}};
  if (std::string_view id = base::find_string(claims, "jti"); !id.empty())
    user.extra[fmt::format("{}credential-id", kName)] = {fmt::format("JTI={}", id)};
  for (std::string_view kind : {"pod", "node"}) {
    const json::value* bound = base::find(claims, "kubernetes.io", kind);
    if (bound == nullptr) continue;
    for (std::string_view key : {"name", "uid"})
      user.extra[fmt::format("{}{}-{}", kName, kind, key)] = {
          std::string(base::find_string(*bound, key))};
  }
  return user;
}

std::vector<std::string> audiences_of(const json::value& claims) {
  std::vector<std::string> out;
  const json::value* audience = base::find(claims, "aud");
  if (audience == nullptr) return out;
  if (audience->is_string()) out.emplace_back(audience->get_string());
  if (audience->is_array())
    for (const json::value& each : audience->get_array())
      if (each.is_string()) out.emplace_back(each.get_string());
  return out;
}

}  // namespace

Tokens::Tokens(std::unique_ptr<base::jwt::Signer> signer, store::Store& store,
               const base::Clock& clock)
    : signer_(std::move(signer)), store_(store), clock_(clock) {}

Result<std::unique_ptr<Tokens>> Tokens::create(const std::string& key_pem, store::Store& store,
                                               const base::Clock& clock) {
  auto signer = TRY(base::jwt::Signer::create(key_pem));
  std::unique_ptr<Tokens> tokens(new Tokens(std::move(signer), store, clock));
  TRY(tokens->verifier_.add_key(key_pem));
  return tokens;
}

Result<Token> Tokens::issue(const TokenSubject& subject) const {
  base::WallTime now = clock_.wall(), expires = now + subject.lifetime;
  json::object kubernetes{{"namespace", subject.namespace_},
                          {"serviceaccount", reference(subject.name, subject.uid)}};
  if (!subject.bound.kind.empty())
    kubernetes[lower(subject.bound.kind)] = reference(subject.bound.name, subject.bound.uid);
  json::array audiences(subject.audiences.begin(), subject.audiences.end());
  if (audiences.empty()) audiences.emplace_back(kIssuer);
  json::object claims{
      {"aud", std::move(audiences)},
      {"exp", seconds_of(expires)},
      {"iat", seconds_of(now)},
      {"iss", kIssuer},
      {"jti", base::random_uuid()},
      {"kubernetes.io", std::move(kubernetes)},
      {"nbf", seconds_of(now)},
      {"sub", fmt::format("system:serviceaccount:{}:{}", subject.namespace_, subject.name)}};
  return Token{TRY(signer_->sign(claims)), expires};
}

Result<void> Tokens::check_alive(std::string_view resource, std::string_view ns,
                                 const json::value& claim) const {
  std::string_view name = base::find_string(claim, "name");
  store::ObjectPtr object = store_.get(store_.resource(resource), ns, name);
  if (object == nullptr || object->uid() != base::find_string(claim, "uid"))
    return fail(Code::kUnauthenticated, "{} {} is gone", resource, name);
  if (object->meta().deleting && resource != "core/serviceaccounts")
    return fail(Code::kUnauthenticated, "{} {} is being deleted", resource, name);
  return {};
}

Result<User> Tokens::verify(std::string_view token) const {
  return TRY(review(token, {})).user;
}

Result<TokenReviewed> Tokens::review(std::string_view token,
                                     std::vector<std::string> audiences) const {
  if (audiences.empty()) audiences.emplace_back(kIssuer);
  json::value claims = TRY(
      verifier_.verify(token, {.issuer = std::string(kIssuer), .audiences = audiences}, clock_));
  const json::value* private_claims = base::find(claims, "kubernetes.io");
  const json::value* account = base::find(claims, "kubernetes.io", "serviceaccount");
  if (account == nullptr) return fail(Code::kUnauthenticated, "not a ServiceAccount's token");
  std::string_view ns = base::find_string(*private_claims, "namespace");
  TRY(check_alive("core/serviceaccounts", ns, *account));
  static constexpr struct {
    std::string_view claim, resource;
    bool namespaced;
  } kBound[] = {
      {"pod", "core/pods", true}, {"secret", "core/secrets", true}, {"node", "core/nodes", false}};
  for (const auto& bound : kBound)
    if (const json::value* claim = base::find(*private_claims, bound.claim); claim != nullptr)
      TRY(check_alive(bound.resource, bound.namespaced ? ns : std::string_view(), *claim));

  TokenReviewed out{.user = user_of(claims)};
  for (const std::string& held : audiences_of(claims))
    if (std::ranges::find(audiences, held) != audiences.end()) out.audiences.push_back(held);
  return out;
}

}  // namespace nanika::apiserver
