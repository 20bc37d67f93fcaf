// BGPPeer: sessions of nodes with one router.
#pragma once

#include "api/network/bgp_peer_spec.h"

namespace nanika::api {

struct PeerSessions {
  int64_t expected = 0;
  int64_t established = 0;
  bool operator==(const PeerSessions&) const = default;
};
constexpr auto describe(const PeerSessions*) {
  using T = PeerSessions;
  return object("Sessions over all nodes.",
                field("expected", &T::expected, "Nodes that are to have a session.",
                      {.keep = true, .min = 0}),
                field("established", &T::established, "Nodes whose session is up.",
                      {.keep = true, .min = 0}));
}

struct BGPPeerSummary {
  std::string sessions;
  std::string peer;
  std::string routes;
  std::string bfd;
  std::string last_error;
  bool operator==(const BGPPeerSummary&) const = default;
};
constexpr auto describe(const BGPPeerSummary*) {
  using T = BGPPeerSummary;
  return object(
      "For people and printer columns; programs read the rest of the status.",
      field("sessions", &T::sessions, "Established of expected sessions: 3/3.", {.max_length = 32}),
      field("peer", &T::peer, "The router's address or the interface.", {.max_length = 64}),
      field("routes", &T::routes, "Routes sent, over all sessions.", {.max_length = 32}),
      field("bfd", &T::bfd, "Up, Down, or empty without BFD.", {.max_length = 16}),
      field("lastError", &T::last_error, "The last error of a session.", {.max_length = 256}));
}

struct BGPPeerStatus {
  int64_t observed_generation = 0;
  PeerSessions sessions;
  BGPPeerSummary summary;
  std::vector<Condition> conditions;
  bool operator==(const BGPPeerStatus&) const = default;
};
constexpr auto describe(const BGPPeerStatus*) {
  using T = BGPPeerStatus;
  return object(
      "What is the case.", field("observedGeneration", &T::observed_generation, kObservedText),
      field("sessions", &T::sessions, "Sessions over all nodes."),
      field("summary", &T::summary, ""),
      field("conditions", &T::conditions,
            "Accepted: the nodes could take the configuration. Established: every session is up.",
            kConditionsRules));
}

struct BGPPeer {
  static constexpr Column kColumns[] = {
      {"Peer", "string", ".status.summary.peer", "The router."},
      {"Peer-ASN", "integer", ".spec.peerASN", "The router's AS number."},
      {"Local-ASN", "integer", ".spec.localASN", "Our AS number."},
      {"Sessions", "string", ".status.summary.sessions", "Established of expected sessions."},
      {"Routes", "string", ".status.summary.routes", "Routes sent."},
      {"Age", "date", ".metadata.creationTimestamp", "Time since creation."},
      {"BFD", "string", ".status.summary.bfd", "State of BFD.", 1},
      {"Last-Error", "string", ".status.summary.lastError", "The last error of a session.", 1},
  };
  static constexpr KindInfo kKind{.group = kNetworkGroup,
                                  .version = kNetworkVersion,
                                  .kind = "BGPPeer",
                                  .plural = "bgppeers",
                                  .namespaced = false,
                                  .columns = kColumns};
  ObjectMeta metadata;
  BGPPeerSpec spec;
  BGPPeerStatus status;
};
constexpr auto describe(const BGPPeer*) {
  using T = BGPPeer;
  return object("BGP sessions of nodes with one router.", field("metadata", &T::metadata, ""),
                field("spec", &T::spec, "", {.required = true}), field("status", &T::status, ""));
}

extern template struct Codec<BGPPeer>;

}  // namespace nanika::api
