#include "network/bgp/agent.h"

#include <algorithm>
#include <atomic>
#include <charconv>

#include "api/core/endpoint_slice.h"
#include "api/core/objects.h"
#include "api/core/service.h"
#include "base/base64.h"
#include "base/log.h"
#include "kube/conditions.h"
#include "network/bgp/agent_routes.h"

namespace nanika::network::bgp {

namespace {

using base::Code;
using base::fail;
using kube::Context;
using kube::Key;
using kube::Result;

/// The key that stands for everything; TrafficIPs are namespaced, so it cannot be one of theirs.
const Key kEverything{"", "everything"};
/// Sessions change by themselves; passwords are read again.
constexpr std::chrono::seconds kPoll{1};
constexpr std::chrono::seconds kReadAgain{30};
/// So long a Node may take to be registered before its absence is an error.
constexpr std::chrono::seconds kRegistering{5};

struct Caches {
  kube::Cache<api::Node>& nodes;
  kube::Cache<api::BGPPeer>& peers;
  kube::Cache<api::RouteAdvertisement>& advertisements;
  kube::Cache<api::TrafficIP>& ips;
  kube::Cache<api::AddressPool>& pools;
  kube::Cache<api::Namespace>& namespaces;
  kube::Cache<api::Service>& services;
  kube::Cache<api::EndpointSlice>& slices;
  kube::Cache<api::NetworkNodeState>& states;
};

std::string service_of(const api::EndpointSlice& slice) {
  auto label = slice.metadata.labels.find(std::string(api::EndpointSlice::kServiceNameLabel));
  return label == slice.metadata.labels.end() ? ""
                                              : slice.metadata.namespace_ + "/" + label->second;
}

std::string target_of(const api::TrafficIP& ip) {
  const bool service = ip.spec.target_ref && ip.spec.target_ref->kind == "Service";
  return service ? ip.metadata.namespace_ + "/" + ip.spec.target_ref->name : std::string();
}

Caches caches_of(kube::Manager& manager, const std::string& node) {
  Caches out{
      .nodes = manager.cache<api::Node>({.field_selector = "metadata.name=" + node}),
      .peers = manager.cache<api::BGPPeer>(),
      .advertisements = manager.cache<api::RouteAdvertisement>(),
      .ips = manager.cache<api::TrafficIP>(),
      .pools = manager.cache<api::AddressPool>(),
      .namespaces = manager.cache<api::Namespace>(),
      .services = manager.cache<api::Service>(),
      .slices = manager.cache<api::EndpointSlice>(),
      .states = manager.cache<api::NetworkNodeState>({.field_selector = "metadata.name=" + node})};
  out.slices.index("service",
                   [](const api::EndpointSlice& s) { return std::vector{service_of(s)}; });
  out.ips.index("service", [](const api::TrafficIP& ip) { return std::vector{target_of(ip)}; });
  return out;
}

template <class T>
std::vector<const T*> plain(const std::vector<std::shared_ptr<const T>>& objects) {
  std::vector<const T*> out;
  for (const auto& object : objects) out.push_back(object.get());
  return out;
}

uint64_t number(const std::string& text) {
  uint64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

}  // namespace

struct Agent::Parts {
  Parts(kube::Manager& manager, Speaker& the_speaker, AgentOptions the_options)
      : client(manager.client().as("nanika-agent")),
        options(std::move(the_options)),
        caches(caches_of(manager, options.node)),
        speaker(the_speaker),
        routes(speaker),
        reconciler(*this),
        reporter(*this) {}

  /// Keeps what the pure functions look at alive for one reconcile.
  struct World {
    std::shared_ptr<const api::Node> node;
    std::vector<std::shared_ptr<const api::BGPPeer>> peers;
    std::vector<std::shared_ptr<const api::RouteAdvertisement>> advertisements;
    std::vector<std::shared_ptr<const api::AddressPool>> pools;
    std::optional<PoolIndex> index;
    AgentView view;
  };

  void look(World& world) {
    world.node = caches.nodes.get({"", options.node});
    world.peers = caches.peers.list();
    world.advertisements = caches.advertisements.list();
    world.pools = caches.pools.list();
    world.index.emplace(plain(world.pools));
    world.view.peers = plain(world.peers);
    for (const auto& advertisement : world.advertisements)
      if (check_advertisement(*advertisement))
        world.view.advertisements.push_back(advertisement.get());
    world.view.context = {
        .node = world.node.get(),
        .advertisements = world.view.advertisements,
        .pools = &*world.index,
        .namespace_labels = [this](const std::string& name) { return labels_of(name); },
        .endpoints_ready = [this](const api::TrafficIP& ip) { return endpoints_ready(ip); }};
  }

