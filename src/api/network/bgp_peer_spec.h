// What a BGPPeer asks for. Each description says whether a change restarts the session.
#pragma once

#include "api/network/bgp_session.h"

namespace nanika::api {

enum class ImportMode : uint8_t { kNone, kDefault, kPrefixes };
constexpr std::array<std::string_view, 3> enum_names(const ImportMode*) {
  return {"None", "Default", "Prefixes"};
}
struct ImportPrefix {
  std::string cidr;
  int32_t max_length = 0;
  bool operator==(const ImportPrefix&) const = default;
};
constexpr auto describe(const ImportPrefix*) {
  using T = ImportPrefix;
  return object("A prefix that may come in.",
                field("cidr", &T::cidr, "", {.required = true, .max_length = 43}),
                field("maxLength", &T::max_length,
                      "Longer prefixes within it too, up to this length.", {.min = 0, .max = 128}));
}
struct PeerImport {
  ImportMode mode = ImportMode::kNone;
  std::vector<ImportPrefix> prefixes;
  bool operator==(const PeerImport&) const = default;
};
constexpr auto describe(const PeerImport*) {
  using T = PeerImport;
  return object("Which routes are taken from the router. A change keeps the session.",
                field("mode", &T::mode, "None, Default (the default route alone) or Prefixes.",
                      {.defaulted = true}),
                field("prefixes", &T::prefixes, "For Prefixes.", {.max_items = 256}));
}

enum class PeerDrain : uint8_t { kNone, kGracefulShutdown, kWithdraw };
constexpr std::array<std::string_view, 3> enum_names(const PeerDrain*) {
  return {"None", "GracefulShutdown", "Withdraw"};
}

struct BGPPeerSpec {
  std::optional<LabelSelector> node_selector;
  PeerEndpoint peer;
  int64_t peer_asn = 0;
  int64_t local_asn = 0;
  std::optional<PeerSource> source;
  std::vector<PeerFamily> families;
  std::optional<SecretKeyRef> password_secret_ref;
  PeerTimers timers;
  int32_t multihop = 0;
  bool ttl_security = false;
  bool passive = false;
  std::optional<PeerBfd> bfd;
  std::optional<PeerGracefulRestart> graceful_restart;
  PeerImport import;
  PeerDrain drain = PeerDrain::kNone;
  bool operator==(const BGPPeerSpec&) const = default;
};
constexpr auto describe(const BGPPeerSpec*) {
  using T = BGPPeerSpec;
  return object(
      "A session with a router, on each selected node.",
      field("nodeSelector", &T::node_selector,
            "Nodes with these labels; absent or empty: all. A change keeps other "
            "nodes' sessions."),
      field("peer", &T::peer, "", {.required = true}),
      field("peerASN", &T::peer_asn,
            "The router's AS number; equal to localASN: iBGP. A change restarts the session.",
            {.required = true, .min = 1, .max = 4294967294}),
      field("localASN", &T::local_asn, "Our AS number. A change restarts the session.",
            {.required = true, .min = 1, .max = 4294967294}),
      field("source", &T::source, ""),
      field("families", &T::families,
            "Families carried; absent: the family of the router's address. A change restarts "
            "the session.",
            {.max_items = 2, .map_keys = "family"}),
      field("passwordSecretRef", &T::password_secret_ref,
            "The TCP MD5 password (RFC 2385). A change restarts the "
            "session."),
      field("timers", &T::timers, ""),
      field("multihop", &T::multihop,
            "TTL of packets sent to a router that is not directly connected; absent: directly "
            "connected. A change restarts the session.",
            {.min = 0, .max = 255}),
      field("ttlSecurity", &T::ttl_security,
            "TTL security (RFC 5082). A change restarts the session."),
      field("passive", &T::passive, "The router connects, we wait. A change restarts the session."),
      field("bfd", &T::bfd, ""), field("gracefulRestart", &T::graceful_restart, ""),
      field("import", &T::import, ""),
      field("drain", &T::drain,
            "None, GracefulShutdown (RFC 8326) or Withdraw all routes; the session stays.",
            {.defaulted = true}));
}

}  // namespace nanika::api
