// Validation of custom resources against one version of their CustomResourceDefinition: schema,
// embedded resources, lists that are sets or maps, replicas of the scale subresource. Metadata is
// the registry's to check.
//
//   Causes causes = validate_custom_resource(object, *endpoint.custom());
//
// Objects are decoded and defaulted before (schema/structural_prune.h). Upstream:
// apiextensions-apiserver/pkg/registry/customresource/{strategy,validator}.go.
#pragma once

#include <string>
#include <vector>

#include "apiserver/crd/views.h"
#include "apiserver/schema/schema.h"
#include "base/json.h"

namespace nanika::apiserver::crd {

using schema::Causes;

Causes validate_custom_resource(const json::value& object, const CrdView& view);
/// Unchanged values may stay invalid (ratcheting); `old` as seen in the same version.
Causes validate_custom_resource_update(const json::value& object, const json::value& old,
                                       const CrdView& view);
/// Of a write to /status: only the status is looked at.
Causes validate_custom_resource_status(const json::value& object, const json::value& old,
                                       const CrdView& view);

/// Warnings about finalizers that are new in `object`; `old` is null on create.
std::vector<std::string> finalizer_warnings(const json::value& object, const json::value* old);

}  // namespace nanika::apiserver::crd
