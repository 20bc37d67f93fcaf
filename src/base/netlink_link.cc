#include "base/netlink_link.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <net/if.h>

#include "base/netlink_message.h"
#include "base/netns.h"

namespace nanika::base {

namespace {

Result<void> check_name(const std::string& name) {
  bool bad = name.empty() || name.size() >= IFNAMSIZ || name == "." || name == ".." ||
             std::ranges::any_of(name, [](char c) {
               return c == '/' || c == ':' || static_cast<unsigned char>(c) <= ' ';
             });
  if (!bad) return {};
  return fail(Code::kInvalid, "\"{}\" cannot name a link: use 1 to {} characters, no / : or spaces",
              name, IFNAMSIZ - 1);
}

/// Creates a link of `kind` whose own attributes `fill` adds.
Result<void> create(Netlink& nl, const std::string& name, const std::string& kind, int parent,
                    const std::function<void(NetlinkMessage&)>& fill) {
  TRY(check_name(name));
  NetlinkMessage message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  message.text(IFLA_IFNAME, name);
  if (parent != 0) message.number(IFLA_LINK, static_cast<uint32_t>(parent));
  message.nested(IFLA_LINKINFO, [&] {
    message.text(IFLA_INFO_KIND, kind);
    if (fill) message.nested(IFLA_INFO_DATA, [&] { fill(message); });
  });
  return in_context(nl.change(message), fmt::format("create {} {}", kind, name));
}

}  // namespace

std::optional<Link> read_link(const nlmsghdr& message) {
  std::string_view attributes;
  const auto* body = body_of<ifinfomsg>(message, attributes);
  if (body == nullptr || body->ifi_family != AF_UNSPEC) return std::nullopt;
  Link link{.index = body->ifi_index,
            .up = (body->ifi_flags & IFF_UP) != 0,
            .running = (body->ifi_flags & IFF_RUNNING) != 0};
  each_attribute(attributes, [&](NetlinkAttribute a) {
    switch (a.type) {
      case IFLA_IFNAME:
        link.name = a.text();
        break;
      case IFLA_MTU:
        link.mtu = a.number<uint32_t>();
        break;
      case IFLA_MASTER:
        link.master = a.number<int>();
        break;
      case IFLA_LINK:
        link.peer = a.number<int>();
        break;
      case IFLA_ADDRESS:
        for (char c : a.data) {
          if (!link.mac.empty()) link.mac += ':';
          fmt::format_to(std::back_inserter(link.mac), "{:02x}", static_cast<unsigned char>(c));
        }
        break;
      case IFLA_LINKINFO:
        each_attribute(a.data, [&](NetlinkAttribute info) {
          if (info.type == IFLA_INFO_KIND) link.kind = info.text();
        });
        break;
      default:
        break;
    }
  });
  return link;
}

Result<std::vector<Link>> list_links(Netlink& nl) {
  std::vector<Link> out;
  NetlinkMessage message(RTM_GETLINK, 0, ifinfomsg{});
  TRY(in_context(nl.dump(
                     message, [&] { out.clear(); },
                     [&](const nlmsghdr& answer) {
                       if (auto link = read_link(answer)) out.push_back(std::move(*link));
                     }),
                 "list links"));
  return out;
}

Result<Link> find_link(Netlink& nl, const std::string& name) {
  std::string context = "find link " + name;
  TRY(in_context(check_name(name), context));
  std::optional<Link> out;
  NetlinkMessage message(RTM_GETLINK, 0, ifinfomsg{});
  message.text(IFLA_IFNAME, name);
  TRY(in_context(nl.get(message, [&](const nlmsghdr& answer) { out = read_link(answer); }),
                 context));
  if (!out) return fail(Code::kNotFound, "{}: no answer", context);
  return std::move(*out);
}

Result<void> create_veth(Netlink& nl, const std::string& name, const std::string& peer_name,
                         std::string_view peer_netns) {
  TRY(check_name(peer_name));
  UniqueFd netns = TRY(open_netns(peer_netns));
  return create(nl, name, "veth", 0, [&](NetlinkMessage& message) {
    message.nested(VETH_INFO_PEER, [&] {
      message.open_struct(ifinfomsg{});
      message.text(IFLA_IFNAME, peer_name);
      message.number(IFLA_NET_NS_FD, netns.get());
    });
  });
}

Result<void> create_dummy(Netlink& nl, const std::string& name) {
  return create(nl, name, "dummy", 0, nullptr);
}

Result<void> create_bridge(Netlink& nl, const std::string& name) {
  return create(nl, name, "bridge", 0, nullptr);
}

Result<void> create_macvlan(Netlink& nl, const std::string& name, int parent) {
  return create(nl, name, "macvlan", parent, [](NetlinkMessage& message) {
    message.number(IFLA_MACVLAN_MODE, uint32_t{MACVLAN_MODE_BRIDGE});
  });
}

Result<void> create_vxlan(Netlink& nl, const Vxlan& vxlan) {
  if (vxlan.id >= 1u << 24) return fail(Code::kInvalid, "VXLAN {}: ids have 24 bits", vxlan.id);
  return create(nl, vxlan.name, "vxlan", 0, [&](NetlinkMessage& message) {
    message.number(IFLA_VXLAN_ID, vxlan.id);
    message.number(IFLA_VXLAN_PORT, htons(vxlan.port));
    message.number(IFLA_VXLAN_LEARNING, static_cast<uint8_t>(vxlan.learning));
    if (vxlan.link != 0) message.number(IFLA_VXLAN_LINK, static_cast<uint32_t>(vxlan.link));
    auto address = [&](const std::optional<IpAddress>& a, int v4, int v6) {
      if (a) message.address(a->family() == Family::kIPv4 ? v4 : v6, *a);
    };
    address(vxlan.local, IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6);
    address(vxlan.remote, IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6);
  });
}

Result<void> set_link(Netlink& nl, int index, const LinkChange& change) {
  ifinfomsg body{.ifi_family = AF_UNSPEC, .ifi_index = index};
  if (change.up) {
    body.ifi_change = IFF_UP;
    body.ifi_flags = *change.up ? IFF_UP : 0;
  }
  NetlinkMessage message(RTM_NEWLINK, 0, body);
  if (change.mtu) message.number(IFLA_MTU, *change.mtu);
  if (change.master) message.number(IFLA_MASTER, static_cast<uint32_t>(*change.master));
  if (change.name) {
    TRY(check_name(*change.name));
    message.text(IFLA_IFNAME, *change.name);
  }
  return in_context(nl.change(message), fmt::format("change link {}", index));
}

Result<void> move_link(Netlink& nl, int index, std::string_view netns) {
  UniqueFd target = TRY(open_netns(netns));
  NetlinkMessage message(RTM_NEWLINK, 0, ifinfomsg{.ifi_family = AF_UNSPEC, .ifi_index = index});
  message.number(IFLA_NET_NS_FD, target.get());
  return in_context(nl.change(message), fmt::format("move link {}", index));
}

Result<void> delete_link(Netlink& nl, int index) {
  NetlinkMessage message(RTM_DELLINK, 0, ifinfomsg{.ifi_family = AF_UNSPEC, .ifi_index = index});
  return in_context(nl.change(message), fmt::format("delete link {}", index));
}

}  // namespace nanika::base
