#include "network/proxy/plan.h"

#include <gtest/gtest.h>

#include "network/proxy/nft_rules.h"

namespace nanika::network::proxy {
namespace {

api::Service service() {
  api::Service out;
  out.metadata.namespace_ = "shop";
  out.metadata.name = "www";
  out.spec.type = "LoadBalancer";
  out.spec.cluster_ip = "10.96.0.10";
  out.spec.cluster_ips = {"10.96.0.10"};
  out.spec.ports = {{.name = "http", .protocol = "TCP", .port = 80, .node_port = 30080}};
  out.status.load_balancer.ingress = {{.ip = "203.0.113.7", .ip_mode = "VIP"}};
  return out;
}

api::Endpoint endpoint(std::string address, std::string node, std::optional<bool> ready = true,
                       std::optional<bool> serving = std::nullopt) {
  return {.addresses = {std::move(address)},
          .conditions = {.ready = ready, .serving = serving},
          .node_name = std::move(node)};
}

api::EndpointSlice slice(std::vector<api::Endpoint> endpoints) {
  api::EndpointSlice out;
  out.address_type = "IPv4";
  out.endpoints = std::move(endpoints);
  out.ports = {{.name = "http", .protocol = "TCP", .port = 8080}};
  return out;
}

std::string backends(const Frontend& frontend) {
  std::string out;
  for (const Backend& b : frontend.backends)
    out += fmt::format("{}{}:{}", out.empty() ? "" : " ", b.address.str(), b.port);
  return out;
}

ProxyPlan plan(const api::Service& s, const api::EndpointSlice& e) {
  ProxyPlan out;
  plan_service(s, {&e}, "node-1", out);
  return out;
}

TEST(ProxyPlan, ReadyEndpointsServe) {
  const ProxyPlan p =
      plan(service(), slice({endpoint("10.0.0.2", "node-1"), endpoint("10.0.0.1", "node-2"),
                             endpoint("10.0.0.3", "node-1", false)}));
  ASSERT_EQ(p.frontends.size(), 2u);
  EXPECT_EQ(backends(p.frontends[0]), "10.0.0.1:8080 10.0.0.2:8080");
  EXPECT_EQ(p.frontends[1].addresses.at(0).str(), "203.0.113.7");
  EXPECT_EQ(p.frontends[1].node_port, 30080);
}

TEST(ProxyPlan, TerminatingOnesServeWhereNoneIsReady) {
  const ProxyPlan p = plan(service(), slice({endpoint("10.0.0.1", "node-1", false, true),
                                             endpoint("10.0.0.2", "node-1", false, false)}));
  EXPECT_EQ(backends(p.frontends[0]), "10.0.0.1:8080");
}

TEST(ProxyPlan, LocalPolicyTakesThisNodesEndpoints) {
  api::Service s = service();
  s.spec.external_traffic_policy = "Local";
  const ProxyPlan p =
      plan(s, slice({endpoint("10.0.0.1", "node-1"), endpoint("10.0.0.2", "node-2")}));
  EXPECT_EQ(backends(p.frontends[0]), "10.0.0.1:8080 10.0.0.2:8080");
  EXPECT_EQ(backends(p.frontends[1]), "10.0.0.1:8080");
}

TEST(ProxyPlan, HeadlessAndExternalNameHaveNoWayIn) {
  api::Service headless = service();
  headless.spec.cluster_ip = "None";
  EXPECT_TRUE(plan(headless, slice({})).frontends.empty());
  api::Service external = service();
  external.spec.type = "ExternalName";
  EXPECT_TRUE(plan(external, slice({})).frontends.empty());
}

TEST(NftRules, AChangeOfEndpointsTouchesOneChain) {
  const NftItems before = render_items(plan(service(), slice({endpoint("10.0.0.1", "node-1")})));
  const NftItems after = render_items(
      plan(service(), slice({endpoint("10.0.0.1", "node-1"), endpoint("10.0.0.2", "node-1")})));
  const std::string change = render_change(before, after);
  EXPECT_EQ(change.find("element ip nanika_proxy services"), std::string::npos) << change;
  EXPECT_NE(change.find("mod 2 map { 0 : 10.0.0.1 . 8080, 1 : 10.0.0.2 . 8080 }"),
            std::string::npos)
      << change;
  EXPECT_EQ(render_change(after, after), "");
}

TEST(NftRules, WithoutEndpointsConnectionsAreRefused) {
  const NftItems items = render_items(plan(service(), slice({})));
  EXPECT_TRUE(items.chains.empty());
  EXPECT_EQ(items.elements.at("ip services_down 203.0.113.7 . tcp . 80"), "goto refuse");
  EXPECT_TRUE(items.elements.contains("ip outside 203.0.113.7"));
}

}  // namespace
}  // namespace nanika::network::proxy
