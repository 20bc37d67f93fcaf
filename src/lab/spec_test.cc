#include "lab/spec.h"

#include <gmock/gmock.h>

#include "base/file.h"
#include "lab/plan.h"

namespace nanika::lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

LabSpec quickstart() {
  std::string path = NANIKA_SOURCE_DIR "/examples/quickstart/lab.yaml";
  auto text = base::read_file(path);
  EXPECT_TRUE(text) << (text ? "" : text.error().message);
  auto spec = parse_lab(*text, path);
  EXPECT_TRUE(spec) << (spec ? "" : spec.error().message);
  return spec.value_or(LabSpec{});
}

std::string error_of(std::string_view text) {
  auto spec = parse_lab(text, "lab.yaml");
  EXPECT_FALSE(spec) << text;
  return spec ? "" : spec.error().message;
}

TEST(LabSpec, ReadsTheQuickstart) {
  LabSpec spec = quickstart();
  EXPECT_EQ(spec.name, "quickstart");
  ASSERT_EQ(spec.workloads.size(), 3u);
  const WorkloadSpec& www = spec.workloads[0];
  EXPECT_EQ(www.pod, "www-1");
  EXPECT_EQ(www.pod_namespace, "default");
  EXPECT_THAT(www.labels, ElementsAre(testing::Pair("app", "www")));
  EXPECT_EQ(www.port, 8080);
  EXPECT_EQ(spec.node_of("www-1"), "node-1");
  EXPECT_EQ(spec.node_of("client-1"), "");
  auto addresses = spec.addresses_of("www-2");
  ASSERT_EQ(addresses.size(), 2u);
  EXPECT_EQ(addresses[0].str(), "10.244.1.6/30");
  EXPECT_EQ(addresses[1].str(), "2001:db8:244:2::2/64");
  EXPECT_EQ(spec.links[0].first.interface, "edge-1");
  EXPECT_EQ(spec.links[0].second.interface, "node-1");
  EXPECT_EQ(spec.nodes[0].sysctls.at("net.ipv4.fib_multipath_hash_policy"), "1");
}

TEST(LabSpec, SaysWhereAndWhatIsWrong) {
  EXPECT_EQ(
      error_of("name: x\nrouters:\n- name: r\n  asn: 0\n"),
      "lab.yaml:4:8: routers[0].asn: 0 is not valid: want a whole number from 1 to 4294967294");
  EXPECT_EQ(error_of("name: x\nnodes:\n- name: a\n- name: a\n"),
            "lab.yaml:4:3: nodes[1]: a member named a is there already");
  EXPECT_THAT(error_of("name: x\nnode: []\n"),
              HasSubstr("lab.yaml:2:7: node: unknown field; known are links, name, nodes"));
  EXPECT_EQ(error_of("nodes: []\n"), "lab.yaml:1:1: `name` is missing: what the lab is called");
  EXPECT_THAT(error_of("name: X_y\n"), HasSubstr("lab.yaml:1:7: name: \"X_y\" is no name"));
  EXPECT_THAT(error_of("name: 5\n"), HasSubstr("want a string, not 5 (put it in quotes)"));
  EXPECT_THAT(error_of("a: [\n"), HasSubstr("lab.yaml: line 2"));
  EXPECT_THAT(error_of(""), HasSubstr("want fields"));
  EXPECT_THAT(error_of("name: x\nrouters: [{name: r, asn: 23456, routerID: 1.1.1.1}]"),
              HasSubstr("reserved"));
  EXPECT_THAT(error_of("name: x\nrouters: [{name: r, asn: 1}]"),
              HasSubstr("routers[0]: a router needs"));
  EXPECT_THAT(error_of("name: x\nrouters: [{name: r, engine: GoBGP}]"), HasSubstr("want FRR"));
  EXPECT_THAT(error_of("name: x\nnodes: [{name: a, routes: [{to: 10.0.0.1/8, via: 1.1.1.1}]}]"),
              HasSubstr("nodes[0].routes[0].to: \"10.0.0.1/8\" has bits set after its first 8"));
  EXPECT_THAT(error_of("name: x\nnodes: [{name: a, routes: [{to: 10.0.0.0/8}]}]"),
              HasSubstr("want `via`"));
  EXPECT_THAT(error_of("name: x\nnodes: [{name: a, sysctls: {kernel.panic: 1}}]"),
              HasSubstr("only settings of the network"));
  EXPECT_THAT(error_of("name: x\nnodes: [{name: a, sysctls: {net../../kernel/panic: 1}}]"),
              HasSubstr("only settings"));
}

