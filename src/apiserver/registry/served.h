// A Catalog as OpenAPI wants it.
#pragma once

#include <vector>

#include "apiserver/registry/catalog.h"
#include "apiserver/schema/openapi.h"

namespace nanika::apiserver {

/// Every endpoint that is served, with its subresources.
std::vector<schema::ServedResource> served_resources(const Catalog& catalog);

}  // namespace nanika::apiserver
