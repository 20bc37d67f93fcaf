// CustomResourceDefinition (apiextensions.k8s.io/v1) as a row beside the other built-in kinds.
#pragma once

#include <string_view>

#include "apiserver/kinds/kind.h"

namespace nanika::apiserver {

/// Held by a CRD that is being deleted until its custom resources are gone.
inline constexpr std::string_view kCleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

kinds::Kind definition_kind(const schema::SchemaSet& schemas);

}  // namespace nanika::apiserver