TEST(LabSpec, ChecksLinks) {
  constexpr std::string_view kTwo = "name: x\nnodes: [{name: a}, {name: b}]\nlinks:\n";
  auto error = [&](std::string_view link) {
    return error_of(std::string(kTwo) + std::string(link));
  };
  EXPECT_THAT(error("- - {member: a}\n"), HasSubstr("links[0]: a link has two ends, not 1"));
  EXPECT_THAT(error("- [{member: a}, {member: c}]"), HasSubstr("no member is named c"));
  EXPECT_THAT(error("- [{member: a}, {member: a}]"), HasSubstr("both ends are a's"));
  EXPECT_THAT(error("- [{member: a}, {member: b}]\n- [{member: a}, {member: b}]"),
              HasSubstr("a has an interface b already"));
  EXPECT_THAT(error("- [{member: a, addresses: [10.0.0.1]}, {member: b}]"),
              HasSubstr("is no address with a length"));
  EXPECT_THAT(error("- [{member: a, addresses: [10.0.0.1/33]}, {member: b}]"),
              HasSubstr("is no address with a length"));
}

TEST(LabPlan, NamesWhatItMakes) {
  LabPlan plan = make_plan(quickstart(), "/run/x/quickstart");
  ASSERT_EQ(plan.members.size(), 6u);
  EXPECT_EQ(plan.members[0].netns, "quickstart-node-1");
  EXPECT_THAT(plan.members[0].early_sysctls,
              testing::Contains(testing::Pair("net.ipv4.ip_forward", "1")));
  EXPECT_EQ(plan.routers[0].dir, "/run/x/quickstart/edge-1");
  EXPECT_EQ(plan.servers.size(), 3u);
  EXPECT_TRUE(
      base::json_equal(describe(plan), describe(make_plan(quickstart(), "/run/x/quickstart"))));
  LabSpec other = quickstart();
  other.links[0].first.addresses[0].length = 25;
  EXPECT_FALSE(base::json_equal(describe(plan), describe(make_plan(other, "/run/x/quickstart"))));
}

TEST(LabPlan, RendersFrr) {
  RouterSpec router;
  router.asn = 64500;
  router.router_id = *base::IpAddress::parse("192.0.2.1");
  router.networks = {*base::IpPrefix::parse("198.51.100.0/24"),
                     *base::IpPrefix::parse("2001:db8::/64")};
  router.neighbors = {{.address = *base::IpAddress::parse("192.0.2.10"),
                       .asn = 64512,
                       .password = "secret",
                       .bfd = true},
                      {.address = *base::IpAddress::parse("2001:db8::10"),
                       .asn = 64512,
                       .ipv4 = false,
                       .passive = true}};
  router.extra_config = "ip prefix-list any permit any";
  EXPECT_EQ(render_frr(router),
            "router bgp 64500\n"
            " bgp router-id 192.0.2.1\n"
            " bgp log-neighbor-changes\n"
            " no bgp ebgp-requires-policy\n"
            " no bgp default ipv4-unicast\n"
            " no bgp network import-check\n"
            " neighbor 192.0.2.10 remote-as 64512\n"
            " neighbor 192.0.2.10 timers connect 1\n"
            " neighbor 192.0.2.10 advertisement-interval 0\n"
            " neighbor 192.0.2.10 password secret\n"
            " neighbor 192.0.2.10 bfd\n"
            " neighbor 2001:db8::10 remote-as 64512\n"
            " neighbor 2001:db8::10 timers connect 1\n"
            " neighbor 2001:db8::10 advertisement-interval 0\n"
            " neighbor 2001:db8::10 passive\n"
            " address-family ipv4 unicast\n"
            "  network 198.51.100.0/24\n"
            "  neighbor 192.0.2.10 activate\n"
            "  neighbor 192.0.2.10 soft-reconfiguration inbound\n"
            " exit-address-family\n"
            " address-family ipv6 unicast\n"
            "  network 2001:db8::/64\n"
            "  neighbor 192.0.2.10 activate\n"
            "  neighbor 192.0.2.10 soft-reconfiguration inbound\n"
            "  neighbor 2001:db8::10 activate\n"
            "  neighbor 2001:db8::10 soft-reconfiguration inbound\n"
            " exit-address-family\n"
            "exit\n"
            "ip prefix-list any permit any\n");
}

}  // namespace
}  // namespace nanika::lab
