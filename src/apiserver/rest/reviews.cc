#include "apiserver/rest/reviews.h"

#include "apiserver/auth/authorizer.h"
#include "apiserver/kinds/access.h"
#include "apiserver/kinds/field_error.h"

namespace nanika::apiserver {

namespace {

using kinds::Causes;
using kinds::Path;

json::array strings(const std::vector<std::string>& list) {
  return json::array(list.begin(), list.end());
}

std::vector<std::string> strings_at(const json::value& value, std::string_view key) {
  std::vector<std::string> out;
  for (const json::value& each : kinds::array_at(value, key))
    if (each.is_string()) out.emplace_back(each.get_string());
  return out;
}

json::object user_info(const User& user) {
  json::object out{{"username", user.name}};
  if (!user.uid.empty()) out["uid"] = user.uid;
  if (!user.groups.empty()) out["groups"] = strings(user.groups);
  json::object extra;
  for (const auto& [key, values] : user.extra) extra[key] = strings(values);
  if (!extra.empty()) out["extra"] = std::move(extra);
  return out;
}

const json::value& spec_of(const json::value& review) {
  static const json::value kNone = json::object();
  const json::value* spec = base::find(review, "spec");
  return spec != nullptr ? *spec : kNone;
}

Action action_in(const json::value& spec) {
  if (const json::value* a = base::find(spec, "resourceAttributes"); a != nullptr)
    return {.verb = std::string(kinds::string_at(*a, "verb")),
            .is_resource = true,
            .group = std::string(kinds::string_at(*a, "group")),
            .version = std::string(kinds::string_at(*a, "version")),
            .resource = std::string(kinds::string_at(*a, "resource")),
            .subresource = std::string(kinds::string_at(*a, "subresource")),
            .namespace_ = std::string(kinds::string_at(*a, "namespace")),
            .name = std::string(kinds::string_at(*a, "name"))};
  const json::value* a = base::find(spec, "nonResourceAttributes");
  static const json::value kNone = json::object();
  const json::value& held = a != nullptr ? *a : kNone;
  return {.verb = std::string(kinds::string_at(held, "verb")),
          .path = std::string(kinds::string_at(held, "path"))};
}

void validate_access(const json::value& spec, bool self, Causes& causes) {
  Path path("spec");
  bool resource = kinds::has(spec, "resourceAttributes");
  bool other = kinds::has(spec, "nonResourceAttributes");
  if (resource && other)
    kinds::invalid(causes, path.child("nonResourceAttributes"),
                   *base::find(spec, "nonResourceAttributes"),
                   "cannot be specified in combination with resourceAttributes");
  if (!resource && !other)
    kinds::invalid(causes, path.child("resourceAttributes"), json::value(nullptr),
                   "exactly one of nonResourceAttributes or resourceAttributes must be specified");
  if (!self && kinds::string_at(spec, "user").empty() && kinds::array_at(spec, "groups").empty())
    kinds::invalid(causes, path.child("user"), std::string_view(),
                   "at least one of user or group must be specified");
}

json::object access_status(const User& user, const Action& action) {
  if (is_allowed(user, action)) return {{"allowed", true}};
  return {{"allowed", false}};
}

User subject_of(const json::value& spec) {
  return {.name = std::string(kinds::string_at(spec, "user")),
          .uid = std::string(kinds::string_at(spec, "uid")),
          .groups = strings_at(spec, "groups")};
}

ApiResult<json::object> review_access(const Endpoint& endpoint, const json::value& review,
                                      const User& asker, std::string_view ns) {
  const std::string& kind = endpoint.kind().kind;
  const json::value& spec = spec_of(review);
  bool self = kind == "SelfSubjectAccessReview";
  Causes causes;
  validate_access(spec, self, causes);
  Action action = action_in(spec);
  if (kind == "LocalSubjectAccessReview") {
    Path path("spec");
    if (kinds::has(spec, "nonResourceAttributes"))
      kinds::invalid(causes, path.child("nonResourceAttributes"),
                     *base::find(spec, "nonResourceAttributes"),
                     "disallowed on this kind of request");
    if (action.namespace_ != ns)
      return api_fail(bad_request(
          fmt::format("spec.resourceAttributes.namespace must match namespace: {}", ns)));
  }
  if (!causes.empty()) return api_fail(invalid(endpoint.kind_name(), "", std::move(causes)));
  return access_status(self ? asker : subject_of(spec), action);
}

json::object review_token(const json::value& review, const Tokens& tokens) {
  const json::value& spec = spec_of(review);
  auto reviewed = tokens.review(kinds::string_at(spec, "token"), strings_at(spec, "audiences"));
  if (!reviewed)
    return {{"user", json::object()},
            {"error", "[invalid bearer token, " + reviewed.error().message + "]"}};
  return {{"authenticated", true},
          {"user", user_info(reviewed->user)},
          {"audiences", strings(reviewed->audiences)}};
}

json::object rules_of(const User& user) {
  json::array resources, paths;
  if (user.is_master()) {
    resources.push_back(json::object{{"verbs", {"*"}}, {"apiGroups", {"*"}}, {"resources", {"*"}}});
    paths.push_back(json::object{{"verbs", {"*"}}, {"nonResourceURLs", {"*"}}});
  } else {
    resources.push_back(
        json::object{{"verbs", {"create"}},
                     {"apiGroups", {"authorization.k8s.io"}},
                     {"resources", {"selfsubjectaccessreviews", "selfsubjectrulesreviews"}}});
    resources.push_back(json::object{{"verbs", {"create"}},
                                     {"apiGroups", {"authentication.k8s.io"}},
                                     {"resources", {"selfsubjectreviews"}}});
    paths.push_back(json::object{{"verbs", {"get"}},
                                 {"nonResourceURLs",
                                  {"/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez",
                                   "/openapi", "/openapi/*", "/readyz", "/version", "/version/"}}});
  }
  return {{"resourceRules", std::move(resources)},
          {"nonResourceRules", std::move(paths)},
          {"incomplete", false}};
}

}  // namespace

ApiResult<json::value> answer_review(const Endpoint& endpoint, json::value review,
                                     const User& asker, std::string_view ns, const Tokens& tokens,
                                     base::WallTime now) {
  const std::string& kind = endpoint.kind().kind;
  json::object status;
  if (kind == "TokenReview") {
    if (kinds::string_at(spec_of(review), "token").empty())
      return api_fail(bad_request("token is required for TokenReview in authentication"));
    status = review_token(review, tokens);
  } else if (kind == "SelfSubjectReview") {
    status["userInfo"] = user_info(asker);
    kinds::make_object(review, "metadata").as_object()["creationTimestamp"] =
        base::format_time(now);
  } else if (kind == "SelfSubjectRulesReview") {
    if (kinds::string_at(spec_of(review), "namespace").empty())
      return api_fail(bad_request("no namespace on request"));
    status = rules_of(asker);
  } else {
    status = TRY(review_access(endpoint, review, asker, ns));
  }
  review.as_object()["status"] = std::move(status);
  return review;
}

}  // namespace nanika::apiserver
