// What one node announces now, and how it changes: the agent's heart, without API or clock.
#pragma once

#include "network/bgp/plan.h"
#include "network/bgp/route_book.h"
#include "network/bgp/speaker.h"

namespace nanika::network::bgp {

/// All that the whole depends on, beside TrafficIPs. Pointers live as long as the call.
struct AgentView {
  std::vector<const api::BGPPeer*> peers;
  std::vector<const api::RouteAdvertisement*> advertisements;  ///< valid ones
  AdvertisingContext context;
};

/// Threading: one thread at a time.
class AgentRoutes {
 public:
  explicit AgentRoutes(Speaker& speaker) : speaker_(speaker) {}

  /// Everything anew: peers, classes, routes of all of `ips`.
  base::Result<void> replace(const AgentView& view, PlannedPeers peers,
                             const std::vector<std::shared_ptr<const api::TrafficIP>>& ips);
  /// One TrafficIP; null: it is gone. Does nothing before the first replace().
  base::Result<void> update(const AgentView& view, const std::string& key,
                            const api::TrafficIP* ip);
  bool configured() const { return configured_; }

  /// The node's own word on what it announces and to whom.
  api::NetworkNodeStateStatus status(const std::vector<SessionState>& sessions) const;

 private:
  RouteTable table_of(const std::set<base::IpPrefix>& prefixes);
  void add_class(const std::vector<std::string>& names);
  base::Result<void> configure(const AgentView& view);

  Speaker& speaker_;
  RouteBook book_;
  std::map<uint32_t, std::vector<std::string>> classes_;  ///< configured or about to be
  std::vector<RouteClass> configured_classes_;
  PlannedPeers peers_;
  RouteTable table_;  ///< what the kernel has from us
  bool configured_ = false;
  bool dirty_ = false;  ///< a change failed: the table is synced as a whole next time
};

}  // namespace nanika::network::bgp
