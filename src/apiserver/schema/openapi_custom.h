// The schema of a custom resource as published: what its CRD says, with the fields every object
// has. Upstream: apiextensions-apiserver/pkg/controller/openapi/{builder/builder.go,v2}.
#pragma once

#include <string>

#include "apiserver/schema/openapi.h"
#include "apiserver/schema/openapi_components.h"

namespace nanika::apiserver::schema {

/// "dev.nanika.network.v1alpha1.Network".
std::string custom_name(std::string_view group, std::string_view version, std::string_view kind);

/// Adds the kind and its List. v2 has no unions, no null and no unknown fields: a type that has
/// them is loosened there until kubectl's client-side validation accepts all that is valid.
void add_custom(const ServedResource& resource, Components& components);

}  // namespace nanika::apiserver::schema