  const std::map<std::string, std::string>* labels_of(const std::string& name) {
    // The cache may let go of its object while the pointer is used: keep the latest of each
    // namespace.
    auto& kept = namespaces[name];
    kept = caches.namespaces.get({"", name});
    return kept ? &kept->metadata.labels : nullptr;
  }

  bool endpoints_ready(const api::TrafficIP& ip) const {
    if (!ip.spec.target_ref || ip.spec.target_ref->kind != "Service") return true;
    const auto service = caches.services.get({ip.metadata.namespace_, ip.spec.target_ref->name});
    if (!service) return false;
    const bool here = service->spec.external_traffic_policy == "Local";
    for (const auto& slice : caches.slices.by_index("service", target_of(ip))) {
      for (const api::Endpoint& endpoint : slice->endpoints) {
        if (here && endpoint.node_name != options.node) continue;
        if (endpoint.conditions.ready.value_or(true) || service->spec.publish_not_ready_addresses)
          return true;
      }
    }
    return false;
  }

  Passwords read_passwords(const World& world, const Context& ctx) const {
    Passwords out;
    for (const auto& peer : world.peers) {
      if (!peer->spec.password_secret_ref) continue;
      const api::SecretKeyRef& ref = *peer->spec.password_secret_ref;
      out.insert_or_assign(password_key(ref), read_password(ref, ctx));
    }
    return out;
  }

  Result<std::string> read_password(const api::SecretKeyRef& ref, const Context& ctx) const {
    const auto secret = TRY(client.get<api::Secret>(ctx, {ref.namespace_, ref.name}));
    auto value = secret.data.find(ref.key);
    if (value == secret.data.end())
      return fail(Code::kNotFound, "Secret {}/{} has no key \"{}\"", ref.namespace_, ref.name,
                  ref.key);
    return base::base64_decode(value->second);
  }

  Result<kube::Outcome> replace(const Context& ctx) {
    World world;
    look(world);
    if (!world.node && client.clock().mono() - started < kRegistering)
      return kube::Outcome::after(std::chrono::milliseconds(50));
    if (!world.node)
      return fail(Code::kNotFound, "Node {} does not exist: register it, or give --node its name",
                  options.node);
    const Passwords passwords = read_passwords(world, ctx);
    const std::lock_guard lock(mutex);
    TRY(routes.replace(world.view, plan_peers(*world.node, world.view.peers, passwords),
                       caches.ips.list()));
    return kube::Outcome::after(kReadAgain);
  }

  Result<kube::Outcome> update(const Key& key) {
    World world;
    look(world);
    if (!world.node) return kube::Outcome::done();
    const auto ip = caches.ips.get(key);
    const std::lock_guard lock(mutex);
    TRY(routes.update(world.view, key.str(), ip.get()));
    return kube::Outcome::done();
  }

  Result<kube::Outcome> report(const Context& ctx) {
    api::NetworkNodeState wanted;
    wanted.metadata.name = options.node;
    {
      const std::lock_guard lock(mutex);
      if (!routes.configured()) return kube::Outcome::after(kPoll);
      auto sessions = speaker.sessions();
      wanted.status = routes.status(sessions.value_or(std::vector<SessionState>{}));
      api::Condition ready{.type = "Ready", .status = sessions ? "True" : "False"};
      ready.reason = sessions ? "Ready" : "SpeakerUnavailable";
      ready.message = sessions ? "agent and BIRD are at work" : sessions.error().message;
      if (const auto present = caches.states.get({"", options.node}))
        wanted.status.conditions = present->status.conditions;
      kube::set_condition(wanted.status.conditions, ready, client.clock());
    }
    // Everything up to the newest TrafficIP seen is programmed once nothing waits.
    const uint64_t seen = newest.load();
    if (ip_queue != nullptr && ip_queue->idle()) observed = seen;
    wanted.status.advertised.observed_revision = fmt::format("{}", observed);
    const auto present = caches.states.get({"", options.node});
    if (!present) {
      TRY(client.apply<api::NetworkNodeState>(ctx, api::encode_part(wanted, {})));
    } else if (present->status == wanted.status) {
      return kube::Outcome::after(kPoll);
    }
    TRY(client.apply_status<api::NetworkNodeState>(ctx, api::encode_part(wanted, {"status"})));
    return kube::Outcome::after(kPoll);
  }

