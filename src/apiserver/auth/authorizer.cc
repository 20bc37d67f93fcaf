#include "apiserver/auth/authorizer.h"

#include <fmt/format.h>

#include "apiserver/kinds/field_error.h"

namespace nanika::apiserver {

namespace {

using kinds::quote;

bool under(std::string_view path, std::string_view folder) {
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

// The paths of upstream's roles system:public-info-viewer and system:discovery.
bool is_public(std::string_view path) {
  return path == "/version" || path == "/version/" || path == "/healthz" || path == "/livez" ||
         path == "/readyz";
}
bool is_discovery(std::string_view path) {
  return under(path, "/api") || under(path, "/apis") || under(path, "/openapi");
}

// Of role system:basic-user: everybody may ask what they may do.
bool is_self_review(const Action& action) {
  if (action.verb != "create") return false;
  if (action.group == "authorization.k8s.io")
    return action.resource == "selfsubjectaccessreviews" ||
           action.resource == "selfsubjectrulesreviews";
  return action.group == "authentication.k8s.io" && action.resource == "selfsubjectreviews";
}

}  // namespace

bool is_allowed(const User& user, const Action& action) {
  if (user.is_master()) return true;
  bool known = user.in(kAuthenticated);
  if (action.is_resource) return known && is_self_review(action);
  if (action.verb != "get" && action.verb != "head") return false;
  return is_public(action.path) || (known && is_discovery(action.path));
}

std::string refusal(const User& user, const Action& action) {
  if (!action.is_resource)
    return fmt::format("User {} cannot {} path {}", quote(user.name), action.verb,
                       quote(action.path));
  std::string resource = action.resource;
  if (!action.subresource.empty()) resource += "/" + action.subresource;
  std::string where = action.namespace_.empty() ? std::string("at the cluster scope")
                                                : "in the namespace " + quote(action.namespace_);
  return fmt::format("User {} cannot {} resource {} in API group {} {}", quote(user.name),
                     action.verb, quote(resource), quote(action.group), where);
}

}  // namespace nanika::apiserver
