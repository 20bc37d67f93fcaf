#include "network/addresses/allocator.h"

#include <set>

#include <gtest/gtest.h>

#include "network/addresses/claim_name.h"

namespace nanika::network {
namespace {

using base::Family;
using base::MonoTime;
using std::chrono::seconds;

IpAddress ip(std::string_view text) {
  return base::IpAddress::parse(text).value();
}

/// A Network with pools, and a ledger, as a test writes them.
class World {
 public:
  api::AddressPool& pool(std::string name, std::vector<std::string> cidrs) {
    api::AddressPool& out = pools_.emplace_back();
    out.metadata.name = std::move(name);
    out.metadata.uid = fmt::format("{:04}", pools_.size());
    for (std::string& c : cidrs) out.spec.ranges.push_back({.cidr = std::move(c)});
    return out;
  }
  AllocationPlan plan(const Want& want, std::vector<IpAddress> held = {}) {
    std::vector<const api::AddressPool*> pools;
    for (const auto& p : pools_) pools.push_back(&p);
    const SpaceView space = view_of_space(pools);
    NetworkView view{.name = "internet", .spec = network};
    for (const auto& [name, pool] : space.pools) view.pools.push_back(&pool);
    return plan_allocation(want, held, view, ledger, now, random);
  }
  void hold(std::string_view address) { ledger.set(ip(address), {.holder_uids = {"other"}}); }

  api::NetworkSpec network;
  Ledger ledger;
  MonoTime now{seconds(1000)};
  std::mt19937_64 random{1};

