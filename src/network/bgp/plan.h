// What one node's speaker is to do: pure functions of API objects.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "api/core/node.h"
#include "api/network/address_pool.h"
#include "api/network/bgp_peer.h"
#include "api/network/network_node_state.h"
#include "api/network/route_advertisement.h"
#include "api/network/traffic_ip.h"
#include "network/bgp/speaker.h"

namespace nanika::network::bgp {

/// The value of a Secret's key: filled in by the caller before planning.
using Passwords = std::map<std::string, base::Result<std::string>>;
std::string password_key(const api::SecretKeyRef& ref);  ///< "namespace/name/key"

struct PlannedPeers {
  std::vector<SpeakerPeer> peers;               ///< sorted by name
  std::map<std::string, std::string> rejected;  ///< BGPPeer -> what is wrong with it on this node
};
/// The peers that select this node. One that is wrong is left out alone.
PlannedPeers plan_peers(const api::Node& node, const std::vector<const api::BGPPeer*>& peers,
                        const Passwords& passwords);

/// The router ID: annotation, IPv4 InternalIP, else derived from the node's uid.
base::IpAddress router_id_of(const api::Node& node);

/// What is wrong with an advertisement in itself; nothing: it is good.
base::Result<void> check_advertisement(const api::RouteAdvertisement& advertisement);

/// The parsed pools that an advertisement's poolSelector may look at.
class PoolIndex {
 public:
  explicit PoolIndex(const std::vector<const api::AddressPool*>& pools);
  /// The pool of that Network that holds the address, or nullptr.
  const api::AddressPool* find(const base::IpAddress& address, std::string_view network) const;

 private:
  std::map<std::string, std::vector<std::pair<base::IpRange, const api::AddressPool*>>, std::less<>>
      ranges_;
};

/// What choosing routes needs beside the TrafficIP itself. All pointers live as long as the call.
struct AdvertisingContext {
  const api::Node* node = nullptr;
  std::vector<const api::RouteAdvertisement*>
      advertisements;  ///< those that check_advertisement() accepts
  const PoolIndex* pools = nullptr;
  std::function<const std::map<std::string, std::string>*(const std::string&)> namespace_labels;
  /// True while the target answers, seen from this node (externalTrafficPolicy Local: here). No
  /// target counts as ready.
  std::function<bool(const api::TrafficIP&)> endpoints_ready;
};

/// The routes of one TrafficIP: prefix -> names of the advertisements that select it, sorted.
/// Empty: nothing is sent.
using RouteSources = std::map<base::IpPrefix, std::vector<std::string>>;
RouteSources routes_of(const api::TrafficIP& ip, const AdvertisingContext& context);
/// The routes of sources of kind Prefix.
RouteSources prefix_routes(const AdvertisingContext& context);

/// The class that stands for these advertisements: attributes per peer are united where several
/// meet on one route (union of communities, highest localPref, lowest med, longest prepend).
RouteClass make_class(uint32_t id, const std::vector<std::string>& names,
                      const std::vector<const api::RouteAdvertisement*>& advertisements,
                      const std::vector<const api::BGPPeer*>& peers);

}  // namespace nanika::network::bgp
