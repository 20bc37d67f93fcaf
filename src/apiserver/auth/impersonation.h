// Impersonation: an administrator acts as somebody else by Impersonate-* headers.
// Upstream: k8s.io/apiserver/pkg/endpoints/filters/impersonation.go.
#pragma once

#include "apiserver/auth/user.h"
#include "apiserver/registry/api_error.h"
#include "base/http.h"

namespace nanika::apiserver {

/// Who the request is made as: `user` when no such header is there. 403 for those who may not act
/// as others, 400 for groups or extras without a user.
ApiResult<User> impersonated(const base::http::Headers& headers, User user);

}  // namespace nanika::apiserver
