#include "network/addresses/service_plan.h"

#include <algorithm>

namespace nanika::network {

namespace {

std::string annotation(const api::Service& service, std::string_view name) {
  auto it = service.metadata.annotations.find(fmt::format("network.nanika.dev/{}", name));
  return it == service.metadata.annotations.end() ? std::string() : it->second;
}

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> out;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t comma = rest.find(',');
    std::string_view item = rest.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (!item.empty()) out.emplace_back(item);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  return out;
}

Refusal invalid(std::string message) {
  return {"InvalidRequest", std::move(message)};
}

/// The addresses asked for, in canonical form, or what is wrong with them.
std::optional<Refusal> read_addresses(const api::Service& service, api::TrafficIPSpec& spec) {
  std::vector<std::string> asked = split_list(annotation(service, "addresses"));
  std::string where = "annotation network.nanika.dev/addresses";
  if (asked.empty() && !service.spec.load_balancer_ip.empty()) {
    asked = {service.spec.load_balancer_ip};
    where = "spec.loadBalancerIP";
  }
  std::vector<base::Family> seen;
  for (const std::string& text : asked) {
    auto address = base::IpAddress::parse(text);
    if (!address) return invalid(fmt::format("{}: {}", where, address.error().message));
    const std::string_view family = base::name(address->family());
    if (std::ranges::find(service.spec.ip_families, family) == service.spec.ip_families.end())
      return invalid(
          fmt::format("{}: {} is {}, and spec.ipFamilies has {} alone: change one of the two",
                      where, text, family, fmt::join(service.spec.ip_families, ", ")));
    if (std::ranges::find(seen, address->family()) != seen.end())
      return invalid(
          fmt::format("{}: two {} addresses: ask for at most one a family", where, family));
    seen.push_back(address->family());
    spec.addresses.push_back(address->str());
  }
  return std::nullopt;
}

api::FamilyPolicy policy_of(const api::Service& service) {
  if (service.spec.ip_family_policy == "RequireDualStack")
    return api::FamilyPolicy::kRequireDualStack;
  if (service.spec.ip_family_policy == "PreferDualStack")
    return api::FamilyPolicy::kPreferDualStack;
  return api::FamilyPolicy::kSingleStack;
}

std::vector<api::Family> families_of(const api::Service& service) {
  std::vector<api::Family> out;
  for (const std::string& family : service.spec.ip_families)
    out.push_back(family == "IPv6" ? api::Family::kIPv6 : api::Family::kIPv4);
  if (out.empty()) out.push_back(api::Family::kIPv4);
  return out;
}

}  // namespace

bool serves(const api::Service& service, bool default_class) {
  if (service.spec.type != "LoadBalancer") return false;
  const std::string& asked = service.spec.load_balancer_class;
  return asked.empty() ? default_class : asked == kLoadBalancerClass;
}

const api::Network* default_network(const std::vector<const api::Network*>& networks) {
  const api::Network* oldest = nullptr;
  for (const api::Network* network : networks) {
    if (!network->spec.is_default || network->metadata.deleting()) continue;
    const auto age = [](const api::Network* n) {
      return std::pair(n->metadata.creation_timestamp.at, n->metadata.uid);
    };
    if (oldest == nullptr || age(network) < age(oldest)) oldest = network;
  }
  return oldest;
}

ServiceIntent plan_service(const api::Service& service,
                           const std::vector<const api::Network*>& networks) {
  ServiceIntent out;
  if (const std::string standing = annotation(service, "traffic-ip"); !standing.empty()) {
    out.traffic_ip = standing;
    return out;
  }
  out.traffic_ip = "svc-" + service.metadata.name;
  const std::string asked = annotation(service, "network");
  const api::Network* network = nullptr;
  if (asked.empty()) {
    network = default_network(networks);
    if (network == nullptr)
      out.refusal = Refusal{
          "NoNetwork",
          "no Network is the default: name one by the annotation network.nanika.dev/network, "
          "or set spec.isDefault on one"};
  } else {
    auto it =
        std::ranges::find(networks, asked, [](const api::Network* n) { return n->metadata.name; });
    network = it == networks.end() ? nullptr : *it;
    if (network == nullptr)
      out.refusal = Refusal{
          "NoNetwork", fmt::format("Network {} does not exist: see kubectl get networks", asked)};
  }
  if (out.refusal) return out;

  api::TrafficIP ip;
  ip.metadata.name = out.traffic_ip;
  ip.metadata.namespace_ = service.metadata.namespace_;
  ip.spec.network_ref = api::NameRef{network->metadata.name};
  ip.spec.families = families_of(service);
  ip.spec.family_policy = policy_of(service);
  ip.spec.target_ref = api::TargetRef{"Service", service.metadata.name};
  ip.spec.sharing_key = annotation(service, "sharing-key");
  ip.spec.reclaim_policy = network->spec.allocation.reclaim_policy;
  for (const std::string& pool : split_list(annotation(service, "pool")))
    ip.spec.pool_refs.push_back({pool});
  out.refusal = read_addresses(service, ip.spec);
  if (out.refusal) return out;
  if (ip.spec.reclaim_policy == api::ReclaimPolicy::kRelease) {
    ip.metadata.owner_references = {{.api_version = "v1",
                                     .kind = "Service",
                                     .name = service.metadata.name,
                                     .uid = service.metadata.uid,
                                     .controller = true,
                                     .block_owner_deletion = true}};
  }
  out.wanted = std::move(ip);
  return out;
}

std::vector<api::LoadBalancerIngress> ingress_of(const api::Service& service,
                                                 const std::vector<std::string>& addresses) {
  std::vector<api::LoadBalancerIngress> out;
  for (const std::string& family : service.spec.ip_families) {
    for (const std::string& text : addresses) {
      auto address = base::IpAddress::parse(text);
      if (address && base::name(address->family()) == family)
        out.push_back({.ip = text, .ip_mode = "VIP"});
    }
  }
  return out;
}

}  // namespace nanika::network
