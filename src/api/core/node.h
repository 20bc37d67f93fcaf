// core/v1 Node, as far as nanika reads it.
#pragma once

#include <string>
#include <vector>

#include "api/codec.h"
#include "api/meta.h"

namespace nanika::api {

struct NodeSpec {
  bool unschedulable = false;  ///< cordoned
  std::vector<std::string> pod_cidrs;
  bool operator==(const NodeSpec&) const = default;
};
constexpr auto describe(const NodeSpec*) {
  using T = NodeSpec;
  return object("", field("unschedulable", &T::unschedulable, ""),
                field("podCIDRs", &T::pod_cidrs, ""));
}

struct NodeAddress {
  std::string type;  ///< InternalIP, ExternalIP, Hostname
  std::string address;
  bool operator==(const NodeAddress&) const = default;
};
constexpr auto describe(const NodeAddress*) {
  using T = NodeAddress;
  return object("", field("type", &T::type, ""), field("address", &T::address, ""));
}

/// NodeCondition has a heartbeat where metav1.Condition has a generation.
struct NodeCondition {
  std::string type;
  std::string status;
  Time last_heartbeat_time;
  Time last_transition_time;
  std::string reason;
  std::string message;
  bool operator==(const NodeCondition&) const = default;
};
constexpr auto describe(const NodeCondition*) {
  using T = NodeCondition;
  return object("", field("type", &T::type, ""), field("status", &T::status, ""),
                field("lastHeartbeatTime", &T::last_heartbeat_time, ""),
                field("lastTransitionTime", &T::last_transition_time, ""),
                field("reason", &T::reason, ""), field("message", &T::message, ""));
}

struct NodeStatus {
  std::vector<NodeAddress> addresses;
  std::vector<NodeCondition> conditions;
  bool operator==(const NodeStatus&) const = default;
};
constexpr auto describe(const NodeStatus*) {
  using T = NodeStatus;
  return object("", field("addresses", &T::addresses, ""), field("conditions", &T::conditions, ""));
}

struct Node {
  static constexpr KindInfo kKind{
      .group = "", .version = "v1", .kind = "Node", .plural = "nodes", .namespaced = false};
  ObjectMeta metadata;
  NodeSpec spec;
  NodeStatus status;
};
constexpr auto describe(const Node*) {
  using T = Node;
  return object("", field("metadata", &T::metadata, ""), field("spec", &T::spec, ""),
                field("status", &T::status, ""));
}

extern template struct Codec<Node>;

}  // namespace nanika::api
