// The allocator against a slow model that enumerates every address: random pools, asks, releases
// and time.
#include <algorithm>
#include <deque>
#include <set>

#include <gtest/gtest.h>

#include "network/addresses/allocator.h"

namespace nanika::network {
namespace {

using api::Assignment;
using base::Family;
using base::MonoTime;

constexpr int kUniverse = 24;  // addresses of each family

IpAddress address_at(Family family, int i) {
  const auto first =
      base::IpAddress::parse(family == Family::kIPv4 ? "192.0.2.0" : "2001:db8::").value();
  return {family, first.number() + static_cast<unsigned>(i)};
}

/// A pool as plain sets.
struct ModelPool {
  const api::AddressPool* object = nullptr;
  std::set<IpAddress> all, give;
};
struct ModelClaim {
  std::string holder;  ///< "": it rests
  MonoTime free_since{};
  bool published = true;
};

class Property : public testing::TestWithParam<uint64_t> {
 protected:
  int pick(int below) { return static_cast<int>(dice_() % static_cast<unsigned>(below)); }
  bool maybe(int percent) { return pick(100) < percent; }
  Family family() { return maybe(50) ? Family::kIPv4 : Family::kIPv6; }
  IpAddress any_address() { return address_at(family(), pick(kUniverse)); }

  /// A range, and the same in plain addresses.
  api::AddressRange range(std::vector<IpAddress>& plain, bool& has_edges) {
    const Family f = family();
    if (maybe(50)) {
      const int bits = pick(4);  // up to 8 addresses
      const int first = pick(kUniverse >> bits) << bits;
      for (int i = 0; i < 1 << bits; ++i) plain.push_back(address_at(f, first + i));
      has_edges = f == Family::kIPv4 && bits > 1;
      return {.cidr = fmt::format("{}/{}", plain.front().str(),
                                  (f == Family::kIPv4 ? 32 : 128) - bits)};
    }
    const int first = pick(kUniverse), last = first + pick(kUniverse - first);
    for (int i = first; i <= last; ++i) plain.push_back(address_at(f, i));
    has_edges = false;
    return {.start = plain.front().str(), .end = plain.back().str()};
  }
  static api::NamespacePermission gold_only() {
    return {.namespace_selector = api::LabelSelector{.match_labels = {{"tier", "gold"}}}};
  }

  void make_pool(int number) {
    api::AddressPool& pool = objects_.emplace_back();
    ModelPool model{.object = &pool};
    // The name says nothing of the age.
    pool.metadata.name = fmt::format("pool-{}", (number * 7 + 3) % 5);
    pool.metadata.uid = fmt::format("{:04}", number);
    pool.metadata.labels = {{"speed", maybe(50) ? "fast" : "slow"}};
    pool.spec.priority = pick(3);
    pool.spec.assignment = maybe(70)   ? Assignment::kAutomatic
                           : maybe(50) ? Assignment::kManual
                                       : Assignment::kDisabled;
    pool.spec.reserve_edge_addresses = maybe(30);
    if (maybe(30)) pool.spec.allowed = gold_only();
    if (maybe(10)) pool.metadata.deletion_timestamp.at = base::WallTime{std::chrono::hours(1)};
    std::set<IpAddress> withheld;
    for (int i = 0; i <= pick(2); ++i) {
      std::vector<IpAddress> plain;
      bool has_edges = false;
      pool.spec.ranges.push_back(range(plain, has_edges));
      model.all.insert(plain.begin(), plain.end());
      if (has_edges && pool.spec.reserve_edge_addresses)
        withheld.insert({plain.front(), plain.back()});
    }
    if (maybe(50)) {
      std::vector<IpAddress> plain;
      bool has_edges = false;
      pool.spec.excludes.push_back(range(plain, has_edges));
      withheld.insert(plain.begin(), plain.end());
    }
    for (const IpAddress& a : model.all)
      if (!withheld.contains(a) &&
          std::ranges::none_of(pools_, [&](const ModelPool& p) { return p.all.contains(a); }))
        model.give.insert(a);
    pools_.push_back(std::move(model));
  }

  Want make_want() {
    Want want{.uid = fmt::format("tip-{}", pick(8)), .families = {family()}};
    const int policy = pick(3);
    want.policy = static_cast<api::FamilyPolicy>(policy);
    if (policy != 0)
      want.families.push_back(want.families.front() == Family::kIPv4 ? Family::kIPv6
                                                                     : Family::kIPv4);
    if (maybe(30))
      want.addresses = {address_at(want.families[pick(policy == 0 ? 1 : 2)], pick(kUniverse))};
    if (maybe(20)) want.pools = {fmt::format("pool-{}", pick(5))};
    if (maybe(15)) want.pool_selector = api::LabelSelector{.match_labels = {{"speed", "fast"}}};
    if (maybe(60)) want.namespace_labels = {{"tier", "gold"}};
    return want;
  }

  // --- The model. ---

