// TrafficIP -> AddressClaims: takes addresses, keeps them, gives them back.
//
// Two processes may both think that they lead. What holds all the same:
// - a status shows an address only after its claim named the TrafficIP, by the API's word;
// - a status is written on the version that was looked at, so the first to publish wins, and what
//   it shows and holds is kept by everybody;
// - an address is given back only after the API's own copy of the status shows it no longer.
#pragma once

#include "api/core/objects.h"
#include "api/core/service.h"
#include "kube/cache.h"
#include "kube/reconciler.h"
#include "network/addresses/address_book.h"
#include "network/addresses/claims.h"
#include "network/addresses/snapshot.h"

namespace nanika::network {

struct AddressCaches {
  kube::Cache<api::Network>& networks;
  kube::Cache<api::AddressPool>& pools;
  kube::Cache<api::TrafficIP>& ips;
  kube::Cache<api::AddressClaim>& claims;
  kube::Cache<api::Service>& services;
  kube::Cache<api::Namespace>& namespaces;
};

class TrafficIPController final : public kube::Reconciler {
 public:
  /// All must outlive it.
  TrafficIPController(const kube::Client& client, const AddressCaches& caches, AddressBook& book);
  kube::Result<kube::Outcome> reconcile(const kube::Key& key, const kube::Context& ctx) override;

 private:
  /// What came of one attempt to get addresses.
  struct Outcome {
    std::vector<IpAddress> addresses;  ///< to be shown
    std::vector<IpAddress> surplus;    ///< to be given back once the status is written
    std::optional<Refusal> refusal;
  };
  kube::Result<kube::Outcome> release_all(const api::TrafficIP& ip, const kube::Context& ctx);
  kube::Result<Outcome> allocate(const api::TrafficIP& ip, const api::Network& network,
                                 const kube::Context& ctx);
  kube::Result<bool> take(const api::TrafficIP& ip, const NetworkView& network,
                          const std::vector<Choice>& choices,
                          std::map<IpAddress, api::AddressClaim>& taken, const kube::Context& ctx);
  kube::Result<void> recall(const api::TrafficIP& ip, const std::string& space,
                            const std::vector<IpAddress>& shown, const kube::Context& ctx);
  kube::Result<bool> secure(const api::TrafficIP& ip, const std::string& space,
                            const std::vector<IpAddress>& addresses,
                            const std::map<IpAddress, api::AddressClaim>& taken,
                            const kube::Context& ctx);
  Outcome refused(const api::TrafficIP& ip, const std::string& space,
                  const std::vector<IpAddress>& shown, Refusal refusal) const;
  kube::Result<void> give_back(const api::TrafficIP& ip, const std::string& space,
                               const std::vector<IpAddress>& addresses, const kube::Context& ctx);
  kube::Result<void> report(const api::TrafficIP& ip, const Outcome& outcome,
                            const kube::Context& ctx);
  kube::Result<api::TrafficIP> write_status(const api::TrafficIP& ip, api::TrafficIPStatus status,
                                            const kube::Context& ctx);
  std::string space_of(const api::TrafficIP& ip) const;

  kube::Client client_;
  Claims claims_;
  AddressCaches caches_;
  AddressBook& book_;
};

}  // namespace nanika::network
