#include <set>

#include "apiserver/kinds/access.h"
#include "apiserver/kinds/object_meta.h"
#include "apiserver/kinds/service.h"

namespace nanika::apiserver::kinds {

namespace {

void append(std::string& list, std::string_view item) {
  if (!list.empty()) list += ',';
  list += item;
}

std::string joined(const json::array& strings) {
  std::string out;
  for (const json::value& each : strings) {
    if (each.is_string()) append(out, each.get_string());
  }
  return out;
}

// What the load balancer gave, sorted, each once.
std::string balancer_addresses(const json::value& service) {
  std::set<std::string> all;
  const json::value& balancer = member(member(service, "status"), "loadBalancer");
  for (const json::value& each : array_at(balancer, "ingress")) {
    std::string_view ip = string_at(each, "ip"), host = string_at(each, "hostname");
    if (!ip.empty() || !host.empty()) all.emplace(ip.empty() ? host : ip);
  }
  std::string out;
  for (const std::string& each : all) append(out, each);
  return out;
}

std::string external_ip(const json::value& service) {
  const json::value& spec = member(service, "spec");
  std::string_view type = string_at(spec, "type");
  std::string external = joined(array_at(spec, "externalIPs"));
  if (type == "ClusterIP" || type == "NodePort") return external.empty() ? "<none>" : external;
  if (type == "LoadBalancer") {
    std::string out = balancer_addresses(service);
    if (!external.empty()) append(out, external);
    return out.empty() ? "<pending>" : out;
  }
  if (type == "ExternalName") return std::string(string_at(spec, "externalName"));
  return "<unknown>";
}

std::string ports(const json::value& spec) {
  std::string out;
  for (const json::value& port : array_at(spec, "ports")) {
    std::string_view protocol = string_at(port, "protocol");
    int64_t number = int_at(port, "port"), node = int_at(port, "nodePort");
    append(out, node > 0 ? fmt::format("{}:{}/{}", number, node, protocol)
                         : fmt::format("{}/{}", number, protocol));
  }
  return out.empty() ? "<none>" : out;
}

std::string selector(const json::value& spec) {
  std::set<std::string> pairs;
  for (const auto& [key, value] : object_at(spec, "selector")) {
    if (value.is_string()) {
      pairs.insert(
          fmt::format("{}={}", std::string_view(key), std::string_view(value.get_string())));
    }
  }
  std::string out;
  for (const std::string& each : pairs) append(out, each);
  return out.empty() ? "<none>" : out;
}

}  // namespace

json::array service_row(const json::value& service, base::WallTime now) {
  const json::value& spec = member(service, "spec");
  const json::array& ips = array_at(spec, "clusterIPs");
  std::string_view internal = "<none>";
  if (!ips.empty() && ips[0].is_string()) internal = ips[0].get_string();
  return {base::find_string(service, "metadata", "name"),
          string_at(spec, "type"),
          internal,
          external_ip(service),
          ports(spec),
          age_of(service, now),
          selector(spec)};
}

}  // namespace nanika::apiserver::kinds
