// A CustomResourceDefinition as a row beside the built-in kinds.
// Upstream: apiextensions-apiserver/pkg/registry/customresource/strategy.go.
#pragma once

#include <memory>

#include "apiserver/crd/views.h"
#include "apiserver/kinds/kind.h"

namespace nanika::apiserver {

/// The kind that serves `views`; it keeps them alive. Every version of the CRD is a view, the
/// storage version the first, so that objects stored in any of them can be read.
kinds::Kind custom_kind(std::shared_ptr<const crd::CrdViews> views);

}  // namespace nanika::apiserver
