#include "network/bgp/controller.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "api/core/endpoint_slice.h"
#include "api/core/objects.h"
#include "api/core/service.h"
#include "kube/conditions.h"
#include "network/bgp/plan.h"
#include "network/bgp/status.h"

namespace nanika::network::bgp {

namespace {

using kube::Context;
using kube::Key;
using kube::Result;

struct Caches {
  kube::Cache<api::Node>& nodes;
  kube::Cache<api::BGPPeer>& peers;
  kube::Cache<api::RouteAdvertisement>& advertisements;
  kube::Cache<api::NetworkNodeState>& states;
  kube::Cache<api::TrafficIP>& ips;
  kube::Cache<api::AddressPool>& pools;
  kube::Cache<api::Namespace>& namespaces;
  kube::Cache<api::Service>& services;
  kube::Cache<api::EndpointSlice>& slices;
};

Caches caches_of(kube::Manager& manager) {
  return {.nodes = manager.cache<api::Node>(),
          .peers = manager.cache<api::BGPPeer>(),
          .advertisements = manager.cache<api::RouteAdvertisement>(),
          .states = manager.cache<api::NetworkNodeState>(),
          .ips = manager.cache<api::TrafficIP>(),
          .pools = manager.cache<api::AddressPool>(),
          .namespaces = manager.cache<api::Namespace>(),
          .services = manager.cache<api::Service>(),
          .slices = manager.cache<api::EndpointSlice>()};
}

std::string service_of(const api::EndpointSlice& slice) {
  auto label = slice.metadata.labels.find(std::string(api::EndpointSlice::kServiceNameLabel));
  return label == slice.metadata.labels.end() ? ""
                                              : slice.metadata.namespace_ + "/" + label->second;
}

/// Merges `wanted` into the conditions as they stand, so that transition times hold.
std::vector<api::Condition> merged(std::vector<api::Condition> present,
                                   const std::vector<api::Condition>& wanted,
                                   const base::Clock& clock) {
  for (const api::Condition& c : wanted) kube::set_condition(present, c, clock);
  return present;
}

class Peers final : public kube::Reconciler {
 public:
  Peers(const kube::Client& client, const Caches& caches)
      : client_(client.as("nanika-bgp")), caches_(caches) {}
  Result<kube::Outcome> reconcile(const Key& key, const Context& ctx) override {
    const auto peer = caches_.peers.get(key);
    if (!peer) return kube::Outcome::done();
    api::BGPPeer wanted;
    wanted.metadata = peer->metadata;
    wanted.status = peer_status(*peer, caches_.nodes.list(), caches_.states.list());
    wanted.status.conditions =
        merged(peer->status.conditions, wanted.status.conditions, client_.clock());
    if (wanted.status == peer->status) return kube::Outcome::done();
    TRY(client_.apply_status<api::BGPPeer>(ctx, api::encode_part(wanted, {"status"}),
                                           {.uid = peer->metadata.uid}));
    return kube::Outcome::done();
  }

 private:
  kube::Client client_;
  Caches caches_;
};

class Advertisements final : public kube::Reconciler {
 public:
  Advertisements(const kube::Client& client, const Caches& caches)
      : client_(client.as("nanika-bgp")), caches_(caches) {}
  Result<kube::Outcome> reconcile(const Key& key, const Context& ctx) override {
    const auto advertisement = caches_.advertisements.get(key);
    if (!advertisement) return kube::Outcome::done();
    api::RouteAdvertisement wanted;
    wanted.metadata = advertisement->metadata;
    wanted.status.observed_generation = advertisement->metadata.generation;
    const api::Condition accepted = advertisement_condition(*advertisement, caches_.peers.list());
    wanted.status.conditions =
        merged(advertisement->status.conditions, {accepted}, client_.clock());
    if (wanted.status == advertisement->status) return kube::Outcome::done();
    TRY(client_.apply_status<api::RouteAdvertisement>(ctx, api::encode_part(wanted, {"status"}),
                                                      {.uid = advertisement->metadata.uid}));
    return kube::Outcome::done();
  }

 private:
  kube::Client client_;
  Caches caches_;
};

/// Advertised of TrafficIPs. Keeps the keys whose answer waits for nodes, so that a node's report
/// wakes those alone.
class Advertised final : public kube::Reconciler {
 public:
  Advertised(const kube::Client& client, const Caches& caches)
      : client_(client.as("nanika-bgp")), caches_(caches) {}

  Result<kube::Outcome> reconcile(const Key& key, const Context& ctx) override {
    const auto ip = caches_.ips.get(key);
    const bool live = ip && !ip->metadata.deleting();
    set_waiting(key,
                live);  // before the nodes' reports are read: one that comes meanwhile wakes us
    const auto answer = live ? ask(*ip) : std::optional<api::Condition>();
    if (!answer) return kube::Outcome::done();
    set_waiting(key, false);
    std::vector<api::Condition> ours = ip->status.conditions;
    std::erase_if(ours, [](const api::Condition& c) { return c.type != "Advertised"; });
    api::TrafficIP wanted;
    wanted.metadata = ip->metadata;
    wanted.status.conditions = merged(ours, {*answer}, client_.clock());
    if (wanted.status.conditions == ours) return kube::Outcome::done();
    api::json::object body = api::encode_part(wanted, {});
    body["status"] = api::json::object{
        {"conditions", api::encode_part(wanted, {"status"})["status"].at("conditions")}};
    TRY(client_.apply_status<api::TrafficIP>(ctx, std::move(body), {.uid = ip->metadata.uid}));
    return kube::Outcome::done();
  }

  std::vector<Key> waiting() const {
    const std::lock_guard lock(mutex_);
    return {waiting_.begin(), waiting_.end()};
  }

