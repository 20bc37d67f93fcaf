#include "network/addresses/controller.h"

#include "kube/conditions.h"
#include "kube/events.h"
#include "network/addresses/address_book.h"
#include "network/addresses/claim_controller.h"
#include "network/addresses/network_controller.h"
#include "network/addresses/service_controller.h"
#include "network/addresses/traffic_ip_controller.h"

namespace nanika::network {

namespace {

using kube::Key;

AddressCaches caches_of(kube::Manager& manager) {
  AddressCaches out{.networks = manager.cache<api::Network>(),
                    .pools = manager.cache<api::AddressPool>(),
                    .ips = manager.cache<api::TrafficIP>(),
                    .claims = manager.cache<api::AddressClaim>(),
                    .services = manager.cache<api::Service>(),
                    .namespaces = manager.cache<api::Namespace>()};
  out.pools.index("network",
                  [](const api::AddressPool& p) { return std::vector{p.spec.network_ref.name}; });
  out.claims.index("network",
                   [](const api::AddressClaim& c) { return std::vector{c.spec.network_ref.name}; });
  out.claims.index("pool",
                   [](const api::AddressClaim& c) { return std::vector{c.spec.pool_ref.name}; });
  out.claims.index("holder", [](const api::AddressClaim& c) {
    std::vector<std::string> uids;
    for (const api::ClaimHolder& holder : c.spec.holders) uids.push_back(holder.uid);
    return uids;
  });
  out.ips.index("network", [](const api::TrafficIP& ip) {
    return std::vector<std::string>{ip.spec.network_ref ? ip.spec.network_ref->name : ""};
  });
  out.ips.index("target", [](const api::TrafficIP& ip) {
    if (!ip.spec.target_ref) return std::vector<std::string>{};
    return std::vector{fmt::format("{}/{}/{}", ip.metadata.namespace_, ip.spec.target_ref->kind,
                                   ip.spec.target_ref->name)};
  });
  return out;
}

bool holders_changed(const kube::Change<api::AddressClaim>& change) {
  const std::vector<api::ClaimHolder> none;
  return (change.before ? change.before->spec.holders : none) !=
         (change.after ? change.after->spec.holders : none);
}

std::vector<Key> keys_of(const std::vector<std::shared_ptr<const api::TrafficIP>>& ips) {
  std::vector<Key> out;
  for (const auto& ip : ips) out.push_back(kube::key_of(ip->metadata));
  return out;
}

}  // namespace

struct Addresses::Parts {
  Parts(kube::Manager& manager, const AddressOptions& options)
      : caches(caches_of(manager)),
        book(manager.client().clock()),
        events(manager.client(), "nanika-addresses", &manager.metrics()),
        networks(manager.client(), caches, book),
        ips(manager.client(), caches, book),
        claims(manager.client(), caches, book),
        services(manager.client(), caches, events, options.default_class) {}

  /// TrafficIPs of a Network, and those that name none.
  std::vector<Key> of_network(const std::string& name) const {
    std::vector<Key> out = keys_of(caches.ips.by_index("network", name));
    for (Key& key : keys_of(caches.ips.by_index("network", ""))) out.push_back(std::move(key));
    return out;
  }
  /// Those of a Network that were refused, once an address is free again.
  std::vector<Key> refused(const std::string& network) const {
    std::vector<Key> out;
    for (const auto& ip : caches.ips.by_index("network", network))
      if (!kube::is_true(ip->status.conditions, "Allocated"))
        out.push_back(kube::key_of(ip->metadata));
    return out;
  }
  /// The holders of a claim whose status stands already: a claim more or less is news for them.
  /// Those without addresses are at work on it.
  std::vector<Key> holders_that_show(const api::AddressClaim& claim) const {
    std::vector<Key> out;
    for (const api::ClaimHolder& holder : claim.spec.holders) {
      const auto ip = caches.ips.get({holder.namespace_, holder.name});
      if (ip && !ip->status.addresses.empty()) out.push_back(kube::key_of(ip->metadata));
    }
    return out;
  }

  AddressCaches caches;
  AddressBook book;
  kube::EventRecorder events;
  NetworkController networks;
  TrafficIPController ips;
  ClaimController claims;
  ServiceController services;
};

Addresses::Addresses(kube::Manager& manager, const AddressOptions& options)
    : parts_(std::make_unique<Parts>(manager, options)) {
  Parts& p = *parts_;
  p.caches.claims.on_change([&p](const kube::Change<api::AddressClaim>& change) {
    change.after ? p.book.observe(*change.after) : p.book.forget(change.before->metadata.name);
  });
  const auto network_of_claim = [](const api::AddressClaim& c) {
    return std::vector<Key>{{"", c.spec.network_ref.name}};
  };
  manager.controller("networks", p.networks)
      .watches<api::Network>()
      .maps<api::AddressPool>([](const api::AddressPool& pool) {
        return std::vector<Key>{{"", pool.spec.network_ref.name}};
      })
      .maps<api::AddressClaim>(network_of_claim);
  manager.controller("traffic-ips", p.ips)
      .watches<api::TrafficIP>()
      .maps<api::Network>([&p](const api::Network& n) { return p.of_network(n.metadata.name); },
                          kube::generation_changed<api::Network>)
      .maps<api::AddressPool>(
          [&p](const api::AddressPool& pool) { return p.of_network(pool.spec.network_ref.name); },
          kube::generation_changed<api::AddressPool>)
      .maps<api::AddressClaim>(
          [&p](const api::AddressClaim& c) { return p.refused(c.spec.network_ref.name); },
          [](const kube::Change<api::AddressClaim>& change) { return !change.after; })
      .maps<api::AddressClaim>([&p](const api::AddressClaim& c) { return p.holders_that_show(c); },
                               holders_changed)
      .maps<api::Service>([&p](const api::Service& s) {
        return keys_of(p.caches.ips.by_index(
            "target", fmt::format("{}/Service/{}", s.metadata.namespace_, s.metadata.name)));
      })
      .workers(4);
  manager.controller("claims", p.claims)
      .watches<api::AddressClaim>()
      .maps<api::TrafficIP>(
          [&p](const api::TrafficIP& ip) {
            std::vector<Key> out;
            for (const auto& claim : p.caches.claims.by_index("holder", ip.metadata.uid))
              out.push_back({"", claim->metadata.name});
            return out;
          },
          [](const kube::Change<api::TrafficIP>& change) { return !change.after; });
  manager.controller("services", p.services)
      .watches<api::Service>()
      .maps<api::TrafficIP>([](const api::TrafficIP& ip) {
        std::vector<Key> out;
        if (ip.spec.target_ref && ip.spec.target_ref->kind == "Service")
          out.push_back({ip.metadata.namespace_, ip.spec.target_ref->name});
        return out;
      })
      .maps<api::Network>(
          [&p](const api::Network&) {
            std::vector<Key> out;
            for (const auto& s : p.caches.services.list())
              if (s->spec.type == "LoadBalancer") out.push_back(kube::key_of(s->metadata));
            return out;
          },
          kube::generation_changed<api::Network>)
      .workers(4);
  manager.task("address-events", [&p](std::stop_token stop) { p.events.run(stop); });
}

Addresses::~Addresses() = default;

}  // namespace nanika::network