  class Routes final : public kube::Reconciler {
   public:
    explicit Routes(Parts& parts) : parts_(parts) {}
    Result<kube::Outcome> reconcile(const Key& key, const Context& ctx) override {
      auto outcome = key == kEverything ? parts_.replace(ctx) : parts_.update(key);
      if (parts_.report_queue != nullptr) parts_.report_queue->add({"", parts_.options.node});
      return outcome;
    }

   private:
    Parts& parts_;
  };
  class Reporter final : public kube::Reconciler {
   public:
    explicit Reporter(Parts& parts) : parts_(parts) {}
    Result<kube::Outcome> reconcile(const Key&, const Context& ctx) override {
      return parts_.report(ctx);
    }

   private:
    Parts& parts_;
  };

  kube::Client client;
  AgentOptions options;
  Caches caches;
  const base::MonoTime started = client.clock().mono();
  std::map<std::string, std::shared_ptr<const api::Namespace>>
      namespaces;  ///< of the one routes worker
  std::mutex mutex;
  Speaker& speaker;    // guarded by mutex
  AgentRoutes routes;  // guarded by mutex
  Routes reconciler;
  Reporter reporter;
  std::atomic<uint64_t> newest{0};  ///< resourceVersion of the newest TrafficIP seen
  uint64_t observed = 0;            ///< of the one reporter
  kube::Queue* ip_queue = nullptr;
  kube::Queue* report_queue = nullptr;
};

Agent::Agent(kube::Manager& manager, Speaker& speaker, AgentOptions options)
    : parts_(std::make_unique<Parts>(manager, speaker, std::move(options))) {
  Parts& p = *parts_;
  const auto everything = [](const auto&) { return std::vector{kEverything}; };
  const auto ips_of_service = [&p](const std::string& service) {
    std::vector<Key> out;
    for (const auto& ip : p.caches.ips.by_index("service", service))
      out.push_back(kube::key_of(ip->metadata));
    return out;
  };
  auto routes = manager.controller("bgp-routes", p.reconciler)
                    .watches<api::TrafficIP>()
                    .maps<api::BGPPeer>(everything, kube::generation_changed<api::BGPPeer>)
                    .maps<api::RouteAdvertisement>(
                        everything, kube::generation_changed<api::RouteAdvertisement>)
                    .maps<api::AddressPool>(everything, kube::generation_changed<api::AddressPool>)
                    .maps<api::Service>([ips_of_service](const api::Service& s) {
                      return ips_of_service(s.metadata.key());
                    })
                    .maps<api::EndpointSlice>([ips_of_service](const api::EndpointSlice& s) {
                      return ips_of_service(service_of(s));
                    })
                    .every_replica();
  routes.maps<api::Namespace>(everything, [](const kube::Change<api::Namespace>& c) {
    return !c.before || !c.after || c.before->metadata.labels != c.after->metadata.labels;
  });
  p.ip_queue = &routes.queue();
  // After the controller's own watch: what is told as seen stands in the queue already.
  p.caches.ips.on_change([&p](const kube::Change<api::TrafficIP>& change) {
    const uint64_t revision = number(change.object().metadata.resource_version);
    if (revision > p.newest.load()) p.newest.store(revision);
  });
  auto reports = manager.controller("bgp-report", p.reporter).every_replica();
  p.report_queue = &reports.queue();
  // Nodes change their status all the time: what counts is what is chosen by.
  p.caches.nodes.on_change([&p](const kube::Change<api::Node>& c) {
    const bool same =
        c.before && c.after && c.before->metadata.labels == c.after->metadata.labels &&
        c.before->metadata.annotations == c.after->metadata.annotations &&
        c.before->spec == c.after->spec && c.before->status.addresses == c.after->status.addresses;
    if (!same) p.ip_queue->add(kEverything);
  });
  // A state that somebody removed or edited is written again.
  p.caches.states.on_change([&p](const kube::Change<api::NetworkNodeState>&) {
    p.report_queue->add({"", p.options.node});
  });
}

Agent::~Agent() = default;

}  // namespace nanika::network::bgp
