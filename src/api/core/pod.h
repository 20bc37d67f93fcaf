// core/v1 Pod, as far as nanika reads it.
#pragma once

#include <string>
#include <vector>

#include "api/codec.h"
#include "api/meta.h"

namespace nanika::api {

struct ContainerPort {
  std::string name;
  int32_t container_port = 0;
  std::string protocol = "TCP";
  bool operator==(const ContainerPort&) const = default;
};
constexpr auto describe(const ContainerPort*) {
  using T = ContainerPort;
  return object("", field("name", &T::name, ""), field("containerPort", &T::container_port, ""),
                field("protocol", &T::protocol, ""));
}

struct Container {
  std::string name;
  std::string image;
  std::vector<ContainerPort> ports;
  bool operator==(const Container&) const = default;
};
constexpr auto describe(const Container*) {
  using T = Container;
  return object("", field("name", &T::name, ""), field("image", &T::image, ""),
                field("ports", &T::ports, ""));
}

struct PodSpec {
  std::string node_name;
  bool host_network = false;
  std::vector<Container> containers;
  bool operator==(const PodSpec&) const = default;
};
constexpr auto describe(const PodSpec*) {
  using T = PodSpec;
  return object("", field("nodeName", &T::node_name, ""),
                field("hostNetwork", &T::host_network, ""),
                field("containers", &T::containers, ""));
}

struct PodIp {
  std::string ip;
  bool operator==(const PodIp&) const = default;
};
constexpr auto describe(const PodIp*) {
  return object("", field("ip", &PodIp::ip, ""));
}

struct PodCondition {
  std::string type;
  std::string status;
  Time last_transition_time;
  bool operator==(const PodCondition&) const = default;
};
constexpr auto describe(const PodCondition*) {
  using T = PodCondition;
  return object("", field("type", &T::type, ""), field("status", &T::status, ""),
                field("lastTransitionTime", &T::last_transition_time, ""));
}

struct PodStatus {
  std::string phase;
  std::string host_ip;
  std::string pod_ip;
  std::vector<PodIp> pod_ips;
  std::vector<PodCondition> conditions;
  bool operator==(const PodStatus&) const = default;
};
constexpr auto describe(const PodStatus*) {
  using T = PodStatus;
  return object("", field("phase", &T::phase, ""), field("hostIP", &T::host_ip, ""),
                field("podIP", &T::pod_ip, ""), field("podIPs", &T::pod_ips, ""),
                field("conditions", &T::conditions, ""));
}

struct Pod {
  static constexpr KindInfo kKind{.group = "", .version = "v1", .kind = "Pod", .plural = "pods"};
  ObjectMeta metadata;
  PodSpec spec;
  PodStatus status;
};
constexpr auto describe(const Pod*) {
  using T = Pod;
  return object("", field("metadata", &T::metadata, ""), field("spec", &T::spec, ""),
                field("status", &T::status, ""));
}

extern template struct Codec<Pod>;

}  // namespace nanika::api
