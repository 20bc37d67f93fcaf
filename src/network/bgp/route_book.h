// Which TrafficIPs stand behind which routes, and the class each route is in.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "network/bgp/plan.h"

namespace nanika::network::bgp {

/// Threading: as a standard container.
class RouteBook {
 public:
  /// The routes of `owner` from now on. Returns the prefixes whose advertisements may have changed.
  std::set<base::IpPrefix> set(const std::string& owner, RouteSources routes);
  /// The advertisements that select the prefix, over all owners, sorted; empty: it is not
  /// announced.
  std::vector<std::string> advertisements(const base::IpPrefix& prefix) const;
  const std::map<std::string, RouteSources>& owners() const { return owners_; }
  std::set<base::IpPrefix> prefixes() const;

 private:
  std::map<std::string, RouteSources> owners_;
  std::map<base::IpPrefix, std::map<std::string, std::vector<std::string>>>
      by_prefix_;  ///< owner -> advertisements
};

/// The number of a class: made from its advertisements' names, so that it is the same after a
/// restart, when routes of before still stand in the kernel's table. `taken`: numbers of other
/// classes.
uint32_t class_id(const std::vector<std::string>& advertisements,
                  const std::map<uint32_t, std::vector<std::string>>& taken);

}  // namespace nanika::network::bgp
