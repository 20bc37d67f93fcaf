// rtnetlink: the kernel's links, addresses and routes, in any network namespace.
//
//   Netlink nl = TRY(Netlink::open("lab-edge-1"));
//   TRY(create_veth(nl, "eth0", "eth0", peer_netns));        // netlink_link.h
//   TRY(replace_route(nl, {.destination = ..., .table = 100, .type = RouteType::kBlackhole}));
//
// Objects: netlink_link.h, netlink_address.h, netlink_route.h; changes as they come:
// netlink_monitor.h. Every function waits for the kernel's answer, which comes at once. Errors
// carry the kernel's own words (extended acks): "add route 192.0.2.0/24: Nexthop has invalid
// gateway (Network is unreachable)".
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"

struct nlmsghdr;

namespace nanika::base {

class NetlinkMessage;  // netlink_message.h, for the sources here alone

/// A rtnetlink socket in one namespace. Threading: one thread at a time.
class Netlink {
 public:
  /// `netns` as in netns.h: "" is our own.
  static Result<Netlink> open(std::string_view netns = "");

  /// One change; waits for its ack.
  Result<void> change(NetlinkMessage& message);
  /// Many changes, in few system calls; the result of each, in order. The outer error means that
  /// the socket itself failed.
  Result<std::vector<Result<void>>> change_all(std::vector<NetlinkMessage>& messages);
  /// One object asked for: the handler gets the answer.
  Result<void> get(NetlinkMessage& message, const std::function<void(const nlmsghdr&)>& handler);
  /// A dump: the handler gets every object. Begun anew (after `restart`) when the kernel says that
  /// the table changed meanwhile.
  Result<void> dump(NetlinkMessage& message, const std::function<void()>& restart,
                    const std::function<void(const nlmsghdr&)>& handler);

 private:
  explicit Netlink(UniqueFd fd) : fd_(std::move(fd)) {}
  Result<void> send(std::string_view bytes);
  Result<std::span<const char>> receive();
  Result<bool> dump_once(NetlinkMessage& message,
                         const std::function<void(const nlmsghdr&)>& handler);

  UniqueFd fd_;
  uint32_t sequence_ = 0;
  std::vector<char> buffer_;
};

}  // namespace nanika::base
