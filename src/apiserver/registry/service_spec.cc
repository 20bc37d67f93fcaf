#include "apiserver/registry/service_spec.h"

#include "apiserver/kinds/access.h"
#include "apiserver/kinds/service.h"

namespace nanika::apiserver::service_spec {

namespace {

const json::value& spec_of(const json::value& service) {
  static const json::value kNone = json::object();
  const json::value* spec = base::find(service, "spec");
  return spec != nullptr ? *spec : kNone;
}

bool has_addresses(const json::value& service) {
  return type_of(service) != "ExternalName";
}

}  // namespace

std::string_view type_of(const json::value& service) {
  return kinds::string_at(spec_of(service), "type");
}

std::vector<std::string> strings_at(const json::value& spec, std::string_view key) {
  std::vector<std::string> out;
  for (const json::value& each : kinds::array_at(spec, key))
    if (each.is_string()) out.emplace_back(each.get_string());
  return out;
}

void set_strings(json::value& spec, std::string_view key, const std::vector<std::string>& list) {
  if (list.empty())
    kinds::remove_member(spec, key);
  else
    spec.as_object()[key] = json::array(list.begin(), list.end());
}

std::vector<std::string> cluster_ips(const json::value& service) {
  return strings_at(spec_of(service), "clusterIPs");
}

std::vector<base::IpAddress> addresses_of(const json::value& service) {
  std::vector<base::IpAddress> out;
  for (const std::string& text : cluster_ips(service))
    if (auto address = base::IpAddress::parse(text)) out.push_back(*address);
  return out;
}

std::set<int> ports_of(const json::value& service) {
  std::set<int> out;
  const json::value& spec = spec_of(service);
  for (const json::value& port : kinds::array_at(spec, "ports"))
    out.insert(static_cast<int>(kinds::int_at(port, "nodePort")));
  out.insert(static_cast<int>(kinds::int_at(spec, "healthCheckNodePort")));
  out.erase(0);
  return out;
}

bool needs_node_ports(const json::value& service) {
  std::string_view type = type_of(service);
  return type == "NodePort" ||
         (type == "LoadBalancer" &&
          kinds::bool_at(spec_of(service), "allocateLoadBalancerNodePorts", true));
}

void normalize(json::value& service, const json::value* old) {
  json::value& spec = kinds::make_object(service, "spec");
  std::string one(kinds::string_at(spec, "clusterIP"));
  std::vector<std::string> all = strings_at(spec, "clusterIPs");
  if (old == nullptr) {
    if (!one.empty() && all.empty()) set_strings(spec, "clusterIPs", {one});
    return;
  }
  std::string old_one(kinds::string_at(spec_of(*old), "clusterIP"));
  std::vector<std::string> old_all = cluster_ips(*old);
  if (one == old_one) return;
  if (one.empty() && all == old_all)
    set_strings(spec, "clusterIPs", {});
  else if (!one.empty() && (all == old_all || all.empty()))
    set_strings(spec, "clusterIPs", {one});
}

void keep_allocated(json::value& service, const json::value& old) {
  json::value& spec = kinds::make_object(service, "spec");
  const json::value& before = spec_of(old);
  if (has_addresses(service) && has_addresses(old)) {
    if (kinds::string_at(spec, "clusterIP").empty() && cluster_ips(service).empty()) {
      kinds::copy_member(spec, before, "clusterIP");
      kinds::copy_member(spec, before, "clusterIPs");
    }
    for (const char* key : {"ipFamilies", "ipFamilyPolicy"})
      if (!kinds::has(spec, key)) kinds::copy_member(spec, before, key);
  }
  if (needs_node_ports(service) && needs_node_ports(old)) {
    json::value* ports = spec.get_object().if_contains("ports");
    if (ports != nullptr && ports->is_array())
      for (json::value& port : ports->get_array())
        for (const json::value& held : kinds::array_at(before, "ports"))
          if (kinds::int_at(port, "nodePort") == 0 &&
              kinds::int_at(port, "port") == kinds::int_at(held, "port") &&
              kinds::string_at(port, "protocol") == kinds::string_at(held, "protocol"))
            kinds::copy_member(port, held, "nodePort");
  }
  if (kinds::needs_health_check(service) && kinds::needs_health_check(old) &&
      kinds::int_at(spec, "healthCheckNodePort") == 0)
    kinds::copy_member(spec, before, "healthCheckNodePort");
}

void clear_addresses(json::value& service) {
  json::value& spec = kinds::make_object(service, "spec");
  if (!kinds::string_at(spec, "clusterIP").empty()) return;  // validation says that it may not
  for (const char* key : {"clusterIP", "clusterIPs"}) kinds::remove_member(spec, key);
}

}  // namespace nanika::apiserver::service_spec
