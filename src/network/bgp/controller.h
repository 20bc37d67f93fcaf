// The cluster's side of BGP: what all nodes say -> status of BGPPeers, RouteAdvertisements, and
// Advertised of TrafficIPs.
#pragma once

#include <memory>

#include "kube/manager.h"

namespace nanika::network::bgp {

/// Lives as long as the manager it was added to.
class Bgp {
 public:
  explicit Bgp(kube::Manager& manager);
  ~Bgp();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace nanika::network::bgp
