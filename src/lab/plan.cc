#include "lab/plan.h"

namespace nanika::lab {

using base::Family;

namespace {

MemberPlan plan_member(const LabSpec& spec, const MemberSpec& member, std::string_view kind) {
  MemberPlan plan{.name = member.name,
                  .kind = std::string(kind),
                  .netns = netns_of(spec.name, member.name),
                  .early_sysctls = {},
                  .sysctls = {member.sysctls.begin(), member.sysctls.end()},
                  .routes = member.routes};
  // Nobody else is on these links: IPv6 addresses need not wait a second to find that out.
  for (std::string_view scope : {"all", "default"}) {
    plan.early_sysctls.emplace_back(fmt::format("net.ipv6.conf.{}.disable_ipv6", scope), "0");
    plan.early_sysctls.emplace_back(fmt::format("net.ipv6.conf.{}.accept_dad", scope), "0");
    plan.early_sysctls.emplace_back(fmt::format("net.ipv4.conf.{}.rp_filter", scope), "0");
  }
  if (kind == "node" || kind == "router") {
    plan.early_sysctls.emplace_back("net.ipv4.ip_forward", "1");
    plan.early_sysctls.emplace_back("net.ipv6.conf.all.forwarding", "1");
  }
  return plan;
}

base::json::array texts(const auto& items) {
  base::json::array out;
  for (const auto& item : items) out.emplace_back(item.str());
  return out;
}

base::json::object describe_end(const VethEnd& end) {
  return {{"netns", end.netns}, {"interface", end.interface}, {"addresses", texts(end.addresses)}};
}

base::json::object describe_sysctls(const std::vector<std::pair<std::string, std::string>>& list) {
  base::json::object out;
  for (const auto& [name, value] : list) out[name] = value;
  return out;
}

void render_family(std::string& out, const RouterSpec& router, Family family) {
  auto line = [&](std::string_view text) { out.append(text).append("\n"); };
  auto active = [&](const NeighborSpec& n) { return family == Family::kIPv4 ? n.ipv4 : n.ipv6; };
  line(fmt::format(" address-family {} unicast", family == Family::kIPv4 ? "ipv4" : "ipv6"));
  for (const base::IpPrefix& network : router.networks) {
    if (network.family() == family) line(fmt::format("  network {}", network.str()));
  }
  for (const NeighborSpec& neighbor : router.neighbors) {
    if (!active(neighbor)) continue;
    line(fmt::format("  neighbor {} activate", neighbor.address.str()));
    // What the neighbor said stays to be seen (show bgp neighbors ... received-routes).
    line(fmt::format("  neighbor {} soft-reconfiguration inbound", neighbor.address.str()));
  }
  line(" exit-address-family");
}

}  // namespace

std::string render_frr(const RouterSpec& router) {
  std::string out;
  auto line = [&](std::string_view text) { out.append(text).append("\n"); };
  line(fmt::format("router bgp {}", router.asn));
  line(fmt::format(" bgp router-id {}", router.router_id.str()));
  line(" bgp log-neighbor-changes");
  line(" no bgp ebgp-requires-policy");
  line(" no bgp default ipv4-unicast");
  line(" no bgp network import-check");
  for (const NeighborSpec& neighbor : router.neighbors) {
    std::string start = fmt::format(" neighbor {} ", neighbor.address.str());
    line(fmt::format("{}remote-as {}", start, neighbor.asn));
    line(start + "timers connect 1");
    // Without it, updates wait up to 50 ms for company.
    line(start + "advertisement-interval 0");
    if (!neighbor.password.empty()) line(start + "password " + neighbor.password);
    if (neighbor.bfd) line(start + "bfd");
    if (neighbor.passive) line(start + "passive");
  }
  render_family(out, router, Family::kIPv4);
  render_family(out, router, Family::kIPv6);
  line("exit");
  out += router.extra_config;
  if (!out.ends_with('\n')) out += '\n';
  return out;
}

LabPlan make_plan(const LabSpec& spec, const std::string& dir) {
  LabPlan plan;
  for (const NodeSpec& node : spec.nodes) plan.members.push_back(plan_member(spec, node, "node"));
  for (const RouterSpec& router : spec.routers) {
    plan.members.push_back(plan_member(spec, router, "router"));
    plan.routers.push_back({.member = router.name,
                            .netns = netns_of(spec.name, router.name),
                            .dir = dir + "/" + router.name,
                            .config = render_frr(router),
                            .bfd = std::ranges::any_of(router.neighbors, &NeighborSpec::bfd) ||
                                   router.extra_config.contains("bfd")});
  }
  for (const SiteSpec& site : spec.sites) plan.members.push_back(plan_member(spec, site, "site"));
  for (const WorkloadSpec& workload : spec.workloads) {
    plan.members.push_back(plan_member(spec, workload, "workload"));
    plan.servers.push_back(
        {.member = workload.name,
         .netns = netns_of(spec.name, workload.name),
         .argv = {"lab", "serve", "--workload", workload.name, "--namespace",
                  workload.pod_namespace, "--pod", workload.pod, "--node",
                  spec.node_of(workload.name), "--port", std::to_string(workload.port)}});
  }
  for (const auto& [a, b] : spec.links) {
    auto end = [&](const LinkEnd& e) {
      return VethEnd{netns_of(spec.name, e.member), e.interface, e.addresses};
    };
    plan.links.emplace_back(end(a), end(b));
  }
  return plan;
}

base::json::value describe(const LabPlan& plan) {
  base::json::array members, links, routers, servers;
  for (const MemberPlan& member : plan.members) {
    base::json::array routes;
    for (const RouteSpec& route : member.routes) {
      routes.push_back({{"to", route.to.str()}, {"via", route.via ? route.via->str() : ""}});
    }
    members.push_back({{"name", member.name},
                       {"kind", member.kind},
                       {"netns", member.netns},
                       {"earlySysctls", describe_sysctls(member.early_sysctls)},
                       {"sysctls", describe_sysctls(member.sysctls)},
                       {"routes", std::move(routes)}});
  }
  for (const auto& [a, b] : plan.links) {
    links.push_back(base::json::object{{"a", describe_end(a)}, {"b", describe_end(b)}});
  }
  for (const RouterPlan& router : plan.routers) {
    routers.push_back({{"member", router.member}, {"config", router.config}, {"bfd", router.bfd}});
  }
  for (const ServerPlan& server : plan.servers) {
    servers.push_back(base::json::array(server.argv.begin(), server.argv.end()));
  }
  return base::json::object{{"members", std::move(members)},
                            {"links", std::move(links)},
                            {"routers", std::move(routers)},
                            {"servers", std::move(servers)}};
}

}  // namespace nanika::lab
