// core/v1 Service, as far as nanika reads it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/codec.h"
#include "api/meta.h"

namespace nanika::api {

struct ServicePort {
  std::string name;
  std::string protocol = "TCP";
  int32_t port = 0;
  IntOrString target_port;
  int32_t node_port = 0;
  bool operator==(const ServicePort&) const = default;
};
constexpr auto describe(const ServicePort*) {
  using T = ServicePort;
  return object("", field("name", &T::name, ""), field("protocol", &T::protocol, ""),
                field("port", &T::port, ""), field("targetPort", &T::target_port, ""),
                field("nodePort", &T::node_port, ""));
}

struct ServiceSpec {
  std::string type;  ///< ClusterIP, NodePort, LoadBalancer, ExternalName
  std::string cluster_ip;
  std::vector<std::string> cluster_ips;
  std::vector<std::string> ip_families;  ///< IPv4, IPv6
  std::string ip_family_policy;          ///< SingleStack, PreferDualStack, RequireDualStack
  std::vector<ServicePort> ports;
  std::map<std::string, std::string> selector;
  std::string load_balancer_class;
  std::string load_balancer_ip;
  std::vector<std::string> load_balancer_source_ranges;
  std::string external_traffic_policy;  ///< Cluster, Local
  std::string internal_traffic_policy;
  std::string session_affinity;
  int32_t health_check_node_port = 0;
  bool publish_not_ready_addresses = false;
  std::optional<bool> allocate_load_balancer_node_ports;
  std::vector<std::string> external_ips;
  bool operator==(const ServiceSpec&) const = default;
};
constexpr auto describe(const ServiceSpec*) {
  using T = ServiceSpec;
  return object("", field("type", &T::type, ""), field("clusterIP", &T::cluster_ip, ""),
                field("clusterIPs", &T::cluster_ips, ""), field("ipFamilies", &T::ip_families, ""),
                field("ipFamilyPolicy", &T::ip_family_policy, ""), field("ports", &T::ports, ""),
                field("selector", &T::selector, ""),
                field("loadBalancerClass", &T::load_balancer_class, ""),
                field("loadBalancerIP", &T::load_balancer_ip, ""),
                field("loadBalancerSourceRanges", &T::load_balancer_source_ranges, ""),
                field("externalTrafficPolicy", &T::external_traffic_policy, ""),
                field("internalTrafficPolicy", &T::internal_traffic_policy, ""),
                field("sessionAffinity", &T::session_affinity, ""),
                field("healthCheckNodePort", &T::health_check_node_port, ""),
                field("publishNotReadyAddresses", &T::publish_not_ready_addresses, ""),
                field("allocateLoadBalancerNodePorts", &T::allocate_load_balancer_node_ports, ""),
                field("externalIPs", &T::external_ips, ""));
}

struct LoadBalancerIngress {
  std::string ip;
  std::string hostname;
  std::string ip_mode;  ///< VIP, Proxy
  bool operator==(const LoadBalancerIngress&) const = default;
};
constexpr auto describe(const LoadBalancerIngress*) {
  using T = LoadBalancerIngress;
  return object("", field("ip", &T::ip, ""), field("hostname", &T::hostname, ""),
                field("ipMode", &T::ip_mode, ""));
}

struct LoadBalancerStatus {
  std::vector<LoadBalancerIngress> ingress;
  bool operator==(const LoadBalancerStatus&) const = default;
};
constexpr auto describe(const LoadBalancerStatus*) {
  return object("", field("ingress", &LoadBalancerStatus::ingress, ""));
}

struct ServiceStatus {
  LoadBalancerStatus load_balancer;
  std::vector<Condition> conditions;
  bool operator==(const ServiceStatus&) const = default;
};
constexpr auto describe(const ServiceStatus*) {
  using T = ServiceStatus;
  return object("", field("loadBalancer", &T::load_balancer, ""),
                field("conditions", &T::conditions, ""));
}

struct Service {
  static constexpr KindInfo kKind{
      .group = "", .version = "v1", .kind = "Service", .plural = "services"};
  ObjectMeta metadata;
  ServiceSpec spec;
  ServiceStatus status;
};
constexpr auto describe(const Service*) {
  using T = Service;
  return object("", field("metadata", &T::metadata, ""), field("spec", &T::spec, ""),
                field("status", &T::status, ""));
}

extern template struct Codec<Service>;

}  // namespace nanika::api
