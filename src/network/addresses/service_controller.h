// Service of type LoadBalancer -> TrafficIP -> status.loadBalancer of the Service.
#pragma once

#include "kube/events.h"
#include "kube/reconciler.h"
#include "network/addresses/service_plan.h"
#include "network/addresses/traffic_ip_controller.h"

namespace nanika::network {

class ServiceController final : public kube::Reconciler {
 public:
  /// `default_class`: Services without a loadBalancerClass are ours. All must outlive it.
  ServiceController(const kube::Client& client, const AddressCaches& caches,
                    kube::EventRecorder& events, bool default_class);
  kube::Result<kube::Outcome> reconcile(const kube::Key& key, const kube::Context& ctx) override;

 private:
  kube::Result<void> let_go(const api::Service& service, const kube::Context& ctx);
  kube::Result<void> remove_made(const api::Service& service, const kube::Context& ctx, bool& gone);
  kube::Result<void> apply_traffic_ip(const api::TrafficIP& wanted, const kube::Context& ctx);
  kube::Result<std::shared_ptr<const api::TrafficIP>> ask(const std::string& namespace_,
                                                          const std::string& name,
                                                          const kube::Context& ctx) const;
  std::shared_ptr<const api::TrafficIP> made_for(const api::Service& service) const;
  std::vector<std::string> addresses_of(const api::Service& service,
                                        const api::TrafficIP* ip) const;
  kube::Result<void> report(const api::Service& service, const std::vector<std::string>& addresses,
                            const api::Condition& allocated, const kube::Context& ctx);
  api::Condition judge(const api::Service& service, const ServiceIntent& intent,
                       const api::TrafficIP* ip) const;

  kube::Client client_;
  AddressCaches caches_;
  kube::EventRecorder& events_;
  bool default_class_;
};

}  // namespace nanika::network
