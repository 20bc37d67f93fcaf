// Links: the network interfaces of a namespace.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/netlink.h"

namespace nanika::base {

struct Link {
  int index = 0;
  std::string name;
  std::string kind;      ///< "veth", "bridge", ...; "" for loopback and hardware
  bool up = false;       ///< set up by the administrator
  bool running = false;  ///< up, and its other side too
  uint32_t mtu = 0;
  int master = 0;   ///< index of the bridge (or bond, VRF) it belongs to; 0: none
  int peer = 0;     ///< index of what it is on top of, or a veth's other end; 0: none
  std::string mac;  ///< "02:fc:00:00:00:01"
  friend bool operator==(const Link&, const Link&) = default;
};

Result<std::vector<Link>> list_links(Netlink& nl);
Result<Link> find_link(Netlink& nl, const std::string& name);  ///< kNotFound

/// All creations: kAlreadyExists when the name is taken; kInvalid for a name the kernel would not
/// take (1 to 15 bytes, no slash or space). New links are down.
///
/// The other end is made in `peer_netns` (netns.h; "" is the Netlink's own namespace only when that
/// is ours too, so name it).
Result<void> create_veth(Netlink& nl, const std::string& name, const std::string& peer_name,
                         std::string_view peer_netns);
Result<void> create_dummy(Netlink& nl, const std::string& name);
Result<void> create_bridge(Netlink& nl, const std::string& name);
/// In bridge mode, on top of link `parent`.
Result<void> create_macvlan(Netlink& nl, const std::string& name, int parent);

struct Vxlan {
  std::string name;
  uint32_t id = 0;  ///< VNI, 24 bits
  std::optional<IpAddress> local;
  std::optional<IpAddress> remote;  ///< a peer, or a multicast group (then `link` is needed)
  int link = 0;                     ///< index of the underlay; 0: routed
  uint16_t port = 4789;
  bool learning = true;
};
Result<void> create_vxlan(Netlink& nl, const Vxlan& vxlan);

/// What to change of a link; what is empty stays.
struct LinkChange {
  std::optional<bool> up;
  std::optional<uint32_t> mtu;
  std::optional<int> master;  ///< 0: leave the bridge
  std::optional<std::string> name;
};
Result<void> set_link(Netlink& nl, int index, const LinkChange& change);
Result<void> move_link(Netlink& nl, int index, std::string_view netns);
/// A veth's other end goes with it. kNotFound when it is gone.
Result<void> delete_link(Netlink& nl, int index);

/// Reads RTM_NEWLINK and RTM_DELLINK.
std::optional<Link> read_link(const nlmsghdr& message);

}  // namespace nanika::base
