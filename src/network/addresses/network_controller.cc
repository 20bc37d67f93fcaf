#include "network/addresses/network_controller.h"

#include <algorithm>

#include "kube/conditions.h"
#include "kube/finalizers.h"
#include "network/addresses/network_status.h"
#include "network/addresses/service_plan.h"

namespace nanika::network {

namespace {

using kube::Context;
using kube::Key;
using kube::Result;

constexpr base::Family kFamilies[] = {base::Family::kIPv4, base::Family::kIPv6};

}  // namespace

NetworkController::NetworkController(const kube::Client& client, const AddressCaches& caches,
                                     AddressBook& book)
    : client_(client.as("nanika-networks")), caches_(caches), book_(book) {}

Result<kube::Outcome> NetworkController::reconcile(const Key& key, const Context& ctx) {
  const auto network = caches_.networks.get(key);
  const auto pools = caches_.pools.by_index("network", key.name);
  if (!network) {
    for (const auto& pool : pools) TRY(report_pool(*pool, nullptr, nullptr, ctx));
    return kube::Outcome::done();
  }
  const bool claimed = !caches_.claims.by_index("network", key.name).empty();
  TRY(guard(*network, claimed || !pools.empty(), ctx));
  const Snapshot snapshot(*network, caches_.networks, caches_.pools);
  for (const auto& pool : pools) TRY(report_pool(*pool, network.get(), &snapshot, ctx));
  TRY(report_network(*network, snapshot, ctx));
  return kube::Outcome::done();
}

template <class T>
Result<void> NetworkController::guard(const T& object, bool in_use, const Context& ctx) {
  const std::string finalizer(api::kInUseFinalizer);
  if (!object.metadata.deleting() && in_use)
    TRY(kube::add_finalizer(client_, ctx, object, finalizer));
  if (!in_use) TRY(kube::remove_finalizer(client_, ctx, object, finalizer));
  return {};
}

Result<void> NetworkController::report_network(const api::Network& network,
                                               const Snapshot& snapshot, const Context& ctx) {
  api::Network wanted;
  wanted.metadata = network.metadata;
  api::NetworkStatus& status = wanted.status;
  status.observed_generation = network.metadata.generation;
  std::vector<std::pair<base::U128, int64_t>> used;
  bool exhausted = false;
  for (const base::Family family : kFamilies) {
    IntervalSet all, ever,
        give;  // live claims may stand in all; ever is what pools give when none drains
    for (const PoolView* pool : snapshot.view().pools) {
      all.add(pool->all);
      ever.add(pool->give);
      if (pool->assignment != api::Assignment::kDisabled && !pool->deleting) give.add(pool->give);
    }
    if (all.size(family) == 0) continue;
    const auto held = book_.count(network.spec.address_space, all, family);
    const auto claimed = book_.count(network.spec.address_space, give, family);
    status.families.push_back(
        usage_of(family, ever.size(family), held.held, claimed.claimed, give.size(family)));
    used.emplace_back(ever.size(family), held.held);
    exhausted = exhausted || status.families.back().available == 0;
    status.summary.families +=
        (status.summary.families.empty() ? "" : ",") + std::string(base::name(family));
  }
  status.summary.used = used_summary(used);
  status.conditions = network.status.conditions;
  const auto networks = caches_.networks.list();
  std::vector<const api::Network*> plain;
  for (const auto& n : networks) plain.push_back(n.get());
  const api::Network* chosen = default_network(plain);
  api::Condition ready{
      .type = "Ready", .status = "True", .observed_generation = network.metadata.generation};
  ready.reason = "Ready";
  ready.message = "pools give addresses";
  if (network.spec.is_default && chosen != nullptr &&
      chosen->metadata.name != network.metadata.name) {
    ready.reason = "NotTheDefault";
    ready.message =
        fmt::format("serves those who name it; Network {} is older and stays the default",
                    chosen->metadata.name);
  }
  if (status.families.empty()) {
    ready.status = "False";
    ready.reason = "NoPool";
    ready.message = "no AddressPool names this Network in spec.networkRef, or none is valid";
  }
  api::Condition full{.type = "Exhausted",
                      .status = exhausted ? "True" : "False",
                      .observed_generation = network.metadata.generation};
  full.reason = exhausted ? "NoneLeft" : "SomeLeft";
  full.message = exhausted ? "a family has no free address: widen or add a pool"
                           : "every family has free addresses";
  kube::set_condition(status.conditions, ready, client_.clock());
  kube::set_condition(status.conditions, full, client_.clock());
  if (status == network.status) return {};
  TRY(client_.apply_status<api::Network>(ctx, api::encode_part(wanted, {"status"}),
                                         {.uid = network.metadata.uid}));
  return {};
}

std::vector<api::FamilyUsage> NetworkController::usage(const std::string& space,
                                                       const IntervalSet& all,
                                                       const IntervalSet& give) const {
  std::vector<api::FamilyUsage> out;
  for (const base::Family family : kFamilies) {
    if (all.size(family) == 0) continue;
    out.push_back(usage_of(family, give.size(family), book_.count(space, all, family).held,
                           book_.count(space, give, family).claimed, give.size(family)));
  }
  return out;
}

Result<void> NetworkController::report_pool(const api::AddressPool& pool,
                                            const api::Network* network, const Snapshot* snapshot,
                                            const Context& ctx) {
  api::AddressPool wanted;
  wanted.metadata = pool.metadata;
  wanted.status.observed_generation = pool.metadata.generation;
  const auto claims = caches_.claims.by_index("pool", pool.metadata.name);
  int64_t held = 0, out_of_range = 0;
  const PoolView* view = nullptr;
  if (snapshot != nullptr)
    if (auto it = snapshot->space().pools.find(pool.metadata.name);
        it != snapshot->space().pools.end())
      view = &it->second;
  for (const auto& claim : claims) {
    if (claim->spec.holders.empty()) continue;
    ++held;
    const auto address = IpAddress::parse(claim->spec.address);
    out_of_range += view != nullptr && address && !view->all.contains(*address) ? 1 : 0;
  }
  if (view != nullptr) {
    wanted.status.families = usage(network->spec.address_space, view->all, view->give);
    std::vector<std::pair<base::U128, int64_t>> used;
    for (const base::Family family : kFamilies)
      if (view->all.size(family) != 0)
        used.emplace_back(view->give.size(family),
                          book_.count(network->spec.address_space, view->all, family).held);
    wanted.status.summary.used = used_summary(used);
  }
  const std::string problem =
      network == nullptr ? fmt::format("Network {} does not exist: create it, or name another",
                                       pool.spec.network_ref.name)
                         : "";
  wanted.status.conditions = pool.status.conditions;
  for (const api::Condition& c :
       pool_conditions(pool, snapshot ? &snapshot->space() : nullptr, problem, held, out_of_range))
    kube::set_condition(wanted.status.conditions, c, client_.clock());
  TRY(guard(pool, held > 0, ctx));
  if (!(wanted.status == pool.status))
    TRY(client_.apply_status<api::AddressPool>(ctx, api::encode_part(wanted, {"status"}),
                                               {.uid = pool.metadata.uid}));
  return {};
}

}  // namespace nanika::network
