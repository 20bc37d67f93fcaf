// The kinds that are asked and answered and never stored: TokenReview, SelfSubjectReview and the
// SubjectAccessReviews. Here stands what discovery, OpenAPI and decoding need of them; rest/ holds
// the answers.
#pragma once

#include <vector>

#include "apiserver/registry/catalog.h"

namespace nanika::apiserver {

/// Resources that have no store and only the verb create.
std::vector<ResourcePtr> review_resources();

/// TokenRequest, which serviceaccounts/token takes: no resource of its own.
const Endpoint& token_request();
/// autoscaling/v1 Scale, which the scale subresource takes.
const Endpoint& scale_type();

}  // namespace nanika::apiserver
