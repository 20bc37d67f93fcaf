// Discovery: which groups, versions, resources, verbs and subresources are served, in the plain
// forms and the aggregated ones (apidiscovery.k8s.io v2 and v2beta1), all out of one Catalog.
#pragma once

#include <string>
#include <string_view>

#include "apiserver/registry/catalog.h"

namespace nanika::apiserver {

/// Which document of /api or /apis the client wants.
enum class DiscoveryForm : uint8_t { kPlain, kAggregatedV2, kAggregatedV2Beta1 };
DiscoveryForm discovery_form(std::string_view accept);
std::string_view discovery_content_type(DiscoveryForm form);

/// GET /api. `address` is what clients should dial: "127.0.0.1:6443".
json::object api_versions(std::string_view address);
/// GET /apis.
json::object api_group_list(const Catalog& catalog);
/// GET /apis/{group}.
json::object api_group(const Group& group);
/// GET /api/v1 and /apis/{group}/{version}.
json::object api_resource_list(const Catalog& catalog, std::string_view group,
                               std::string_view version);
/// GET /api and /apis, aggregated; `core` chooses which.
json::object aggregated(const Catalog& catalog, bool core, DiscoveryForm form);

}  // namespace nanika::apiserver
