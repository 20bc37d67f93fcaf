// What a new Pod gets from its ServiceAccount: the account's name, the volume with its token
// mounted into every container, its image pull secrets. Upstream:
// plugin/pkg/admission/serviceaccount.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "apiserver/registry/api_error.h"

namespace nanika::apiserver {

/// The ServiceAccount of that name in the Pod's namespace, or nothing.
using FindServiceAccount = std::function<std::optional<json::value>(std::string_view name)>;

/// 403 when the account is not there; `default` may lack, as in the moment in which its namespace
/// is made. Mirror Pods get nothing.
ApiResult<void> admit_pod(json::value& pod, std::string_view ns, const FindServiceAccount& find);

}  // namespace nanika::apiserver
