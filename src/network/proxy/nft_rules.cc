#include "network/proxy/nft_rules.h"

#include <vector>

namespace nanika::network::proxy {

namespace {

using base::Family;

constexpr std::string_view kTable = "nanika_proxy";

std::string_view table_family(Family family) {
  return family == Family::kIPv4 ? "ip" : "ip6";
}

/// A chain's name: of the Service's port, so that a change of endpoints changes the chain and not
/// the way to it.
std::string chain_name(const Frontend& frontend) {
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  const std::string text = fmt::format("{}/{}/{}", frontend.name, frontend.protocol,
                                       frontend.external ? "external" : "internal");
  for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3;
  return fmt::format("svc_{:016x}", hash);
}

std::string rules_of(const Frontend& frontend) {
  const std::string_view ip = table_family(frontend.family);
  std::string out;
  if (!frontend.sources.empty()) {
    std::vector<std::string> sources;
    for (const base::IpPrefix& prefix : frontend.sources) sources.push_back(prefix.str());
    out += fmt::format("{} saddr != {{ {} }} drop\n", ip, fmt::join(sources, ", "));
  }
  std::string choices;
  for (size_t i = 0; i < frontend.backends.size(); ++i) {
    const Backend& backend = frontend.backends[i];
    choices +=
        fmt::format("{}{} : {} . {}", i == 0 ? "" : ", ", i, backend.address.str(), backend.port);
  }
  const std::string by =
      frontend.by_client ? fmt::format("jhash {} saddr", ip) : std::string("numgen random");
  out += fmt::format("meta l4proto {} dnat {} addr . port to {} mod {} map {{ {} }}\n",
                     frontend.protocol, ip, by, frontend.backends.size(), choices);
  return out;
}

/// "ip services 10.96.0.10 . tcp . 80" -> table family, map, key.
struct ElementKey {
  std::string family, container, key;
};
ElementKey split(const std::string& element) {
  const size_t one = element.find(' ');
  const size_t two = element.find(' ', one + 1);
  return {element.substr(0, one), element.substr(one + 1, two - one - 1), element.substr(two + 1)};
}

std::string element_command(std::string_view verb, const std::string& element,
                            const std::string& verdict) {
  const ElementKey parts = split(element);
  const bool with_verdict = verb == "add" && !verdict.empty();
  return fmt::format("{} element {} {} {} {{ {}{}{} }}\n", verb, parts.family, kTable,
                     parts.container, parts.key, with_verdict ? " : " : "",
                     with_verdict ? verdict : "");
}

std::string chain_command(std::string_view verb, const std::string& chain) {
  const size_t space = chain.find(' ');
  return fmt::format("{} chain {} {} {}\n", verb, chain.substr(0, space), kTable,
                     chain.substr(space + 1));
}

void append_rules(std::string& out, const std::string& chain, const std::string& rules) {
  const size_t space = chain.find(' ');
  for (std::string_view rest = rules; !rest.empty();) {
    const size_t end = rest.find('\n');
    out += fmt::format("add rule {} {} {} {}\n", chain.substr(0, space), kTable,
                       chain.substr(space + 1), rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
}

std::string frame_of(Family family) {
  const bool four = family == Family::kIPv4;
  const std::string_view ip = table_family(family);
  const std::string_view type = four ? "ipv4_addr" : "ipv6_addr";
  const std::string_view refuse =
      four ? "icmp type port-unreachable" : "icmpv6 type port-unreachable";
  return fmt::format(R"(add table {0} {1}
delete table {0} {1}
table {0} {1} {{
  comment "nanika: Services of the embedded API"
  map services {{
    type {2} . inet_proto . inet_service : verdict
  }}
  map services_down {{
    type {2} . inet_proto . inet_service : verdict
  }}
  map node_ports {{
    type inet_proto . inet_service : verdict
  }}
  set outside {{
    type {2}
  }}
  set hairpin {{
    type {2} . {2}
  }}
  chain refuse {{
    meta l4proto tcp reject with tcp reset
    reject with {3}
  }}
  chain dispatch {{
    {0} daddr . meta l4proto . th dport vmap @services
    fib daddr type local meta l4proto . th dport vmap @node_ports
  }}
  chain prerouting {{
    type nat hook prerouting priority dstnat
    jump dispatch
  }}
  chain output {{
    type nat hook output priority -100
    jump dispatch
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat
    ct status dnat {0} saddr . {0} daddr @hairpin masquerade
  }}
  chain unserved {{
    {0} daddr . meta l4proto . th dport vmap @services_down
    {0} daddr @outside drop
  }}
  chain forward {{
    type filter hook forward priority filter
    jump unserved
  }}
  chain local_output {{
    type filter hook output priority filter
    jump unserved
  }}
}}
)",
                     ip, kTable, type, refuse);
}

}  // namespace

NftItems render_items(const ProxyPlan& plan) {
  NftItems out;
  for (const Frontend& frontend : plan.frontends) {
    const std::string_view ip = table_family(frontend.family);
    const std::string chain = chain_name(frontend);
    const bool up = !frontend.backends.empty();
    if (up) out.chains[fmt::format("{} {}", ip, chain)] = rules_of(frontend);
    for (const base::IpAddress& address : frontend.addresses) {
      const std::string key =
          fmt::format("{} . {} . {}", address.str(), frontend.protocol, frontend.port);
      // Two Services with one address and port are refused where addresses are given; the first by
      // name wins here.
      if (up) out.elements.emplace(fmt::format("{} services {}", ip, key), "goto " + chain);
      if (!up) out.elements.emplace(fmt::format("{} services_down {}", ip, key), "goto refuse");
    }
    if (up && frontend.node_port != 0)
      out.elements.emplace(
          fmt::format("{} node_ports {} . {}", ip, frontend.protocol, frontend.node_port),
          "goto " + chain);
    for (const Backend& backend : frontend.backends) {
      const std::string address = backend.address.str();
      out.elements.emplace(fmt::format("{} hairpin {} . {}", ip, address, address), "");
    }
  }
  for (const base::IpAddress& address : plan.outside)
    out.elements.emplace(
        fmt::format("{} outside {}", table_family(address.family()), address.str()), "");
  return out;
}

std::string render_frame() {
  return frame_of(Family::kIPv4) + frame_of(Family::kIPv6);
}

std::string render_change(const NftItems& from, const NftItems& to) {
  std::string out;
  // Chains before what leads to them; elements go before the chains they led to.
  for (const auto& [chain, rules] : to.chains) {
    auto it = from.chains.find(chain);
    if (it != from.chains.end() && it->second == rules) continue;
    out += chain_command("add", chain) + chain_command("flush", chain);
    append_rules(out, chain, rules);
  }
  for (const auto& [element, verdict] : from.elements) {
    auto it = to.elements.find(element);
    if (it == to.elements.end() || it->second != verdict)
      out += element_command("delete", element, verdict);
  }
  for (const auto& [element, verdict] : to.elements) {
    auto it = from.elements.find(element);
    if (it == from.elements.end() || it->second != verdict)
      out += element_command("add", element, verdict);
  }
  for (const auto& [chain, rules] : from.chains) {
    if (!to.chains.contains(chain))
      out += chain_command("flush", chain) + chain_command("delete", chain);
  }
  return out;
}

}  // namespace nanika::network::proxy
