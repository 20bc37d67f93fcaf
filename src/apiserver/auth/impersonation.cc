#include "apiserver/auth/impersonation.h"

#include "apiserver/auth/authorizer.h"

namespace nanika::apiserver {

namespace {

constexpr std::string_view kExtra = "impersonate-extra-";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// system:serviceaccount:NAMESPACE:NAME brings its groups with it.
void add_implied_groups(User& user) {
  constexpr std::string_view kPrefix = "system:serviceaccount:";
  std::string_view name = user.name;
  if (user.groups.empty() && name.starts_with(kPrefix)) {
    name.remove_prefix(kPrefix.size());
    user.groups = {"system:serviceaccounts",
                   fmt::format("system:serviceaccounts:{}", name.substr(0, name.find(':')))};
  }
  std::string_view known = user.name == kAnonymous ? kUnauthenticated : kAuthenticated;
  if (!user.in(kAuthenticated) && !user.in(kUnauthenticated)) user.groups.emplace_back(known);
}

}  // namespace

ApiResult<User> impersonated(const base::http::Headers& headers, User user) {
  User wanted{.name = std::string(headers.get("Impersonate-User")),
              .uid = std::string(headers.get("Impersonate-Uid"))};
  for (std::string_view group : headers.all("Impersonate-Group")) wanted.groups.emplace_back(group);
  for (const auto& [name, value] : headers) {
    std::string key = lower(name);
    if (!key.starts_with(kExtra)) continue;
    auto decoded = base::http::percent_decode(std::string_view(key).substr(kExtra.size()));
    if (!decoded) return api_fail(bad_request(decoded.error().message));
    wanted.extra[*decoded].push_back(value);
  }
  if (wanted.name.empty()) {
    if (wanted.uid.empty() && wanted.groups.empty() && wanted.extra.empty()) return user;
    return api_fail(bad_request("requested groups, uid or extra without impersonating a user"));
  }
  Action act{.verb = "impersonate", .is_resource = true, .resource = "users"};
  act.name = wanted.name;
  if (!is_allowed(user, act))
    return api_fail(forbidden({"", "users"}, wanted.name, refusal(user, act)));
  add_implied_groups(wanted);
  return wanted;
}

}  // namespace nanika::apiserver
