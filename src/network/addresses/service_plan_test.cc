#include "network/addresses/service_plan.h"

#include <gtest/gtest.h>

namespace nanika::network {
namespace {

api::Network network(std::string name, bool is_default = false) {
  api::Network out;
  out.metadata.name = std::move(name);
  out.metadata.uid = out.metadata.name;
  out.spec.is_default = is_default;
  return out;
}

api::Service service() {
  api::Service out;
  out.metadata.namespace_ = "shop";
  out.metadata.name = "www";
  out.metadata.uid = "u1";
  out.spec.type = "LoadBalancer";
  out.spec.ip_families = {"IPv4"};
  return out;
}

const api::Network kInternet = network("internet", true), kBackbone = network("backbone");
const std::vector<const api::Network*> kNetworks{&kInternet, &kBackbone};

TEST(ServicePlan, ServesItsClassAndNoneWhereItIsTheDefault) {
  api::Service s = service();
  EXPECT_TRUE(serves(s, true));
  EXPECT_FALSE(serves(s, false));
  s.spec.load_balancer_class = "nanika.dev/trafficip";
  EXPECT_TRUE(serves(s, false));
  s.spec.load_balancer_class = "example.com/other";
  EXPECT_FALSE(serves(s, true));
  s.spec.load_balancer_class.clear();
  s.spec.type = "ClusterIP";
  EXPECT_FALSE(serves(s, true));
}

TEST(ServicePlan, TakesTheDefaultNetwork) {
  const ServiceIntent intent = plan_service(service(), kNetworks);
  ASSERT_TRUE(intent.wanted.has_value());
  EXPECT_EQ(intent.traffic_ip, "svc-www");
  EXPECT_EQ(intent.wanted->spec.network_ref->name, "internet");
  EXPECT_EQ(intent.wanted->metadata.owner_references.at(0).uid, "u1");
  EXPECT_EQ(plan_service(service(), {&kBackbone}).refusal->reason, "NoNetwork");
}

TEST(ServicePlan, OfTwoDefaultsTheOlderWins) {
  api::Network older = network("old", true), younger = network("new", true);
  older.metadata.creation_timestamp.at = base::WallTime{std::chrono::seconds(10)};
  younger.metadata.creation_timestamp.at = base::WallTime{std::chrono::seconds(20)};
  EXPECT_EQ(default_network({&younger, &older})->metadata.name, "old");
}

TEST(ServicePlan, ReadsAnnotationsAndLoadBalancerIp) {
  api::Service s = service();
  s.metadata.annotations = {{"network.nanika.dev/network", "backbone"},
                            {"network.nanika.dev/pool", "gold, silver"},
                            {"network.nanika.dev/addresses", "203.0.113.7"}};
  const ServiceIntent intent = plan_service(s, kNetworks);
  ASSERT_TRUE(intent.wanted.has_value());
  EXPECT_EQ(intent.wanted->spec.network_ref->name, "backbone");
  EXPECT_EQ(intent.wanted->spec.pool_refs.at(1).name, "silver");
  EXPECT_EQ(intent.wanted->spec.addresses.at(0), "203.0.113.7");
  s.metadata.annotations.clear();
  s.spec.load_balancer_ip = "203.0.113.9";
  EXPECT_EQ(plan_service(s, kNetworks).wanted->spec.addresses.at(0), "203.0.113.9");
}

TEST(ServicePlan, RefusesWhatCannotBeAndSaysWhatToDo) {
  api::Service s = service();
  s.metadata.annotations = {{"network.nanika.dev/addresses", "203.0.113.300"}};
  EXPECT_EQ(plan_service(s, kNetworks).refusal->reason, "InvalidRequest");
  s.metadata.annotations = {{"network.nanika.dev/addresses", "2001:db8::7"}};
  EXPECT_EQ(plan_service(s, kNetworks).refusal->message,
            "annotation network.nanika.dev/addresses: 2001:db8::7 is IPv6, and spec.ipFamilies has "
            "IPv4 alone: change one "
            "of the two");
  s.metadata.annotations = {{"network.nanika.dev/network", "nowhere"}};
  EXPECT_EQ(plan_service(s, kNetworks).refusal->message,
            "Network nowhere does not exist: see kubectl get networks");
}

TEST(ServicePlan, IngressFollowsTheOrderOfTheFamilies) {
  api::Service s = service();
  s.spec.ip_families = {"IPv6", "IPv4"};
  const auto ingress = ingress_of(s, {"203.0.113.7", "2001:db8::7"});
  ASSERT_EQ(ingress.size(), 2u);
  EXPECT_EQ(ingress[0].ip, "2001:db8::7");
  EXPECT_EQ(ingress[1].ip_mode, "VIP");
}

}  // namespace
}  // namespace nanika::network
