// Answers to TokenReview, SelfSubjectReview and the access reviews: who is it, what may they do.
// Pure but for the tokens that are verified. Upstream: pkg/registry/{authentication,authorization}.
#pragma once

#include "apiserver/auth/tokens.h"
#include "apiserver/auth/user.h"
#include "apiserver/registry/catalog.h"

namespace nanika::apiserver {

/// The review with its status, or the error that upstream answers. `ns` is the URL's, of a
/// LocalSubjectAccessReview.
ApiResult<json::value> answer_review(const Endpoint& endpoint, json::value review,
                                     const User& asker, std::string_view ns, const Tokens& tokens,
                                     base::WallTime now);

}  // namespace nanika::apiserver
