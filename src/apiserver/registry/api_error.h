// ApiError: a failure as a Kubernetes client sees it, metav1.Status. The constructors below carry
// upstream's texts, reasons and codes (k8s.io/apimachinery/pkg/api/errors): clients match on them.
//
//   return api_fail(not_found({"apps", "deployments"}, "web"));
//   // 404 NotFound: deployments.apps "web" not found
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "apiserver/schema/schema.h"
#include "base/json.h"
#include "base/result.h"

namespace nanika::apiserver {

namespace json = boost::json;

/// A group and a resource (plural) or kind of it: "deployments.apps", and "pods" in the core group.
struct GroupName {
  std::string_view group;
  std::string_view name;
  std::string str() const;
};

struct ApiError {
  int code = 500;
  std::string reason;   ///< NotFound, Invalid, ...
  std::string message;  ///< whole, as shown by clients
  // details
  std::string name, group, kind, uid;
  schema::Causes causes;
  int retry_after_seconds = 0;
  std::string continue_token;  ///< of an expired list: how to go on all the same

  ApiError() = default;
  ApiError(int status, std::string_view why, std::string text)
      : code(status), reason(why), message(std::move(text)) {}
  /// Any error of ours, by the one table of codes; so that TRY passes it on.
  ApiError(const base::Error& error);  // NOLINT(google-explicit-constructor)

  /// metav1.Status, as sent.
  json::object status() const;
  /// For callers inside the process: the nearest base code with the same message.
  base::Error base() const;
};

template <class T>
using ApiResult = std::expected<T, ApiError>;

inline std::unexpected<ApiError> api_fail(ApiError error) {
  return std::unexpected(std::move(error));
}

ApiError bad_request(std::string message);
ApiError unauthorized();
ApiError forbidden(GroupName resource, std::string_view name, std::string_view why);
ApiError not_found(GroupName resource, std::string_view name);
ApiError already_exists(GroupName resource, std::string_view name);
ApiError conflict(GroupName resource, std::string_view name, std::string_view why);
/// The writer had an old resourceVersion.
ApiError stale(GroupName resource, std::string_view name);
ApiError invalid(GroupName kind, std::string_view name, schema::Causes causes);
ApiError expired(std::string message);
ApiError method_not_supported(GroupName resource, std::string_view action);
ApiError unsupported_media_type(std::string_view accepted);
ApiError not_acceptable(std::string_view accepted);
ApiError too_large(size_t limit);
ApiError internal_error(std::string_view what);
ApiError too_large_resource_version(uint64_t asked, uint64_t current);
ApiError too_many_requests(std::string message);

/// Go's field.ErrorList as one text: one alone, several in brackets with duplicates left out.
std::string join_causes(const schema::Causes& causes);

// field.Error's bodies.
schema::Cause invalid_value(std::string field, std::string_view value, std::string_view detail);
schema::Cause required_value(std::string field, std::string_view detail);
schema::Cause forbidden_value(std::string field, std::string_view detail);

/// Go's %q of text.
std::string quote(std::string_view text);

}  // namespace nanika::apiserver
