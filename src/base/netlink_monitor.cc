#include "base/netlink_monitor.h"

#include <sys/socket.h>

#include "base/netlink_message.h"
#include "base/netns.h"
#include "base/wait.h"

namespace nanika::base {

namespace {

constexpr size_t kDatagram = 256 << 10;

std::optional<NetlinkEvent> read_event(const nlmsghdr& message) {
  switch (message.nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      if (auto link = read_link(message)) {
        return LinkEvent{std::move(*link), message.nlmsg_type == RTM_DELLINK};
      }
      break;
    case RTM_NEWADDR:
    case RTM_DELADDR:
      if (auto address = read_address(message)) {
        return AddressEvent{*address, message.nlmsg_type == RTM_DELADDR};
      }
      break;
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      if (auto route = read_route(message)) {
        return RouteEvent{std::move(*route), message.nlmsg_type == RTM_DELROUTE};
      }
      break;
    default:
      break;
  }
  return std::nullopt;
}

}  // namespace

Result<NetlinkMonitor> NetlinkMonitor::open(std::string_view netns, NetlinkMonitorOptions options) {
  UniqueFd fd =
      TRY(open_socket_in_netns(netns, AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_ROUTE));
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &options.receive_buffer,
               sizeof options.receive_buffer);
  sockaddr_nl self{.nl_family = AF_NETLINK};
  if (options.links) self.nl_groups |= RTMGRP_LINK;
  if (options.addresses) self.nl_groups |= RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (options.routes) self.nl_groups |= RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&self), sizeof self) != 0) {
    return fail_errno("bind netlink socket");
  }
  NetlinkMonitor out(std::move(fd));
  out.buffer_.resize(kDatagram);
  return out;
}

Result<NetlinkEvent> NetlinkMonitor::next(MonoTime deadline, std::stop_token stop) {
  StopFd stopped(std::move(stop));
  while (events_.empty()) {
    TRY(receive());
    if (!events_.empty()) break;
    pollfd polled[] = {{fd_.get(), POLLIN, 0}};
    TRY(in_context(wait_for(polled, deadline, stopped), "netlink monitor"));
  }
  NetlinkEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

Result<void> NetlinkMonitor::receive() {
  sockaddr_nl from{};
  socklen_t from_size = sizeof from;
  ssize_t n = ::recvfrom(fd_.get(), buffer_.data(), buffer_.size(), MSG_TRUNC,
                         reinterpret_cast<sockaddr*>(&from), &from_size);
  if (n < 0) {
    if (errno == EAGAIN || errno == EINTR) return {};
    if (errno != ENOBUFS) return fail_errno("receive from netlink");
    events_.push_back(MessagesLost{});
    return {};
  }
  if (static_cast<size_t>(n) > buffer_.size()) {
    events_.push_back(MessagesLost{});
    return {};
  }
  if (from.nl_pid != 0) return {};  // a local program, not the kernel
  const char* at = buffer_.data();
  size_t left = static_cast<size_t>(n);
  while (left >= sizeof(nlmsghdr)) {
    const auto* message = reinterpret_cast<const nlmsghdr*>(at);
    if (message->nlmsg_len < sizeof(nlmsghdr) || message->nlmsg_len > left) return {};
    if (auto event = read_event(*message)) events_.push_back(std::move(*event));
    size_t length = std::min<size_t>(NLMSG_ALIGN(message->nlmsg_len), left);
    at += length;
    left -= length;
  }
  return {};
}

}  // namespace nanika::base
