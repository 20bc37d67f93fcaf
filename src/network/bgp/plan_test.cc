#include "network/bgp/plan.h"

#include <gtest/gtest.h>

namespace nanika::network::bgp {
namespace {

api::BGPPeer peer(std::string name, std::string address) {
  api::BGPPeer out;
  out.metadata.name = std::move(name);
  out.spec.peer.address = std::move(address);
  out.spec.peer_asn = 64500;
  out.spec.local_asn = 64512;
  return out;
}

std::string rejection(const api::BGPPeer& p, Passwords passwords = {}) {
  const PlannedPeers planned = plan_peers(api::Node{}, {&p}, passwords);
  return planned.rejected.empty() ? "" : planned.rejected.begin()->second;
}

TEST(PlanPeers, OneWrongPeerIsLeftOutAlone) {
  const api::BGPPeer good = peer("good", "192.0.2.1");
  const api::BGPPeer bad = peer("bad", "192.0.2.300");
  const PlannedPeers planned = plan_peers(api::Node{}, {&bad, &good}, {});
  ASSERT_EQ(planned.peers.size(), 1u);
  EXPECT_EQ(planned.peers[0].name, "good");
  EXPECT_TRUE(planned.rejected.contains("bad"));
}

TEST(PlanPeers, SaysWhatIsWrong) {
  api::BGPPeer p = peer("p", "192.0.2.1");
  p.spec.peer_asn = 23456;
  EXPECT_EQ(rejection(p), "spec.peerASN: 23456 is a reserved AS number");
  p = peer("p", "fe80::1");
  EXPECT_EQ(rejection(p), "spec.peer.interface: a link-local address needs its interface");
  p = peer("p", "192.0.2.1");
  p.spec.timers.hold_time.value = std::chrono::seconds(2);
  EXPECT_EQ(rejection(p), "spec.timers.holdTime: 0s or at least 3s (RFC 4271)");
  p = peer("p", "192.0.2.1");
  p.spec.password_secret_ref = api::SecretKeyRef{"ns", "s", "k"};
  EXPECT_EQ(rejection(p), "spec.passwordSecretRef: not read yet");
  EXPECT_EQ(
      rejection(p, {{"ns/s/k", base::fail(base::Code::kNotFound, "Secret ns/s does not exist")}}),
      "spec.passwordSecretRef: Secret ns/s does not exist");
  EXPECT_EQ(rejection(p, {{"ns/s/k", "secret"}}), "");
}

TEST(PlanPeers, TwoSessionsWithOneNeighbourAreRefusedByName) {
  const api::BGPPeer a = peer("a", "192.0.2.1"), b = peer("b", "192.0.2.1");
  const PlannedPeers planned = plan_peers(api::Node{}, {&b, &a}, {});
  ASSERT_EQ(planned.peers.size(), 1u);
  EXPECT_EQ(planned.peers[0].name, "a");
  EXPECT_EQ(planned.rejected.at("b"),
            "spec.peer.address: BGPPeer a has a session with 192.0.2.1 already");
}

TEST(PlanPeers, ANodeCanHaveAnAsNumberOfItsOwn) {
  const api::BGPPeer p = peer("p", "192.0.2.1");
  api::Node node;
  node.metadata.annotations["network.nanika.dev/asn"] = "64513";
  EXPECT_EQ(plan_peers(node, {&p}, {}).peers.at(0).local_asn, 64513);
  node.metadata.annotations["network.nanika.dev/asn"] = "x";
  EXPECT_EQ(plan_peers(node, {&p}, {}).rejected.at("p"),
            "spec.localASN: 0 is a reserved AS number");
}

class Advertising : public testing::Test {
 protected:
  Advertising() {
    gold_.metadata.name = "gold";
    gold_.metadata.labels = {{"tier", "gold"}};
    gold_.spec.network_ref.name = "internet";
    gold_.spec.ranges = {{.cidr = "203.0.113.0/24"}};
    ip_.metadata.namespace_ = "shop";
    ip_.spec.network_ref = api::NameRef{"internet"};
    ip_.status.addresses = {"203.0.113.7", "2001:db8::7"};
    advertisement_.metadata.name = "to-edge";
    advertisement_.spec.sources = {{.kind = api::SourceKind::kTrafficIP}};
  }
  std::string routes() {
    const PoolIndex pools({&gold_});
    AdvertisingContext context{
        .node = &node_, .advertisements = {&advertisement_}, .pools = &pools};
    context.namespace_labels = [&](const std::string&) { return &labels_; };
    context.endpoints_ready = [&](const api::TrafficIP&) { return ready_; };
    std::string out;
    for (const auto& [prefix, names] : routes_of(ip_, context))
      out += (out.empty() ? "" : " ") + prefix.str();
    return out;
  }
  api::Node node_;
  api::AddressPool gold_;
  api::TrafficIP ip_;
  api::RouteAdvertisement advertisement_;
  std::map<std::string, std::string> labels_{{"team", "a"}};
  bool ready_ = true;
};

TEST_F(Advertising, AnnouncesEveryAddressWhileEndpointsAnswer) {
  EXPECT_EQ(routes(), "203.0.113.7/32 2001:db8::7/128");
  ready_ = false;
  EXPECT_EQ(routes(), "");
  advertisement_.spec.advertise_when = api::AdvertiseWhen::kAllocated;
  EXPECT_EQ(routes(), "203.0.113.7/32 2001:db8::7/128");
}

TEST_F(Advertising, SelectsByNetworkPoolAndNamespace) {
  auto& source = advertisement_.spec.sources[0];
  source.network_ref = api::NameRef{"backbone"};
  EXPECT_EQ(routes(), "");
  source.network_ref = api::NameRef{"internet"};
  source.pool_selector = api::LabelSelector{.match_labels = {{"tier", "gold"}}};
  EXPECT_EQ(routes(), "203.0.113.7/32") << "the other address is of no such pool";
  source.namespace_selector = api::LabelSelector{.match_labels = {{"team", "b"}}};
  EXPECT_EQ(routes(), "");
}

TEST_F(Advertising, LeavesOutDeletedCordonedAndOtherNodes) {
  node_.spec.unschedulable = true;
  EXPECT_NE(routes(), "");
  advertisement_.spec.withdraw_on_cordon = true;
  EXPECT_EQ(routes(), "");
  node_.spec.unschedulable = false;
  advertisement_.spec.node_selector = api::LabelSelector{.match_labels = {{"edge", "true"}}};
  EXPECT_EQ(routes(), "");
}

TEST_F(Advertising, AggregatesToTheCoveringPrefix) {
  advertisement_.spec.aggregation = {.ipv4_prefix_length = 24, .ipv6_prefix_length = 64};
  EXPECT_EQ(routes(), "203.0.113.0/24 2001:db8::/64");
}

TEST(MakeClass, UnitesAttributesOfAdvertisementsThatMeet) {
  api::RouteAdvertisement a, b;
  a.metadata.name = "a";
  a.spec.attributes = {.communities = {"1:1"}, .local_pref = 100, .med = 20, .prepend = 1};
  b.metadata.name = "b";
  b.spec.attributes = {.communities = {"2:2"}, .local_pref = 200, .med = 10};
  b.spec.peer_selector = api::LabelSelector{.match_labels = {{"role", "edge"}}};
  api::BGPPeer edge = peer("edge", "192.0.2.1"), core = peer("core", "192.0.2.2");
  edge.metadata.labels = {{"role", "edge"}};
  const RouteClass both = make_class(3, {"a", "b"}, {&a, &b}, {&edge, &core});
  const RouteAttributes& to_edge = both.to_peers.at("edge");
  EXPECT_EQ(to_edge.communities, (std::set<std::string>{"1:1", "2:2"}));
  EXPECT_EQ(to_edge.local_pref, 200);
  EXPECT_EQ(to_edge.med, 10);
  EXPECT_EQ(to_edge.prepend, 1);
  EXPECT_EQ(both.to_peers.at("core").communities, (std::set<std::string>{"1:1"}));
}

TEST(CheckAdvertisement, SaysWhatIsWrong) {
  api::RouteAdvertisement a;
  a.spec.sources = {{.kind = api::SourceKind::kPrefix, .prefixes = {"10.0.0.1/8"}}};
  auto result = check_advertisement(a);
  ASSERT_FALSE(result.has_value());
  EXPECT_TRUE(result.error().message.starts_with("spec.sources[0].prefixes[0]: "))
      << result.error().message;
  a.spec.sources = {{.kind = api::SourceKind::kTrafficIP}};
  a.spec.attributes.communities = {"70000:1"};
  EXPECT_FALSE(check_advertisement(a).has_value());
  a.spec.attributes.communities = {"no-export"};
  EXPECT_TRUE(check_advertisement(a).has_value());
}

}  // namespace
}  // namespace nanika::network::bgp
