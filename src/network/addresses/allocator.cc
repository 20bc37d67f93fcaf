#include "network/addresses/allocator.h"

#include <algorithm>

#include "network/addresses/claim_name.h"
#include "network/addresses/strategy.h"

namespace nanika::network {

namespace {

using api::Assignment;
using base::Family;

bool permits(const std::optional<api::NamespacePermission>& allowed,
             const std::map<std::string, std::string>& labels) {
  return !allowed || !allowed->namespace_selector || allowed->namespace_selector->matches(labels);
}

bool has_family(const IntervalSet& set, Family family) {
  for (const auto& [first, last] : set.runs())
    if (first.family() == family) return true;
  return false;
}

/// The pools that `want` may use, best first.
class Candidates {
 public:
  Candidates(const Want& want, const NetworkView& network) : want_(want), network_(network) {
    const bool named = !want.pools.empty() || want.pool_selector.has_value();
    for (const PoolView* pool : network.pools) {
      if (!want.pools.empty() && std::ranges::find(want.pools, pool->name) == want.pools.end())
        continue;
      if (want.pool_selector && !want.pool_selector->matches(pool->labels)) continue;
      selected_.push_back(pool);
      if (!permits(pool->allowed, want.namespace_labels)) continue;
      permitted_.push_back(pool);
      const bool manual_ok = named && pool->assignment == Assignment::kManual;
      if (!pool->deleting && (pool->assignment == Assignment::kAutomatic || manual_ok))
        giving_.push_back(pool);
    }
    std::ranges::sort(giving_, [](const PoolView* a, const PoolView* b) {
      return a->priority != b->priority ? a->priority > b->priority : a->name < b->name;
    });
  }

  const std::vector<const PoolView*>& giving() const { return giving_; }

  /// Why nobody gives an address of `family`.
  Refusal none(Family family, const Ledger& ledger) const {
    const std::string_view name = base::name(family);
    const auto of_family = [&](const std::vector<const PoolView*>& pools) {
      return std::ranges::any_of(pools,
                                 [&](const PoolView* p) { return has_family(p->all, family); });
    };
    if (!of_family(selected_))
      return {"NoPool",
              fmt::format(
                  "no AddressPool of Network {} {}has {} addresses: create one, or ask for another "
                  "family or pool",
                  network_.name, selection(), name)};
    if (!of_family(permitted_))
      return {
          "NotPermitted",
          fmt::format(
              "the AddressPools of Network {} {}with {} addresses do not admit this namespace: see "
              "spec.allowed of the pools",
              network_.name, selection(), name)};
    if (!of_family(giving_))
      return {
          "NoPool",
          fmt::format(
              "the AddressPools of Network {} {}with {} addresses are Manual, Disabled or being "
              "deleted: ask for a pool by name or set assignment: Automatic",
              network_.name, selection(), name)};
    size_t resting = 0;
    for (const auto& [since, address] : ledger.resting())
      resting += address.family() == family ? 1 : 0;
    return {"Exhausted",
            fmt::format(
                "Network {} {}has no free {} address ({} freed ones still rest): widen a pool or "
                "delete what is not needed",
                network_.name, selection(), name, resting)};
  }

  /// One asked-for address: the pool that gives it, or why none does. Several may have it in their
  /// ranges; the oldest gives.
  std::expected<const PoolView*, Refusal> pool_of(const IpAddress& address) const {
    const PoolView* holds = nullptr;    // has it in its ranges
    const PoolView* permits = nullptr;  // and admits us
    for (const PoolView* pool : selected_)
      if (pool->all.contains(address)) holds = pool;
    for (const PoolView* pool : permitted_) {
      if (!pool->all.contains(address)) continue;
      permits = pool;
      if (pool->give.contains(address) && pool->assignment != Assignment::kDisabled &&
          !pool->deleting)
        return pool;
    }
    if (holds == nullptr)
      return std::unexpected(
          Refusal{"AddressNotInPool",
                  fmt::format("{} is in no AddressPool of Network {}{}{}", address.str(),
                              network_.name, selection().empty() ? "" : " ", selection())});
    if (permits == nullptr)
      return std::unexpected(Refusal{
          "NotPermitted",
          fmt::format("AddressPool {} of {} does not admit this namespace: see its spec.allowed",
                      holds->name, address.str())});
    if (permits->conflicts.contains(address))
      return std::unexpected(
          Refusal{"AddressNotInPool",
                  fmt::format("{} of AddressPool {} belongs to the older AddressPool {} too",
                              address.str(), permits->name, permits->conflicts_with)});
    return std::unexpected(
        Refusal{"AddressNotInPool",
                fmt::format("AddressPool {} does not give {}: it is excluded, reserved, or the "
                            "pool is Disabled or being deleted",
                            permits->name, address.str())});
  }

