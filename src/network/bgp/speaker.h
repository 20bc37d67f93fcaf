// The BGP speaker of one node as nanika sees it: peers and route classes go in as a whole, routes
// one by one, and the state of the sessions comes out. speaker_bird.h is the real one,
// speaker_fake.h the one in memory.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"

namespace nanika::network::bgp {

using base::Family;

/// One family of a session.
struct SpeakerFamily {
  Family family = Family::kIPv4;
  int64_t max_prefixes = 0;  ///< 0: no limit
  std::string limit_action;  ///< warn, block, restart, disable
  bool operator==(const SpeakerFamily&) const = default;
};

struct SpeakerBfd {
  int64_t receive_ms = 300, transmit_ms = 300;
  int32_t multiplier = 3;
  bool operator==(const SpeakerBfd&) const = default;
};

struct ImportRule {
  base::IpPrefix prefix;
  int32_t max_length = 0;
  bool operator==(const ImportRule&) const = default;
};

/// A session with one router, every reference resolved.
struct SpeakerPeer {
  std::string name;  ///< of the BGPPeer
  base::IpAddress address;
  std::string interface;  ///< for link-local addresses
  int32_t port = 179;
  int64_t peer_asn = 0;
  int64_t local_asn = 0;
  std::optional<base::IpAddress> source;
  std::vector<SpeakerFamily> families;
  std::string password;
  int64_t hold_seconds = 90, keepalive_seconds = 30, connect_retry_seconds = 5;
  int32_t multihop = 0;  ///< 0: directly connected
  bool ttl_security = false;
  bool passive = false;
  std::optional<SpeakerBfd> bfd;
  std::optional<int64_t> graceful_restart_seconds;
  std::vector<ImportRule> import;  ///< empty: nothing comes in
  bool drain_graceful_shutdown = false;
  bool drain_withdraw = false;
  bool operator==(const SpeakerPeer&) const = default;
};

struct RouteAttributes {
  std::set<std::string> communities;        ///< "64500:100", "no-export"
  std::set<std::string> large_communities;  ///< "64500:1:2"
  std::optional<int64_t> local_pref, med;
  int32_t prepend = 0;
  bool operator==(const RouteAttributes&) const = default;
};

/// Routes that the same RouteAdvertisements select: they go to the same peers with the same
/// attributes. The number is the routes' metric in the private kernel table.
struct RouteClass {
  uint32_t id = 0;
  std::vector<std::string> advertisements;          ///< names, sorted: what the class stands for
  std::map<std::string, RouteAttributes> to_peers;  ///< by peer's name; absent: not announced there
  bool operator==(const RouteClass&) const = default;
};

/// Everything but the routes. Two equal configurations are the same file.
struct SpeakerConfig {
  std::string node;
  base::IpAddress router_id;  ///< IPv4
  std::vector<SpeakerPeer> peers;
  std::vector<RouteClass> classes;
  bool operator==(const SpeakerConfig&) const = default;
};

struct SessionState {
  std::string peer;   ///< name of the BGPPeer
  std::string state;  ///< RFC 4271: Idle, Connect, Active, OpenSent, OpenConfirm, Established
  base::WallTime since{};
  std::string last_error;
  std::map<Family, std::pair<int64_t, int64_t>> routes;  ///< exported, imported
  std::string bfd;                                       ///< "", Up, Down
  bool operator==(const SessionState&) const = default;
};

/// Routes by prefix, with the class each is in.
using RouteTable = std::map<base::IpPrefix, uint32_t>;

struct RouteChange {
  base::IpPrefix prefix;
  std::optional<uint32_t> from;  ///< the class it was in
  std::optional<uint32_t> to;    ///< nothing: withdrawn
  bool operator==(const RouteChange&) const = default;
};

/// Threading: one thread at a time.
class Speaker {
 public:
  virtual ~Speaker() = default;
  /// Makes peers and classes so. kInvalid: the speaker refused it, the previous configuration runs
  /// on and sessions stand; the message names what. kUnavailable: no speaker answers. Keeps the
  /// sessions of peers that did not change.
  virtual base::Result<void> configure(const SpeakerConfig& config) = 0;
  /// Makes the routes so, changing only what differs from what is there: at start, and after an
  /// error. Classes must be configured before.
  virtual base::Result<void> sync_routes(const RouteTable& routes) = 0;
  /// Carries out a few changes, the fast path. A route moves to another class without being
  /// withdrawn. After an error sync_routes() mends.
  virtual base::Result<void> change_routes(const std::vector<RouteChange>& changes) = 0;
  virtual base::Result<std::vector<SessionState>> sessions() = 0;
};

}  // namespace nanika::network::bgp