 private:
  void set_waiting(const Key& key, bool is) {
    const std::lock_guard lock(mutex_);
    if (is) {
      waiting_.insert(key);
    } else {
      waiting_.erase(key);
    }
  }

  bool endpoints_ready(const api::TrafficIP& ip) const {
    if (!ip.spec.target_ref || ip.spec.target_ref->kind != "Service") return true;
    const std::string service = ip.metadata.namespace_ + "/" + ip.spec.target_ref->name;
    for (const auto& slice : caches_.slices.by_index("target", service))
      for (const api::Endpoint& endpoint : slice->endpoints)
        if (endpoint.conditions.ready.value_or(true)) return true;
    return false;
  }

  std::optional<api::Condition> ask(const api::TrafficIP& ip) const {
    const auto all = caches_.advertisements.list();
    const auto pools = caches_.pools.list();
    std::vector<const api::AddressPool*> plain_pools;
    for (const auto& pool : pools) plain_pools.push_back(pool.get());
    const PoolIndex index(plain_pools);
    const auto namespace_ = caches_.namespaces.get({"", ip.metadata.namespace_});
    AdvertisingContext context{.node = nullptr, .advertisements = {}, .pools = &index};
    context.namespace_labels = [&](const std::string&) {
      return namespace_ ? &namespace_->metadata.labels : nullptr;
    };
    for (const auto& advertisement : all)
      if (check_advertisement(*advertisement))
        context.advertisements.push_back(advertisement.get());
    AdvertisedQuestion question{.ip = ip, .announced_by = {}};
    const bool ready = endpoints_ready(ip);
    for (const auto& node : caches_.nodes.list()) {
      context.node = node.get();
      context.endpoints_ready = [](const api::TrafficIP&) { return true; };
      question.selected = question.selected || !routes_of(ip, context).empty();
      context.endpoints_ready = [&](const api::TrafficIP&) { return ready; };
      if (!routes_of(ip, context).empty()) question.announced_by.push_back(node->metadata.name);
    }
    question.ready = ready || !question.announced_by.empty();
    return advertised_condition(question, caches_.states.list());
  }

  kube::Client client_;
  Caches caches_;
  mutable std::mutex mutex_;
  std::set<Key> waiting_;  // guarded by mutex_
};

template <class T>
std::vector<Key> all_keys(const kube::Cache<T>& cache) {
  std::vector<Key> out;
  for (const auto& object : cache.list()) out.push_back(kube::key_of(object->metadata));
  return out;
}

}  // namespace

struct Bgp::Parts {
  explicit Parts(kube::Manager& manager)
      : caches(caches_of(manager)),
        peers(manager.client(), caches),
        advertisements(manager.client(), caches),
        advertised(manager.client(), caches) {}
  Caches caches;
  Peers peers;
  Advertisements advertisements;
  Advertised advertised;
};

Bgp::Bgp(kube::Manager& manager) : parts_(std::make_unique<Parts>(manager)) {
  Parts& p = *parts_;
  p.caches.slices.index("target",
                        [](const api::EndpointSlice& s) { return std::vector{service_of(s)}; });
  p.caches.ips.index("service", [](const api::TrafficIP& ip) {
    const bool service = ip.spec.target_ref && ip.spec.target_ref->kind == "Service";
    return std::vector{service ? ip.metadata.namespace_ + "/" + ip.spec.target_ref->name
                               : std::string()};
  });
  const auto every_ip = [&p](const auto&) { return all_keys(p.caches.ips); };
  const auto every_peer = [&p](const auto&) { return all_keys(p.caches.peers); };
  manager.controller("bgp-peers", p.peers)
      .watches<api::BGPPeer>()
      .maps<api::Node>(every_peer,
                       [](const kube::Change<api::Node>& c) {
                         return !c.before || !c.after ||
                                c.before->metadata.labels != c.after->metadata.labels;
                       })
      .maps<api::NetworkNodeState>(every_peer, [](const kube::Change<api::NetworkNodeState>& c) {
        return !c.before || !c.after || c.before->status.peers != c.after->status.peers;
      });
  manager.controller("route-advertisements", p.advertisements)
      .watches<api::RouteAdvertisement>()
      .maps<api::BGPPeer>([&p](const auto&) { return all_keys(p.caches.advertisements); },
                          kube::generation_changed<api::BGPPeer>);
  manager.controller("advertised", p.advertised)
      .watches<api::TrafficIP>()
      .maps<api::RouteAdvertisement>(every_ip, kube::generation_changed<api::RouteAdvertisement>)
      .maps<api::AddressPool>(every_ip, kube::generation_changed<api::AddressPool>)
      .maps<api::Node>(every_ip,
                       [](const kube::Change<api::Node>& c) {
                         return !c.before || !c.after ||
                                c.before->metadata.labels != c.after->metadata.labels ||
                                c.before->spec != c.after->spec;
                       })
      .maps<api::NetworkNodeState>(every_ip,
                                   [](const kube::Change<api::NetworkNodeState>& c) {
                                     return !c.before || !c.after ||
                                            c.before->status.advertised.exceptions !=
                                                c.after->status.advertised.exceptions;
                                   })
      .maps<api::NetworkNodeState>([&p](const auto&) { return p.advertised.waiting(); })
      .maps<api::EndpointSlice>([&p](const api::EndpointSlice& s) {
        std::vector<Key> out;
        for (const auto& ip : p.caches.ips.by_index("service", service_of(s)))
          out.push_back(kube::key_of(ip->metadata));
        return out;
      })
      .workers(4);
}

Bgp::~Bgp() = default;

}  // namespace nanika::network::bgp
