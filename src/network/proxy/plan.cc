#include "network/proxy/plan.h"

#include <algorithm>

namespace nanika::network::proxy {

namespace {

using base::Family;
using base::IpAddress;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::optional<IpAddress> address_of(const std::string& text, Family family) {
  auto address = IpAddress::parse(text);
  if (!address || address->family() != family) return std::nullopt;
  return *address;
}

struct PortOf {
  const api::ServicePort& port;
  Family family;
  std::string_view only_node;  ///< "": endpoints of all nodes
};

/// The backends of one port that are ready, or else the ones that merely still serve.
std::vector<Backend> backends_of(const PortOf& wanted, const api::Service& service,
                                 const std::vector<const api::EndpointSlice*>& slices) {
  std::set<Backend> ready, serving;
  for (const api::EndpointSlice* slice : slices) {
    if (slice->address_type != base::name(wanted.family)) continue;
    auto port = std::ranges::find_if(slice->ports, [&](const api::EndpointPort& p) {
      return p.name == wanted.port.name && p.protocol == wanted.port.protocol && p.port.has_value();
    });
    if (port == slice->ports.end()) continue;
    for (const api::Endpoint& endpoint : slice->endpoints) {
      if (!wanted.only_node.empty() && endpoint.node_name != wanted.only_node) continue;
      if (endpoint.addresses.empty()) continue;
      const auto address = address_of(endpoint.addresses.front(), wanted.family);
      if (!address) continue;
      const bool is_ready = endpoint.conditions.ready.value_or(true);
      if (is_ready || service.spec.publish_not_ready_addresses)
        ready.insert({*address, *port->port});
      if (endpoint.conditions.serving.value_or(is_ready)) serving.insert({*address, *port->port});
    }
  }
  const auto& chosen = ready.empty() ? serving : ready;
  return {chosen.begin(), chosen.end()};
}

std::vector<base::IpPrefix> sources_of(const api::Service& service, Family family) {
  std::vector<base::IpPrefix> out;
  for (const std::string& text : service.spec.load_balancer_source_ranges) {
    auto prefix = base::IpPrefix::parse(text);
    if (prefix && prefix->family() == family) out.push_back(*prefix);
  }
  return out;
}

std::vector<IpAddress> external_addresses(const api::Service& service, Family family,
                                          ProxyPlan& plan) {
  std::set<IpAddress> out;
  for (const api::LoadBalancerIngress& ingress : service.status.load_balancer.ingress) {
    const auto address = address_of(ingress.ip, family);
    if (!address || ingress.ip_mode == "Proxy") continue;
    out.insert(*address);
    plan.outside.insert(*address);
  }
  for (const std::string& text : service.spec.external_ips)
    if (const auto address = address_of(text, family)) out.insert(*address);
  return {out.begin(), out.end()};
}

std::vector<IpAddress> cluster_addresses(const api::Service& service, Family family) {
  std::vector<IpAddress> out;
  for (const std::string& text : service.spec.cluster_ips)
    if (const auto address = address_of(text, family)) out.push_back(*address);
  return out;
}

}  // namespace

void plan_service(const api::Service& service, const std::vector<const api::EndpointSlice*>& slices,
                  std::string_view node, ProxyPlan& out) {
  if (service.spec.type == "ExternalName" || service.spec.cluster_ip == "None") return;
  for (const Family family : {Family::kIPv4, Family::kIPv6}) {
    const auto internal = cluster_addresses(service, family);
    if (internal.empty()) continue;
    const auto external = external_addresses(service, family, out);
    for (const api::ServicePort& port : service.spec.ports) {
      Frontend frontend{
          .name = fmt::format("{}:{}", service.metadata.key(),
                              port.name.empty() ? fmt::format("{}", port.port) : port.name),
          .family = family,
          .protocol = lower(port.protocol),
          .port = port.port,
          .addresses = internal,
          .by_client = service.spec.session_affinity == "ClientIP"};
      const bool inside_local = service.spec.internal_traffic_policy == "Local";
      frontend.backends = backends_of({port, family, inside_local ? node : ""}, service, slices);
      out.frontends.push_back(frontend);
      if (external.empty() && port.node_port == 0) continue;
      const bool outside_local = service.spec.external_traffic_policy == "Local";
      frontend.external = true;
      frontend.addresses = external;
      frontend.node_port = port.node_port;
      frontend.sources = sources_of(service, family);
      frontend.backends = backends_of({port, family, outside_local ? node : ""}, service, slices);
      out.frontends.push_back(std::move(frontend));
    }
  }
}

}  // namespace nanika::network::proxy
