// Network and its AddressPools -> their status: what is given, what is left, what is in the way.
#pragma once

#include "kube/reconciler.h"
#include "network/addresses/traffic_ip_controller.h"

namespace nanika::network {

/// Keys are names of Networks; a pool wakes its Network.
class NetworkController final : public kube::Reconciler {
 public:
  NetworkController(const kube::Client& client, const AddressCaches& caches, AddressBook& book);
  kube::Result<kube::Outcome> reconcile(const kube::Key& key, const kube::Context& ctx) override;

 private:
  kube::Result<void> report_network(const api::Network& network, const Snapshot& snapshot,
                                    const kube::Context& ctx);
  kube::Result<void> report_pool(const api::AddressPool& pool, const api::Network* network,
                                 const Snapshot* snapshot, const kube::Context& ctx);
  /// Holds an object, and lets go one that is deleted and not used.
  template <class T>
  kube::Result<void> guard(const T& object, bool in_use, const kube::Context& ctx);
  std::vector<api::FamilyUsage> usage(const std::string& space, const IntervalSet& all,
                                      const IntervalSet& give) const;

  kube::Client client_;
  AddressCaches caches_;
  AddressBook& book_;
};

}  // namespace nanika::network
