// The CustomResourceDefinitions of nanika's own kinds, made from their descriptions.
#pragma once

#include <vector>

#include "api/codec.h"

namespace nanika::api {

/// Each CRD as an object ready to apply, in a fixed order; deploy/crds/ holds the same as YAML.
std::vector<json::object> all_crds();

}  // namespace nanika::api
