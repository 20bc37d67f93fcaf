// A TrafficIP's spec, its references resolved and checked: pure.
#pragma once

#include <expected>

#include "api/network/traffic_ip.h"
#include "network/addresses/allocator.h"

namespace nanika::network {

/// What `ip` wants of `network`, or InvalidRequest with the field and what to do.
std::expected<Want, Refusal> want_of(const api::TrafficIP& ip, const api::Network& network,
                                     const std::map<std::string, std::string>& namespace_labels);

}  // namespace nanika::network
