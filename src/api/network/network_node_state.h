// NetworkNodeState: what one node has; one object a node, written by its agent alone; small at any
// scale.
#pragma once

#include "api/network/common.h"

namespace nanika::api {

struct PeerState {
  std::string name;
  Family family = Family::kIPv4;
  std::string
      state;  ///< BGP FSM: Idle, Connect, Active, OpenSent, OpenConfirm, Established; or Rejected
  Time since;
  int64_t exported = 0;
  int64_t imported = 0;
  std::string last_error;
  bool operator==(const PeerState&) const = default;
};
constexpr auto describe(const PeerState*) {
  using T = PeerState;
  return object(
      "One family of one session.",
      field("name", &T::name, "The BGPPeer.", {.required = true, .max_length = 253}),
      field("family", &T::family, "IPv4 or IPv6.", {.required = true}),
      field("state", &T::state,
            "State of the session (RFC 4271), or Rejected where BIRD refuses it.",
            {.max_length = 32}),
      field("since", &T::since, "When the state was entered."),
      field("exported", &T::exported, "Routes sent.", {.keep = true}),
      field("imported", &T::imported, "Routes taken.", {.keep = true}),
      field("lastError", &T::last_error, "The last error of the session.", {.max_length = 256}));
}

struct AdvertisedException {
  std::string address;
  std::string reason;
  bool operator==(const AdvertisedException&) const = default;
};
constexpr auto describe(const AdvertisedException*) {
  using T = AdvertisedException;
  return object("An address that should be announced and is not.",
                field("address", &T::address, "The address.", {.required = true, .max_length = 43}),
                field("reason", &T::reason, "CamelCase.", {.required = true, .max_length = 64}));
}

struct AdvertisedState {
  int64_t desired = 0;
  int64_t sent = 0;
  std::string observed_revision;
  std::vector<AdvertisedException> exceptions;
  bool operator==(const AdvertisedState&) const = default;
};
constexpr auto describe(const AdvertisedState*) {
  using T = AdvertisedState;
  return object(
      "Addresses that this node announces.",
      field("desired", &T::desired, "Addresses to announce.", {.keep = true}),
      field("sent", &T::sent, "Addresses announced to at least one router.", {.keep = true}),
      field("observedRevision", &T::observed_revision,
            "TrafficIPs up to this resourceVersion are programmed.", {.max_length = 20}),
      field("exceptions", &T::exceptions, "At most 100 of those that are not sent.",
            {.max_items = 100}));
}

struct RouteFailure {
  std::string name;
  std::string reason;
  bool operator==(const RouteFailure&) const = default;
};
constexpr auto describe(const RouteFailure*) {
  using T = RouteFailure;
  return object(
      "A NodeRoute that the kernel refused.",
      field("name", &T::name, "The NodeRoute.", {.required = true, .max_length = 253}),
      field("reason", &T::reason, "What the kernel said.", {.required = true, .max_length = 256}));
}

struct RoutesState {
  int64_t programmed = 0;
  std::vector<RouteFailure> failed;
  bool operator==(const RoutesState&) const = default;
};
constexpr auto describe(const RoutesState*) {
  using T = RoutesState;
  return object("NodeRoutes of this node.", field("programmed", &T::programmed, "", {.keep = true}),
                field("failed", &T::failed, "", {.max_items = 100}));
}

struct NetworkNodeStateStatus {
  int64_t observed_generation = 0;
  std::vector<PeerState> peers;
  AdvertisedState advertised;
  RoutesState routes;
  std::vector<Condition> conditions;
  bool operator==(const NetworkNodeStateStatus&) const = default;
};
constexpr auto describe(const NetworkNodeStateStatus*) {
  using T = NetworkNodeStateStatus;
  return object("What the node has.",
                field("observedGeneration", &T::observed_generation, kObservedText),
                field("peers", &T::peers, "Sessions, one entry a family.",
                      {.max_items = 512, .map_keys = "name,family"}),
                field("advertised", &T::advertised, ""), field("routes", &T::routes, ""),
                field("conditions", &T::conditions, "Ready: the agent and BIRD are at work.",
                      kConditionsRules));
}

struct NetworkNodeState {
  static constexpr Column kColumns[] = {
      {"Desired", "integer", ".status.advertised.desired", "Addresses to announce."},
      {"Sent", "integer", ".status.advertised.sent", "Addresses announced."},
      {"Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status",
       "Agent and BIRD are at work."},
      {"Age", "date", ".metadata.creationTimestamp", "Time since creation."},
  };
  static constexpr KindInfo kKind{.group = kNetworkGroup,
                                  .version = kNetworkVersion,
                                  .kind = "NetworkNodeState",
                                  .plural = "networknodestates",
                                  .namespaced = false,
                                  .columns = kColumns};
  ObjectMeta metadata;
  NetworkNodeStateStatus status;
};
constexpr auto describe(const NetworkNodeState*) {
  using T = NetworkNodeState;
  return object("What one node announces and hears; written by its agent.",
                field("metadata", &T::metadata, ""), field("status", &T::status, ""));
}

extern template struct Codec<NetworkNodeState>;

}  // namespace nanika::api
