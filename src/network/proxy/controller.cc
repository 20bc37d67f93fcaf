#include "network/proxy/controller.h"

#include <algorithm>

namespace nanika::network::proxy {

namespace {

using kube::Context;
using kube::Key;
using kube::Result;

/// All Services are one ruleset, so they have one key: changes that come together are one
/// transaction.
const Key kAll{"", "all"};

}  // namespace

struct Proxy::Parts final : public kube::Reconciler {
  Parts(kube::Manager& manager, Ruleset& the_rules, std::string the_node)
      : services(manager.cache<api::Service>()),
        slices(manager.cache<api::EndpointSlice>()),
        rules(the_rules),
        node(std::move(the_node)) {
    slices.index("proxied", [](const api::EndpointSlice& slice) {
      auto label = slice.metadata.labels.find(std::string(api::EndpointSlice::kServiceNameLabel));
      return std::vector{label == slice.metadata.labels.end()
                             ? ""
                             : slice.metadata.namespace_ + "/" + label->second};
    });
  }

  Result<kube::Outcome> reconcile(const Key&, const Context&) override {
    auto all = services.list();
    // Of two Services that claim one way in the first by name has it, on every node alike.
    std::ranges::sort(all, {}, [](const auto& service) { return service->metadata.key(); });
    ProxyPlan plan;
    for (const auto& service : all) {
      const auto found = slices.by_index("proxied", service->metadata.key());
      std::vector<const api::EndpointSlice*> plain;
      for (const auto& slice : found) plain.push_back(slice.get());
      plan_service(*service, plain, node, plan);
    }
    TRY(rules.apply(render_items(plan)));
    return kube::Outcome::done();
  }

  kube::Cache<api::Service>& services;
  kube::Cache<api::EndpointSlice>& slices;
  Ruleset& rules;
  std::string node;
};

Proxy::Proxy(kube::Manager& manager, Ruleset& rules, std::string node)
    : parts_(std::make_unique<Parts>(manager, rules, std::move(node))) {
  const auto all = [](const auto&) { return std::vector{kAll}; };
  manager.controller("service-proxy", *parts_)
      .maps<api::Service>(all)
      .maps<api::EndpointSlice>(all)
      .every_replica();
}

Proxy::~Proxy() = default;

}  // namespace nanika::network::proxy
