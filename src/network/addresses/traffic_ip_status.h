// What a TrafficIP's status says of its addresses: pure.
#pragma once

#include <optional>
#include <vector>

#include "api/core/service.h"
#include "api/network/traffic_ip.h"
#include "network/addresses/allocator.h"

namespace nanika::network {

/// The fields and conditions (Allocated, Bound) that the addresses' controller owns. `addresses`
/// in their order; `target` is the Service that spec.targetRef names, or null.
api::TrafficIPStatus status_of(const api::TrafficIP& ip, const std::vector<IpAddress>& addresses,
                               const std::optional<Refusal>& refusal, const api::Service* target,
                               const base::Clock& clock);

/// Of the same, when it is being deleted and shows nothing any more.
api::TrafficIPStatus status_when_released(const api::TrafficIP& ip, const base::Clock& clock);

/// `status` without what others say: Advertised.
api::TrafficIPStatus ours(api::TrafficIPStatus status);

/// The addresses in a status or spec; what is none is left out.
std::vector<IpAddress> parse_addresses(const std::vector<std::string>& texts);

}  // namespace nanika::network
