// Which addresses and ports of Services lead to which endpoints: pure functions of API objects.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "api/core/endpoint_slice.h"
#include "api/core/service.h"
#include "base/ip.h"

namespace nanika::network::proxy {

struct Backend {
  base::IpAddress address;
  int32_t port = 0;
  friend bool operator==(const Backend&, const Backend&) = default;
  friend auto operator<=>(const Backend&, const Backend&) = default;
};

/// One way into a Service: these addresses and this port lead to these backends. No backend:
/// connections are refused.
struct Frontend {
  std::string name;  ///< "shop/www:http", for people
  base::Family family = base::Family::kIPv4;
  std::string protocol;  ///< tcp, udp, sctp
  int32_t port = 0;
  std::vector<base::IpAddress> addresses;  ///< sorted
  int32_t node_port = 0;                   ///< on the node's own addresses too; 0: not
  bool external = false;   ///< outside's way in: load balancer and external addresses, node port
  bool by_client = false;  ///< sessionAffinity ClientIP: the client's address chooses the backend
  std::vector<base::IpPrefix> sources;  ///< loadBalancerSourceRanges; empty: everybody
  std::vector<Backend> backends;        ///< sorted
  friend bool operator==(const Frontend&, const Frontend&) = default;
};

struct ProxyPlan {
  std::vector<Frontend> frontends;    ///< sorted by name and family, internal before external
  std::set<base::IpAddress> outside;  ///< load balancer addresses: their other ports are dropped
};

/// `slices` are those of the Service. `node` is ours: externalTrafficPolicy and
/// internalTrafficPolicy Local choose endpoints on it. Ready endpoints serve; where there are none,
/// those that terminate but still serve (KEP-1669).
void plan_service(const api::Service& service, const std::vector<const api::EndpointSlice*>& slices,
                  std::string_view node, ProxyPlan& out);

}  // namespace nanika::network::proxy