  bool selected(const ModelPool& pool, const Want& want) const {
    return (want.pools.empty() ||
            std::ranges::find(want.pools, pool.object->metadata.name) != want.pools.end()) &&
           (!want.pool_selector || want.pool_selector->matches(pool.object->metadata.labels));
  }
  static bool permitted(const ModelPool& pool, const Want& want) {
    return !pool.object->spec.allowed || want.namespace_labels.contains("tier");
  }
  bool rested(const ModelClaim& claim) const {
    return claim.holder.empty() &&
           (!claim.published ||
            now_ - claim.free_since >= network_.allocation.release_cooldown.value);
  }

  struct Expected {
    std::set<std::pair<IpAddress, bool>> any_of;  ///< address, taken again
    std::string refusal;
  };
  Expected expect_asked(const IpAddress& address, const Want& want) const {
    bool in_selected = false, in_permitted = false, given = false;
    for (const ModelPool& pool : pools_) {
      if (!selected(pool, want) || !pool.all.contains(address)) continue;
      in_selected = true;
      if (!permitted(pool, want)) continue;
      in_permitted = true;
      given = given || (pool.give.contains(address) && !pool.object->metadata.deleting() &&
                        pool.object->spec.assignment != Assignment::kDisabled);
    }
    if (!in_selected) return {.refusal = "AddressNotInPool"};
    if (!in_permitted) return {.refusal = "NotPermitted"};
    if (!given) return {.refusal = "AddressNotInPool"};
    const auto claim = claims_.find(address);
    if (claim == claims_.end()) return {.any_of = {{address, false}}};
    if (!rested(claim->second)) return {.refusal = "AddressInUse"};
    return {.any_of = {{address, true}}};
  }
  /// Of one pool: fresh ones first, then those that rested longest.
  Expected expect_of(const ModelPool& pool, Family family) const {
    Expected fresh, again;
    std::optional<MonoTime> oldest;
    for (const IpAddress& a : pool.give) {
      if (a.family() != family) continue;
      const auto claim = claims_.find(a);
      if (claim == claims_.end()) {
        const bool lowest = fresh.any_of.empty();
        if (lowest || network_.allocation.strategy == api::AllocationStrategy::kRandom)
          fresh.any_of.insert({a, false});
      } else if (rested(claim->second)) {
        if (!oldest || claim->second.free_since < *oldest) again.any_of.clear();
        if (!oldest || claim->second.free_since <= *oldest) {
          oldest = claim->second.free_since;
          again.any_of.insert({a, true});
        }
      }
    }
    return fresh.any_of.empty() ? again : fresh;
  }
  Expected expect_any(Family family, const Want& want) const {
    bool has_selected = false, has_permitted = false, has_giving = false;
    std::vector<const ModelPool*> giving;
    const bool named = !want.pools.empty() || want.pool_selector;
    for (const ModelPool& pool : pools_) {
      if (!selected(pool, want)) continue;
      const bool of_family =
          std::ranges::any_of(pool.all, [&](const IpAddress& a) { return a.family() == family; });
      has_selected = has_selected || of_family;
      if (!permitted(pool, want)) continue;
      has_permitted = has_permitted || of_family;
      const Assignment how = pool.object->spec.assignment;
      if (pool.object->metadata.deleting() ||
          !(how == Assignment::kAutomatic || (named && how == Assignment::kManual)))
        continue;
      has_giving = has_giving || of_family;
      giving.push_back(&pool);
    }
    std::ranges::sort(giving, {}, [](const ModelPool* p) {
      return std::pair(-p->object->spec.priority, p->object->metadata.name);
    });
    for (const ModelPool* pool : giving)
      if (Expected out = expect_of(*pool, family); !out.any_of.empty()) return out;
    return {.refusal = !has_selected    ? "NoPool"
                       : !has_permitted ? "NotPermitted"
                       : !has_giving    ? "NoPool"
                                        : "Exhausted"};
  }

  // --- One step: ask, compare, carry out. ---

  std::vector<IpAddress> held_by(const std::string& uid) const {
    std::vector<IpAddress> out;
    for (const auto& [address, claim] : claims_)
      if (claim.holder == uid) out.push_back(address);
    return out;
  }
  void set(const IpAddress& address, ModelClaim claim) {
    LedgerEntry entry{.observed_free = claim.free_since, .published = claim.published};
    if (!claim.holder.empty()) entry.holder_uids = {claim.holder};
    ledger_.set(address, std::move(entry));
    claims_[address] = std::move(claim);
  }
  void release(const IpAddress& address) {
    set(address, {.free_since = now_, .published = maybe(70)});
  }

  AllocationPlan ask(const Want& want, const std::vector<IpAddress>& held) {
    std::vector<const api::AddressPool*> objects;
    for (const auto& pool : objects_) objects.push_back(&pool);
    const SpaceView space = view_of_space(objects);
    NetworkView view{.name = "internet", .spec = network_, .pools = {}};
    for (const auto& [name, pool] : space.pools) view.pools.push_back(&pool);
    return plan_allocation(want, held, view, ledger_, now_, dice_);
  }

