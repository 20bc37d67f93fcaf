// AddressClaim -> freed when its holders are gone, removed when its rest is over.
#pragma once

#include "kube/reconciler.h"
#include "network/addresses/traffic_ip_controller.h"

namespace nanika::network {

class ClaimController final : public kube::Reconciler {
 public:
  ClaimController(const kube::Client& client, const AddressCaches& caches, AddressBook& book);
  kube::Result<kube::Outcome> reconcile(const kube::Key& key, const kube::Context& ctx) override;

 private:
  kube::Result<bool> holder_lives(const api::ClaimHolder& holder, const kube::Context& ctx) const;
  kube::Result<kube::Outcome> end_rest(const api::AddressClaim& claim, const kube::Context& ctx);

  kube::Client client_;
  Claims claims_;
  AddressCaches caches_;
  AddressBook& book_;
};

}  // namespace nanika::network
