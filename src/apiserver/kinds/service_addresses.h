// clusterIPs and IP families of Services. For service_validation.cc.
#pragma once

#include "apiserver/kinds/field_error.h"

namespace nanika::apiserver::kinds {

/// clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy fit each other.
void validate_cluster_ips(const json::value& service, Causes& causes);
/// A second address and family may come and go; the first stays.
void validate_address_changes(const json::value& service, const json::value& old, Causes& causes);

}  // namespace nanika::apiserver::kinds