 private:
  std::deque<api::AddressPool> pools_;
};

Want want(std::vector<Family> families = {Family::kIPv4},
          api::FamilyPolicy policy = api::FamilyPolicy::kSingleStack) {
  return {.uid = "me", .families = std::move(families), .policy = policy};
}
std::string taken(const AllocationPlan& plan) {
  std::string out = plan.refusal ? plan.refusal->reason : "";
  for (const Choice& c : plan.take)
    out += (out.empty() ? "" : ",") + c.address.str() + (c.reuse ? "(again)" : "");
  return out;
}

TEST(Allocator, GivesTheLowestFreeAddress) {
  World w;
  w.pool("a", {"203.0.113.0/30"});
  w.hold("203.0.113.0");
  w.hold("203.0.113.2");
  EXPECT_EQ(taken(w.plan(want())), "203.0.113.1");
}

TEST(Allocator, GivesEveryAddressOfSmallPrefixesAndNoMore) {
  for (const auto& [prefix, count] : std::map<std::string, int>{{"192.0.2.0/32", 1},
                                                                {"192.0.2.0/31", 2},
                                                                {"2001:db8::/128", 1},
                                                                {"2001:db8::/127", 2}}) {
    World w;
    w.pool("a", {prefix}).spec.reserve_edge_addresses = true;  // has no edges to spare
    const Family family = prefix.contains(':') ? Family::kIPv6 : Family::kIPv4;
    for (int i = 0; i < count; ++i) {
      const AllocationPlan plan = w.plan(want({family}));
      ASSERT_EQ(plan.take.size(), 1u) << prefix << i;
      w.ledger.set(plan.take[0].address, {.holder_uids = {"x"}});
    }
    EXPECT_EQ(taken(w.plan(want({family}))), "Exhausted") << prefix;
  }
}

TEST(Allocator, KeepsEdgesAndExcludesFree) {
  World w;
  auto& pool = w.pool("a", {"203.0.113.0/29"});
  pool.spec.reserve_edge_addresses = true;
  pool.spec.excludes = {{.cidr = "203.0.113.1/32"}, {.start = "203.0.113.3", .end = "203.0.113.6"}};
  EXPECT_EQ(taken(w.plan(want())), "203.0.113.2");
  w.hold("203.0.113.2");
  EXPECT_EQ(taken(w.plan(want())), "Exhausted");
}

TEST(Allocator, HigherPriorityGivesFirst) {
  World w;
  w.pool("a", {"192.0.2.0/32"}).spec.priority = 1;
  w.pool("b", {"198.51.100.0/32"}).spec.priority = 100;
  EXPECT_EQ(taken(w.plan(want())), "198.51.100.0");
  w.hold("198.51.100.0");
  EXPECT_EQ(taken(w.plan(want())), "192.0.2.0");
}

TEST(Allocator, ManualPoolsGiveOnlyWhenAskedFor) {
  World w;
  w.pool("gold", {"192.0.2.0/24"}).spec.assignment = api::Assignment::kManual;
  EXPECT_EQ(taken(w.plan(want())), "NoPool");
  Want by_pool = want();
  by_pool.pools = {"gold"};
  EXPECT_EQ(taken(w.plan(by_pool)), "192.0.2.0");
  Want by_address = want();
  by_address.addresses = {ip("192.0.2.9")};
  EXPECT_EQ(taken(w.plan(by_address)), "192.0.2.9");
}

TEST(Allocator, DisabledPoolsGiveNothingAndTakeNothingAway) {
  World w;
  w.pool("a", {"192.0.2.0/24"}).spec.assignment = api::Assignment::kDisabled;
  EXPECT_EQ(taken(w.plan(want())), "NoPool");
  const AllocationPlan plan = w.plan(want(), {ip("192.0.2.5")});
  EXPECT_EQ(plan.keep, std::vector{ip("192.0.2.5")});
  EXPECT_TRUE(plan.release.empty());
}

TEST(Allocator, AnAskedForAddressIsThatOrNone) {
  World w;
  w.pool("a", {"192.0.2.0/24"});
  Want asked = want();
  asked.addresses = {ip("192.0.2.7")};
  EXPECT_EQ(taken(w.plan(asked)), "192.0.2.7");
  w.hold("192.0.2.7");
  EXPECT_EQ(taken(w.plan(asked)), "AddressInUse");
  asked.addresses = {ip("198.51.100.1")};
  EXPECT_EQ(taken(w.plan(asked)), "AddressNotInPool");
}

TEST(Allocator, AChangedRequestTakesTheNewBeforeItGivesTheOldBack) {
  World w;
  w.pool("a", {"192.0.2.0/24"});
  w.ledger.set(ip("192.0.2.1"), {.holder_uids = {"me"}});
  Want asked = want();
  asked.addresses = {ip("192.0.2.7")};
  const AllocationPlan plan = w.plan(asked, {ip("192.0.2.1")});
  EXPECT_EQ(taken(plan), "192.0.2.7");
  EXPECT_EQ(plan.release, std::vector{ip("192.0.2.1")});
  w.hold("192.0.2.7");
  const AllocationPlan refused = w.plan(asked, {ip("192.0.2.1")});
  EXPECT_EQ(taken(refused), "AddressInUse");
  EXPECT_EQ(refused.keep, std::vector{ip("192.0.2.1")})
      << "what is in use stays until the new one is there";
  EXPECT_TRUE(refused.release.empty());
}

TEST(Allocator, DualStackIsRequiredOrPreferred) {
  World w;
  w.pool("four", {"192.0.2.0/24"});
  EXPECT_EQ(
      taken(w.plan(want({Family::kIPv4, Family::kIPv6}, api::FamilyPolicy::kRequireDualStack))),
      "NoPool");
  EXPECT_EQ(
      taken(w.plan(want({Family::kIPv4, Family::kIPv6}, api::FamilyPolicy::kPreferDualStack))),
      "192.0.2.0");
  EXPECT_EQ(
      taken(w.plan(want({Family::kIPv6, Family::kIPv4}, api::FamilyPolicy::kPreferDualStack))),
      "192.0.2.0");
  w.pool("six", {"2001:db8::/64"});
  EXPECT_EQ(
      taken(w.plan(want({Family::kIPv6, Family::kIPv4}, api::FamilyPolicy::kRequireDualStack))),
      "2001:db8::,192.0.2.0");
  EXPECT_EQ(taken(w.plan(want({Family::kIPv4, Family::kIPv6}, api::FamilyPolicy::kPreferDualStack),
                         {ip("192.0.2.0")})),
            "2001:db8::")
      << "the second family is added later";
}

TEST(Allocator, NamespacesNeedPermission) {
  World w;
  w.pool("a", {"192.0.2.0/24"}).spec.allowed = api::NamespacePermission{
      .namespace_selector = api::LabelSelector{.match_labels = {{"internet", "allowed"}}}};
  EXPECT_EQ(taken(w.plan(want())), "NotPermitted");
  Want permitted = want();
  permitted.namespace_labels = {{"internet", "allowed"}};
  EXPECT_EQ(taken(w.plan(permitted)), "192.0.2.0");
  w.network.allowed = api::NamespacePermission{
      .namespace_selector = api::LabelSelector{.match_labels = {{"tier", "gold"}}}};
  EXPECT_EQ(taken(w.plan(permitted)), "NotPermitted");
}

TEST(Allocator, TheYoungerOfTwoOverlappingPoolsGivesNothingOfTheOverlap) {
  World w;
  w.pool("old", {"192.0.2.0/25"}).spec.assignment = api::Assignment::kDisabled;
  w.pool("young", {"192.0.2.0/24"});
  EXPECT_EQ(taken(w.plan(want())), "192.0.2.128");
}

TEST(Allocator, AFreedAddressRestsUnlessItWasNeverPublished) {
  World w;
  w.pool("a", {"192.0.2.0/31"});
  w.ledger.set(ip("192.0.2.0"), {.holder_uids = {}, .observed_free = w.now});
  w.hold("192.0.2.1");
  EXPECT_EQ(taken(w.plan(want())), "Exhausted");
  w.now += seconds(59);
  w.ledger.set(ip("192.0.2.0"),
               {.holder_uids = {}, .observed_free = w.now});  // seen again: no new start
  EXPECT_EQ(taken(w.plan(want())), "Exhausted");
  w.now += seconds(1);
  EXPECT_EQ(taken(w.plan(want())), "192.0.2.0(again)");
  w.ledger.set(ip("192.0.2.1"), {.holder_uids = {}, .observed_free = w.now, .published = false});
  EXPECT_EQ(taken(w.plan(want())), "192.0.2.0(again)") << "the longest free first";
}

TEST(Allocator, RandomStaysInThePoolAndFindsTheLastFreeOne) {
  World w;
  w.network.allocation.strategy = api::AllocationStrategy::kRandom;
  w.pool("a", {"192.0.2.0/28", "198.51.100.0/28"});
  std::set<IpAddress> seen;
  for (int i = 0; i < 32; ++i) {
    const AllocationPlan plan = w.plan(want());
    ASSERT_EQ(plan.take.size(), 1u) << i;
    EXPECT_TRUE(seen.insert(plan.take[0].address).second);
    w.ledger.set(plan.take[0].address, {.holder_uids = {"x"}});
  }
  EXPECT_EQ(taken(w.plan(want())), "Exhausted");
}

TEST(Allocator, RefusesRangesThatCannotBe) {
  const auto message = [](api::AddressRange range) {
    auto parsed = parse_ranges({.ranges = {std::move(range)}});
    return parsed ? "" : parsed.error().message;
  };
  EXPECT_EQ(message({.start = "192.0.2.9", .end = "192.0.2.1"}),
            "spec.ranges[0]: start 192.0.2.9 is above end 192.0.2.1: swap them");
  EXPECT_EQ(message({.start = "192.0.2.9", .end = "2001:db8::1"}),
            "spec.ranges[0]: start 192.0.2.9 and end 2001:db8::1 are of different families");
  EXPECT_EQ(message({.cidr = "192.0.2.0/24", .end = "192.0.2.1"}),
            "spec.ranges[0]: has cidr as well as start or end: use one of the two forms");
  EXPECT_EQ(message({}), "spec.ranges[0]: needs either cidr, or start and end");
  EXPECT_EQ(message({.cidr = "224.0.0.0/24"}),
            "spec.ranges[0]: 224.0.0.0 is no unicast address that can be given");
}

TEST(ClaimName, NamesOneAddressInOneWay) {
  EXPECT_EQ(claim_name("default", ip("203.0.113.7")), "default.203.0.113.7");
  EXPECT_EQ(claim_name("default", ip("2001:db8:0:1::7")),
            "default.2001-0db8-0000-0001-0000-0000-0000-0007");
  for (std::string_view name :
       {"default.203.0.113.7", "acme.2001-0db8-0000-0001-0000-0000-0000-0007"}) {
    auto parsed = parse_claim_name(name);
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(claim_name(parsed->address_space, parsed->address), name);
  }
  for (std::string_view name :
       {"", "default", ".1.2.3.4", "default.2001-db8--7", "default.1.2.3.256"})
    EXPECT_FALSE(parse_claim_name(name).has_value()) << name;
}

}  // namespace
}  // namespace nanika::network