 private:
  std::string selection() const {
    if (!want_.pools.empty()) return fmt::format("named {} ", fmt::join(want_.pools, ", "));
    return want_.pool_selector ? "that match spec.poolSelector " : "";
  }

  const Want& want_;
  const NetworkView& network_;
  std::vector<const PoolView*> selected_, permitted_, giving_;
};

std::expected<Choice, Refusal> choose_asked(const IpAddress& address, const Candidates& candidates,
                                            const NetworkView& network, const Ledger& ledger,
                                            base::MonoTime now) {
  const auto pool = candidates.pool_of(address);
  if (!pool) return std::unexpected(pool.error());
  const LedgerEntry* entry = ledger.find(address);
  if (entry == nullptr) return Choice{address, (*pool)->name, false};
  if (!entry->holder_uids.empty())
    return std::unexpected(
        Refusal{"AddressInUse",
                fmt::format("{} is held by another TrafficIP: see kubectl get "
                            "addressclaims {}",
                            address.str(), claim_name(network.spec.address_space, address))});
  if (!rested(*entry, network.spec.allocation, now))
    return std::unexpected(Refusal{
        "AddressInUse", fmt::format("{} was freed moments ago and rests until its Network's "
                                    "releaseCooldown is over; it is taken then",
                                    address.str())});
  return Choice{address, (*pool)->name, true};
}

std::expected<Choice, Refusal> choose_any(Family family, const Candidates& candidates,
                                          const NetworkView& network, const Ledger& ledger,
                                          base::MonoTime now, std::mt19937_64& random) {
  for (const PoolView* pool : candidates.giving()) {
    if (auto pick = pick_address(*pool, family, network.spec.allocation, ledger, now, random))
      return Choice{pick->address, pool->name, pick->reuse};
  }
  return std::unexpected(candidates.none(family, ledger));
}

const IpAddress* of_family(const std::vector<IpAddress>& addresses, Family family) {
  auto it = std::ranges::find(addresses, family, &IpAddress::family);
  return it == addresses.end() ? nullptr : &*it;
}

/// The families to serve: what was asked for by address comes first.
std::vector<Family> wanted_families(const Want& want) {
  if (want.policy != api::FamilyPolicy::kSingleStack) return want.families;
  if (!want.addresses.empty()) return {want.addresses.front().family()};
  return {want.families.front()};
}

}  // namespace

AllocationPlan plan_allocation(const Want& want, const std::vector<IpAddress>& held,
                               const NetworkView& network, const Ledger& ledger, base::MonoTime now,
                               std::mt19937_64& random) {
  AllocationPlan plan;
  if (!permits(network.spec.allowed, want.namespace_labels)) {
    // What is in use is never taken away: the first of each family stays.
    for (const IpAddress& address : held)
      (of_family(plan.keep, address.family()) == nullptr ? plan.keep : plan.release)
          .push_back(address);
    if (held.empty())
      plan.refusal =
          Refusal{"NotPermitted",
                  fmt::format("Network {} does not admit this namespace: see its spec.allowed",
                              network.name)};
    return plan;
  }
  const Candidates candidates(want, network);
  const std::vector<Family> families = wanted_families(want);
  for (size_t i = 0; i < families.size(); ++i) {
    const IpAddress* asked = of_family(want.addresses, families[i]);
    const bool has_asked = asked != nullptr && std::ranges::find(held, *asked) != held.end();
    const IpAddress* has = has_asked ? asked : of_family(held, families[i]);
    if (has != nullptr && (asked == nullptr || *asked == *has)) {
      plan.keep.push_back(*has);
      continue;
    }
    auto choice = asked != nullptr
                      ? choose_asked(*asked, candidates, network, ledger, now)
                      : choose_any(families[i], candidates, network, ledger, now, random);
    if (choice) {
      plan.take.push_back(*choice);
      continue;
    }
    const bool optional = want.policy == api::FamilyPolicy::kPreferDualStack && asked == nullptr &&
                          (i > 0 || families.size() > 1);
    if (optional && (i + 1 < families.size() || !plan.keep.empty() || !plan.take.empty())) continue;
    plan.refusal = std::move(choice.error());
    plan.take.clear();
    plan.keep = held;
    return plan;
  }
  for (const IpAddress& address : held)
    if (std::ranges::find(plan.keep, address) == plan.keep.end()) plan.release.push_back(address);
  return plan;
}

}  // namespace nanika::network
