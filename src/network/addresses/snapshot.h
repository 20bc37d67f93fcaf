// One Network and its pools, read from the caches for one reconcile.
#pragma once

#include <memory>
#include <vector>

#include "api/network/address_pool.h"
#include "api/network/network.h"
#include "kube/cache.h"
#include "network/addresses/allocator.h"
#include "network/addresses/pool_view.h"

namespace nanika::network {

/// Owns what `view` points at. Not movable for that reason: use it where it stands.
class Snapshot {
 public:
  Snapshot(const api::Network& network, const kube::Cache<api::Network>& networks,
           const kube::Cache<api::AddressPool>& pools);
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  const NetworkView& view() const { return view_; }
  /// All pools of the Network's address space.
  const SpaceView& space() const { return space_; }

 private:
  std::vector<std::shared_ptr<const api::AddressPool>> kept_;
  SpaceView space_;
  NetworkView view_;
};

}  // namespace nanika::network
