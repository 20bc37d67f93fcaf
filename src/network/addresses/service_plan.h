// What a Service of type LoadBalancer asks for, as the TrafficIP that serves it: pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/core/service.h"
#include "api/network/network.h"
#include "api/network/traffic_ip.h"
#include "network/addresses/allocator.h"

namespace nanika::network {

inline constexpr std::string_view kLoadBalancerClass = "nanika.dev/trafficip";

/// The Service is ours: type LoadBalancer, and our class, or none while we are the default.
bool serves(const api::Service& service, bool default_class);

/// The default Network: of several the oldest. Null: none.
const api::Network* default_network(const std::vector<const api::Network*>& networks);

struct ServiceIntent {
  std::string traffic_ip;  ///< name of the TrafficIP that serves it
  std::optional<api::TrafficIP>
      wanted;                      ///< to be applied; nothing: a standing one is used as it is
  std::optional<Refusal> refusal;  ///< the request itself is wrong; nothing is made
};
/// `networks` are all there are.
ServiceIntent plan_service(const api::Service& service,
                           const std::vector<const api::Network*>& networks);

/// `status.loadBalancer.ingress` for these addresses, in the order of ipFamilies.
std::vector<api::LoadBalancerIngress> ingress_of(const api::Service& service,
                                                 const std::vector<std::string>& addresses);

}  // namespace nanika::network
