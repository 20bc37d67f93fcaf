// Groups of the community (*.k8s.io, *.kubernetes.io) need the annotation
// api-approved.kubernetes.io. Upstream: apiextensions-apiserver/pkg/apihelpers/helpers.go.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "apiserver/schema/schema.h"
#include "base/json.h"

namespace nanika::apiserver::crd {

namespace json = boost::json;

/// A condition without its time.
struct ConditionState {
  std::string status, reason, message;
};

/// KubernetesAPIApprovalPolicyConformant; nullopt for groups that need no approval.
std::optional<ConditionState> approval_condition(const json::value& crd);

/// A new or changed approval must be valid; `old` is null on create.
void check_approval(const json::value& crd, const json::value* old, schema::Causes& causes);

/// status.conditions[type].status == "True"
bool is_condition_true(const json::value& crd, std::string_view type);

}  // namespace nanika::apiserver::crd
