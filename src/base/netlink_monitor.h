// Changes of links, addresses and routes, as the kernel makes them.
//
//   NetlinkMonitor monitor = TRY(NetlinkMonitor::open("node-1"));
//   auto routes = TRY(list_routes(nl));            // after open(): nothing falls between
//   while (auto event = monitor.next(deadline, stop)) {
//     if (std::holds_alternative<MessagesLost>(*event)) rescan();
//   }
#pragma once

#include <stop_token>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/netlink_address.h"
#include "base/netlink_link.h"
#include "base/netlink_route.h"

namespace nanika::base {

struct LinkEvent {
  Link link;
  bool removed = false;
};
struct AddressEvent {
  LinkAddress address;
  bool removed = false;
};
struct RouteEvent {
  Route route;
  bool removed = false;
};
/// The kernel's queue to us ran over: what is known is to be read again with list_*().
struct MessagesLost {};
using NetlinkEvent = std::variant<LinkEvent, AddressEvent, RouteEvent, MessagesLost>;

struct NetlinkMonitorOptions {
  bool links = true;
  bool addresses = true;
  bool routes = true;
  /// 64 MiB hold the messages of about 50,000 routes. More than net.core.rmem_max needs
  /// CAP_NET_ADMIN; without it the default stays.
  int receive_buffer = 64 << 20;
};

/// Threading: one thread at a time.
class NetlinkMonitor {
 public:
  static Result<NetlinkMonitor> open(std::string_view netns, NetlinkMonitorOptions options = {});
  /// kDeadlineExceeded: nothing came; kCancelled.
  Result<NetlinkEvent> next(MonoTime deadline, std::stop_token stop);

 private:
  explicit NetlinkMonitor(UniqueFd fd) : fd_(std::move(fd)) {}
  Result<void> receive();  ///< one datagram into events_, if there is one

  UniqueFd fd_;
  std::deque<NetlinkEvent> events_;
  std::vector<char> buffer_;
};

}  // namespace nanika::base
