// Rules of Services: see service.h. Address families and changes of addresses are in
// service_addresses.cc.
#include <set>

#include "apiserver/kinds/access.h"
#include "apiserver/kinds/ip_fields.h"
#include "apiserver/kinds/object_meta.h"
#include "apiserver/kinds/service.h"
#include "apiserver/kinds/service_addresses.h"

namespace nanika::apiserver::kinds {

namespace {

constexpr std::string_view kOnlyBalancer = "may only be used when `type` is 'LoadBalancer'";
constexpr std::string_view kRangesAnnotation =
    "service.beta.kubernetes.io/load-balancer-source-ranges";

void validate_target(const json::value& target, const Path& path, Causes& causes) {
  if (target.is_int64()) {
    for (const std::string& problem : port_number(target.get_int64())) {
      invalid(causes, path, target, problem);
    }
  } else if (target.is_string()) {
    invalid(causes, path, target.get_string(), port_name(target.get_string()));
  }
}

void validate_port(const json::value& port, bool name_needed, std::set<std::string>& names,
                   const Path& path, Causes& causes) {
  std::string_view name = string_at(port, "name");
  if (name_needed && name.empty()) {
    required(causes, path.child("name"));
  } else if (!name.empty()) {
    invalid(causes, path.child("name"), name, dns1123_label(name));
    if (!names.emplace(name).second) duplicate(causes, path.child("name"), name);
  }
  int64_t number = int_at(port, "port");
  for (const std::string& problem : port_number(number)) {
    invalid(causes, path.child("port"), json::value(number), problem);
  }
  std::string_view protocol = string_at(port, "protocol");
  if (protocol.empty()) {
    required(causes, path.child("protocol"));
  } else if (protocol != "TCP" && protocol != "UDP" && protocol != "SCTP") {
    not_supported(causes, path.child("protocol"), protocol, {"SCTP", "TCP", "UDP"});
  }
  validate_target(member(port, "targetPort"), path.child("targetPort"), causes);
  if (has(port, "appProtocol")) {
    std::string_view app = string_at(port, "appProtocol");
    invalid(causes, path.child("appProtocol"), app, label_key(app));
  }
}

void validate_ports(const json::value& service, const Path& spec_path, Causes& causes) {
  const json::value& spec = member(service, "spec");
  const json::array& ports = array_at(spec, "ports");
  Path path = spec_path.child("ports");
  std::set<std::string> names;
  for (size_t i = 0; i < ports.size(); ++i) {
    validate_port(ports[i], ports.size() > 1, names, path.at(i), causes);
  }
}

// Ports and node ports are each once for a protocol.
void validate_port_numbers(const json::value& spec, const Path& spec_path, Causes& causes) {
  const json::array& ports = array_at(spec, "ports");
  Path path = spec_path.child("ports");
  std::set<std::pair<std::string, int64_t>> seen;
  for (size_t i = 0; i < ports.size(); ++i) {
    int64_t node_port = int_at(ports[i], "nodePort");
    if (node_port == 0) continue;
    if (string_at(spec, "type") == "ClusterIP") {
      forbidden(causes, path.at(i).child("nodePort"), "may not be used when `type` is 'ClusterIP'");
    }
    if (!seen.emplace(string_at(ports[i], "protocol"), node_port).second) {
      duplicate(causes, path.at(i).child("nodePort"), json::value(node_port));
    }
  }
  seen.clear();
  for (size_t i = 0; i < ports.size(); ++i) {
    std::string protocol(string_at(ports[i], "protocol"));
    int64_t number = int_at(ports[i], "port");
    if (seen.emplace(protocol, number).second) continue;
    // Upstream prints its internal struct here.
    duplicate(causes, path.at(i),
              json::value{{"Name", ""},
                          {"Protocol", protocol},
                          {"AppProtocol", nullptr},
                          {"Port", number},
                          {"TargetPort", 0},
                          {"NodePort", 0}});
  }
}

void validate_external_name(const json::value& spec, const Path& path, Causes& causes) {
  constexpr std::string_view kNot = "may not be set for ExternalName services";
  if (!array_at(spec, "clusterIPs").empty()) forbidden(causes, path.child("clusterIPs"), kNot);
  if (!array_at(spec, "ipFamilies").empty()) forbidden(causes, path.child("ipFamilies"), kNot);
  if (has(spec, "ipFamilyPolicy")) forbidden(causes, path.child("ipFamilyPolicy"), kNot);
  std::string_view name = string_at(spec, "externalName");
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty()) return required(causes, path.child("externalName"));
  invalid(causes, path.child("externalName"), name, dns1123_subdomain(name));
}

void validate_type(const json::value& service, const Path& path, Causes& causes) {
  const json::value& spec = member(service, "spec");
  std::string_view type = string_at(spec, "type");
  bool headless = is_headless(service);
  if (array_at(spec, "ports").empty() && !headless && type != "ExternalName") {
    required(causes, path.child("ports"));
  }
  if (headless && (type == "LoadBalancer" || type == "NodePort")) {
    Path ips = path.child("clusterIPs");
    invalid(causes, ips.at(0), std::string_view("None"),
            fmt::format("may not be set to 'None' for {} services", type));
  }
  if (type == "ExternalName") validate_external_name(spec, path, causes);
}

void validate_affinity(const json::value& spec, const Path& path, Causes& causes) {
  std::string_view affinity = string_at(spec, "sessionAffinity");
  Path config = path.child("sessionAffinityConfig");
  if (affinity.empty()) return required(causes, path.child("sessionAffinity"));
  if (affinity == "None") {
    if (!has(spec, "sessionAffinityConfig")) return;
    return forbidden(causes, config, "must not be set when session affinity is None");
  }
  if (affinity != "ClientIP") {
    return not_supported(causes, path.child("sessionAffinity"), affinity, {"ClientIP", "None"});
  }
  constexpr std::string_view kWhen = "when session affinity type is ClientIP";
  if (!has(spec, "sessionAffinityConfig")) return required(causes, config, kWhen);
  const json::value& client = member(member(spec, "sessionAffinityConfig"), "clientIP");
  Path client_path = config.child("clientIP"), timeout_path = client_path.child("timeoutSeconds");
  if (client.is_null()) return required(causes, client_path, kWhen);
  if (!has(client, "timeoutSeconds")) return required(causes, timeout_path, kWhen);
  int64_t seconds = int_at(client, "timeoutSeconds");
  if (seconds <= 0 || seconds > 86400) {
    invalid(causes, timeout_path, json::value(seconds),
            "must be greater than 0 and less than 86400");
  }
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

void validate_source_ranges(const json::value& service, const Path& spec_path, Causes& causes) {
  const json::value& spec = member(service, "spec");
  const json::array& ranges = array_at(spec, "loadBalancerSourceRanges");
  bool balances = string_at(spec, "type") == "LoadBalancer";
  if (!ranges.empty()) {
    Path path = spec_path.child("LoadBalancerSourceRanges");  // upstream's capital
    if (!balances) forbidden(causes, path, kOnlyBalancer);
    for (size_t i = 0; i < ranges.size(); ++i) {
      if (ranges[i].is_string()) validate_cidr(trimmed(ranges[i].get_string()), path.at(i), causes);
    }
    return;
  }
  const json::value& annotations = member(member(service, "metadata"), "annotations");
  if (!has(annotations, kRangesAnnotation)) return;
  Path meta("metadata"), annotations_path = meta.child("annotations");
  Path path = annotations_path.key(kRangesAnnotation);
  if (!balances) forbidden(causes, path, kOnlyBalancer);
  std::string_view list = trimmed(string_at(annotations, kRangesAnnotation));
  while (!list.empty()) {
    size_t comma = list.find(',');
    validate_cidr(trimmed(list.substr(0, comma)), path, causes);
    list = comma == list.npos ? std::string_view() : list.substr(comma + 1);
  }
}

void validate_balancer(const json::value& service, const Path& path, Causes& causes) {
  const json::value& spec = member(service, "spec");
  bool balances = string_at(spec, "type") == "LoadBalancer";
  bool has_allocate = has(spec, "allocateLoadBalancerNodePorts");
  if (has_allocate && !balances) {
    forbidden(causes, path.child("allocateLoadBalancerNodePorts"), kOnlyBalancer);
  }
  if (!has_allocate && balances) required(causes, Path("allocateLoadBalancerNodePorts"));
  if (!has(spec, "loadBalancerClass")) return;
  if (!balances) return forbidden(causes, path.child("loadBalancerClass"), kOnlyBalancer);
  std::string_view name = string_at(spec, "loadBalancerClass");
  invalid(causes, path.child("loadBalancerClass"), name, label_key(name));
}

void validate_traffic(const json::value& service, const Path& path, Causes& causes) {
  const json::value& spec = member(service, "spec");
  std::string_view external = string_at(spec, "externalTrafficPolicy");
  Path external_path = path.child("externalTrafficPolicy");
  if (!is_externally_accessible(service)) {
    if (!external.empty()) {
      invalid(causes, external_path, external,
              "may only be set for externally-accessible services");
    }
  } else if (external.empty()) {
    required(causes, external_path);
  } else if (external != "Cluster" && external != "Local") {
    not_supported(causes, external_path, external, {"Cluster", "Local"});
  }
  int64_t check = int_at(spec, "healthCheckNodePort");
  Path check_path = path.child("healthCheckNodePort");
  if (!needs_health_check(service)) {
    if (check != 0) {
      invalid(causes, check_path, json::value(check),
              "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is "
              "'Local'");
    }
  } else if (check == 0) {
    required(causes, check_path);
  } else {
    for (const std::string& problem : port_number(check)) {
      invalid(causes, check_path, json::value(check), problem);
    }
  }
  std::string_view internal = string_at(spec, "internalTrafficPolicy");
  Path internal_path = path.child("internalTrafficPolicy");
  if (!has(spec, "internalTrafficPolicy")) {
    if (string_at(spec, "type") != "ExternalName") required(causes, internal_path);
  } else if (internal != "Cluster" && internal != "Local") {
    not_supported(causes, internal_path, internal, {"Cluster", "Local"});
  }
  if (!has(spec, "trafficDistribution")) return;
  std::string_view where = string_at(spec, "trafficDistribution");
  if (where != "PreferClose" && where != "PreferSameZone" && where != "PreferSameNode") {
    not_supported(causes, path.child("trafficDistribution"), where,
                  {"PreferClose", "PreferSameZone", "PreferSameNode"});
  }
}

}  // namespace

void validate_service(const json::value& service, Causes& causes) {
  const json::value& spec = member(service, "spec");
  Path path("spec");
  validate_type(service, path, causes);
  validate_ports(service, path, causes);
  validate_labels(object_at(spec, "selector"), path.child("selector"), causes);
  validate_affinity(spec, path, causes);
  validate_cluster_ips(service, causes);
  const json::array& external_ips = array_at(spec, "externalIPs");
  Path external_path = path.child("externalIPs");
  for (size_t i = 0; i < external_ips.size(); ++i) {
    if (!external_ips[i].is_string()) continue;
    std::string_view ip = external_ips[i].get_string();
    if (validate_ip(ip, external_path.at(i), causes)) {
      validate_endpoint_ip(ip, external_path.at(i), causes);
    }
  }
  std::string_view type = string_at(spec, "type");
  if (type.empty()) {
    required(causes, path.child("type"));
  } else if (type != "ClusterIP" && type != "NodePort" && type != "LoadBalancer" &&
             type != "ExternalName") {
    not_supported(causes, path.child("type"), type,
                  {"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"});
  }
  validate_port_numbers(spec, path, causes);
  validate_source_ranges(service, path, causes);
  validate_balancer(service, path, causes);
  validate_traffic(service, path, causes);
}

void validate_service_update(const json::value& service, const json::value& old, Causes& causes) {
  validate_object_meta_update(service, old, causes);
  validate_address_changes(service, old, causes);
  const json::value& spec = member(service, "spec");
  const json::value& before = member(old, "spec");
  Path path("spec");
  bool both_balance =
      string_at(spec, "type") == "LoadBalancer" && string_at(before, "type") == "LoadBalancer";
  if (both_balance && !same_member(spec, before, "loadBalancerClass")) {
    invalid(causes, path.child("loadBalancerClass"), member(spec, "loadBalancerClass"),
            "may not change once set");
  }
  if (needs_health_check(old) && needs_health_check(service) &&
      !same_member(spec, before, "healthCheckNodePort")) {
    forbidden(causes, path.child("healthCheckNodePort"), "field is immutable");
  }
  validate_service(service, causes);
}

void validate_service_status(const json::value& service, const json::value& old, Causes& causes) {
  validate_object_meta_update(service, old, causes);
  const json::value& balancer = member(member(service, "status"), "loadBalancer");
  const json::array& ingress = array_at(balancer, "ingress");
  Path status("status"), balancer_path = status.child("loadBalancer");
  Path path = balancer_path.child("ingress");
  if (string_at(member(service, "spec"), "type") != "LoadBalancer" && !ingress.empty()) {
    return forbidden(causes, path, "may only be used when `spec.type` is 'LoadBalancer'");
  }
  for (size_t i = 0; i < ingress.size(); ++i) {
    Path at = path.at(i);
    std::string_view ip = string_at(ingress[i], "ip"), host = string_at(ingress[i], "hostname");
    std::string_view mode = string_at(ingress[i], "ipMode");
    bool has_mode = has(ingress[i], "ipMode");
    if (!ip.empty()) validate_ip(ip, at.child("ip"), causes);
    if (!has_mode && !ip.empty()) {
      required(causes, at.child("ipMode"), "must be specified when `ip` is set");
    } else if (has_mode && ip.empty()) {
      forbidden(causes, at.child("ipMode"), "may not be specified when `ip` is not set");
    } else if (has_mode && mode != "VIP" && mode != "Proxy") {
      not_supported(causes, at.child("ipMode"), mode, {"Proxy", "VIP"});
    }
    if (host.empty()) continue;
    invalid(causes, at.child("hostname"), host, dns1123_subdomain(host));
    if (base::IpAddress::parse(host)) {
      invalid(causes, at.child("hostname"), host, "must be a DNS name, not an IP address");
    }
  }
}

}  // namespace nanika::apiserver::kinds
