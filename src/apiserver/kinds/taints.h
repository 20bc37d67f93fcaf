// The effects of taints and tolerations. For node.cc and pod_validation.cc.
#pragma once

#include <string_view>

#include "apiserver/kinds/field_error.h"

namespace nanika::apiserver::kinds {

void validate_taint_effect(std::string_view effect, const Path& path, Causes& causes);

}  // namespace nanika::apiserver::kinds
