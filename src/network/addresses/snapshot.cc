#include "network/addresses/snapshot.h"

namespace nanika::network {

Snapshot::Snapshot(const api::Network& network, const kube::Cache<api::Network>& networks,
                   const kube::Cache<api::AddressPool>& pools) {
  std::vector<const api::AddressPool*> of_space;
  for (auto& pool : pools.list()) {
    const std::string& name = pool->spec.network_ref.name;
    const auto owner = name == network.metadata.name ? nullptr : networks.get({"", name});
    if (name != network.metadata.name &&
        (!owner || owner->spec.address_space != network.spec.address_space))
      continue;
    of_space.push_back(pool.get());
    kept_.push_back(std::move(pool));
  }
  space_ = view_of_space(of_space);
  view_ = {.name = network.metadata.name, .spec = network.spec, .pools = {}};
  for (const api::AddressPool* pool : of_space) {
    if (pool->spec.network_ref.name != network.metadata.name) continue;
    if (pool->spec.purpose != api::PoolPurpose::kLoadBalancer) continue;
    auto it = space_.pools.find(pool->metadata.name);
    if (it != space_.pools.end()) view_.pools.push_back(&it->second);
  }
}

}  // namespace nanika::network
