// A pool as the allocator sees it: what it may give, after excludes, edges and the claims of older
// pools.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/network/address_pool.h"
#include "network/addresses/interval_set.h"

namespace nanika::network {

/// The addresses of a pool's spec. kInvalid names the field: "spec.ranges[1].start: ...".
struct PoolRanges {
  IntervalSet all;   ///< ranges
  IntervalSet give;  ///< ranges without excludes and reserved edges
};
base::Result<PoolRanges> parse_ranges(const api::AddressPoolSpec& spec);

/// One pool of a Network, ready to give.
struct PoolView {
  std::string name;
  std::map<std::string, std::string> labels;
  int32_t priority = 0;
  api::Assignment assignment = api::Assignment::kAutomatic;
  std::optional<api::NamespacePermission> allowed;
  IntervalSet all;             ///< of the spec: where live claims may stand
  IntervalSet give;            ///< may be given: without what older pools of the space have
  IntervalSet conflicts;       ///< what older pools have: gives nothing
  std::string conflicts_with;  ///< name of one such pool
  bool deleting = false;       ///< gives nothing new
};

/// What the pools of one address space give. Of two that overlap the older one gives
/// (creationTimestamp, then uid). `pools` are those of purpose LoadBalancer of all Networks of the
/// space; `invalid` lists those that could not be read.
struct SpaceView {
  std::map<std::string, PoolView> pools;       ///< by name
  std::map<std::string, std::string> invalid;  ///< name -> what is wrong
};
SpaceView view_of_space(std::vector<const api::AddressPool*> pools);

}  // namespace nanika::network
