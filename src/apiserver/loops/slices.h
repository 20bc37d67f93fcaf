// Reading and writing the EndpointSlices that one loop manages for one Service.
#pragma once

#include <string>
#include <vector>

#include "apiserver/loops/api.h"
#include "apiserver/loops/slice_plan.h"

namespace nanika::apiserver::loops {

inline constexpr std::string_view kServiceNameLabel = "kubernetes.io/service-name";
inline constexpr std::string_view kManagedByLabel = "endpointslice.kubernetes.io/managed-by";
inline constexpr std::string_view kHeadlessLabel = "service.kubernetes.io/headless";

/// The slices of a Service that bear the name of their manager.
Result<std::vector<json::value>> managed_slices(const Api& api, std::string_view ns,
                                                std::string_view service, std::string_view manager);
/// Labels of the slices (and so of what they come from): the owner's own, and ours.
json::object slice_labels(const json::value& owner, bool headless, std::string_view service,
                          std::string_view manager);
/// Carries a plan out. `owner` is the controller in their ownerReferences: a Service or an
/// Endpoints.
Result<void> apply_slices(Api& api, const SlicePlan& plan, const json::value& owner,
                          const json::object& labels);

}  // namespace nanika::apiserver::loops
