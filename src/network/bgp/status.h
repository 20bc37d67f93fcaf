// The status of BGP objects out of what nodes report: pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/core/node.h"
#include "api/network/bgp_peer.h"
#include "api/network/network_node_state.h"
#include "api/network/route_advertisement.h"
#include "api/network/traffic_ip.h"

namespace nanika::network::bgp {

using NodeStates = std::vector<std::shared_ptr<const api::NetworkNodeState>>;

/// Everything of a BGPPeer's status but transition times; conditions are to be merged into the
/// present ones.
api::BGPPeerStatus peer_status(const api::BGPPeer& peer,
                               const std::vector<std::shared_ptr<const api::Node>>& nodes,
                               const NodeStates& states);

/// Accepted of a RouteAdvertisement.
api::Condition advertisement_condition(
    const api::RouteAdvertisement& advertisement,
    const std::vector<std::shared_ptr<const api::BGPPeer>>& peers);

/// Advertised of a TrafficIP. `announced_by`: names of the nodes that are to announce it. Nothing:
/// some of them have not seen this version yet, so what stands there stays.
struct AdvertisedQuestion {
  const api::TrafficIP& ip;
  bool selected = false;  ///< an advertisement selects it
  bool ready = false;     ///< its endpoints answer, or do not matter
  std::vector<std::string> announced_by;
};
std::optional<api::Condition> advertised_condition(const AdvertisedQuestion& question,
                                                   const NodeStates& states);

}  // namespace nanika::network::bgp
