// May this user do that? Members of system:masters may do everything, every authenticated user may
// read discovery, /version and the health paths, and review itself; all else is refused, until RBAC
// comes.
#pragma once

#include <string>

#include "apiserver/auth/user.h"

namespace nanika::apiserver {

/// What is asked for, as in authorization.k8s.io's ResourceAttributes and NonResourceAttributes.
struct Action {
  std::string verb;
  bool is_resource = false;
  std::string path;  ///< of non-resource actions
  std::string group, version, resource, subresource, namespace_, name;
};

bool is_allowed(const User& user, const Action& action);

/// Upstream's sentence of a refusal: `User "x" cannot list resource "pods" in API group "" in the
/// namespace "shop"`.
std::string refusal(const User& user, const Action& action);

}  // namespace nanika::apiserver