  void check_refusal(const Want& want, const AllocationPlan& plan,
                     const std::vector<IpAddress>& held) {
    EXPECT_TRUE(plan.take.empty());
    EXPECT_TRUE(plan.release.empty());
    EXPECT_EQ(plan.keep, held) << "a refusal takes nothing away";
    std::set<std::string> reasons;
    for (const Family f : want.families) {
      const auto asked = std::ranges::find(want.addresses, f, &IpAddress::family);
      reasons.insert(asked != want.addresses.end() ? expect_asked(*asked, want).refusal
                                                   : expect_any(f, want).refusal);
    }
    EXPECT_TRUE(reasons.contains(plan.refusal->reason)) << plan.refusal->reason;
  }
  void check_family(Family f, const Want& want, const AllocationPlan& plan,
                    const std::vector<IpAddress>& held) {
    const auto of = [&](const auto& list) {
      return std::ranges::find(list, f, &IpAddress::family);
    };
    const auto kept = of(plan.keep);
    const auto took =
        std::ranges::find(plan.take, f, [](const Choice& c) { return c.address.family(); });
    const auto asked = of(want.addresses);
    const bool holds = of(held) != held.end();
    const bool holds_asked =
        asked != want.addresses.end() && std::ranges::find(held, *asked) != held.end();
    if (asked == want.addresses.end() ? holds : holds_asked) {
      ASSERT_NE(kept, plan.keep.end());
      EXPECT_EQ(took, plan.take.end());
      if (holds_asked) EXPECT_EQ(*kept, *asked);
      return;
    }
    EXPECT_EQ(kept, plan.keep.end());
    const Expected expected =
        asked != want.addresses.end() ? expect_asked(*asked, want) : expect_any(f, want);
    if (took == plan.take.end()) {
      EXPECT_EQ(want.policy, api::FamilyPolicy::kPreferDualStack) << "a family is missing";
      EXPECT_NE(expected.refusal, "");
    } else {
      EXPECT_TRUE(expected.any_of.contains({took->address, took->reuse})) << took->address.str();
    }
  }
  void step() {
    const Want want = make_want();
    const auto held = held_by(want.uid);
    const AllocationPlan plan = ask(want, held);
    if (plan.refusal) return check_refusal(want, plan, held);
    std::vector<Family> families = want.families;
    if (want.policy == api::FamilyPolicy::kSingleStack && !want.addresses.empty())
      families = {want.addresses.front().family()};
    for (const Family f : families) check_family(f, want, plan, held);
    EXPECT_FALSE(plan.keep.empty() && plan.take.empty());
    EXPECT_EQ(plan.keep.size() + plan.release.size(), held.size()) << "each is kept or given back";
    for (const IpAddress& a : held)
      EXPECT_NE(std::ranges::find(plan.keep, a) == plan.keep.end(),
                std::ranges::find(plan.release, a) == plan.release.end());
    for (const Choice& choice : plan.take) set(choice.address, {.holder = want.uid});
    for (const IpAddress& a : plan.release) release(a);
  }
  void something_else() {
    if (maybe(50)) now_ += std::chrono::seconds(pick(40));
    const auto held = held_by(fmt::format("tip-{}", pick(8)));
    if (maybe(40))
      for (const IpAddress& a : held) release(a);
    if (maybe(20)) {  // a rest ends
      const IpAddress a = any_address();
      if (auto it = claims_.find(a); it != claims_.end() && it->second.holder.empty()) {
        claims_.erase(it);
        ledger_.erase(a);
      }
    }
  }

  std::mt19937_64 dice_;
  api::NetworkSpec network_;
  std::deque<api::AddressPool> objects_;
  std::vector<ModelPool> pools_;
  Ledger ledger_;
  std::map<IpAddress, ModelClaim> claims_;
  MonoTime now_{std::chrono::seconds(1000)};
};

TEST_P(Property, TheAllocatorDoesAsAModelThatLooksAtEveryAddress) {
  for (int world = 0; world < 25; ++world) {
    const uint64_t seed = GetParam() * 1000 + static_cast<uint64_t>(world);
    SCOPED_TRACE(fmt::format("seed {}", seed));
    dice_.seed(seed);
    objects_.clear();
    pools_.clear();
    claims_.clear();
    ledger_ = {};
    network_ = {};
    network_.allocation.strategy = static_cast<api::AllocationStrategy>(pick(3));
    const int count = 1 + pick(4);
    for (int i = 0; i < count; ++i) make_pool(i);
    for (int i = 0; i < 150 && !HasFailure(); ++i) {
      step();
      something_else();
    }
    if (HasFailure()) return;
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, Property, testing::Range<uint64_t>(1, 11));

}  // namespace
}  // namespace nanika::network
