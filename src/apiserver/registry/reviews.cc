#include "apiserver/registry/reviews.h"

#include "apiserver/schema/builtin.h"

namespace nanika::apiserver {

namespace {

struct Review {
  std::string_view group, kind, plural;
  bool namespaced = false;
};
constexpr Review kReviews[] = {
    {"authentication.k8s.io", "TokenReview", "tokenreviews"},
    {"authentication.k8s.io", "SelfSubjectReview", "selfsubjectreviews"},
    {"authorization.k8s.io", "SubjectAccessReview", "subjectaccessreviews"},
    {"authorization.k8s.io", "SelfSubjectAccessReview", "selfsubjectaccessreviews"},
    {"authorization.k8s.io", "SelfSubjectRulesReview", "selfsubjectrulesreviews"},
    {"authorization.k8s.io", "LocalSubjectAccessReview", "localsubjectaccessreviews", true},
};

ResourcePtr make(const Review& review) {
  auto resource = std::make_shared<Resource>();
  resource->stored = false;
  resource->key = fmt::format("{}/{}", review.group, review.plural);
  kinds::Kind& kind = resource->kind;
  kind.plural = review.plural;
  kind.kind = review.kind;
  kind.list_kind = fmt::format("{}List", review.kind);
  kind.singular = review.plural.substr(0, review.plural.size() - 1);
  kind.namespaced = review.namespaced;
  kind.verbs = {"create"};
  kinds::View view{.group = std::string(review.group), .version = "v1"};
  view.schema = schema::builtin_kind(view.api_version(), review.kind);
  CHECK(view.schema != nullptr);
  kind.views.push_back(std::move(view));
  return resource;
}

}  // namespace

std::vector<ResourcePtr> review_resources() {
  std::vector<ResourcePtr> out;
  for (const Review& review : kReviews) out.push_back(make(review));
  return out;
}

const Endpoint& token_request() {
  static const Endpoint kEndpoint{
      .resource = make({"authentication.k8s.io", "TokenRequest", "tokenrequests", true})};
  return kEndpoint;
}

const Endpoint& scale_type() {
  static const Endpoint kEndpoint{.resource = make({"autoscaling", "Scale", "scales", true})};
  return kEndpoint;
}

}  // namespace nanika::apiserver
