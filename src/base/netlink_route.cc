#include "base/netlink_route.h"

#include "base/netlink_message.h"

namespace nanika::base {

namespace {

uint8_t kernel_type(RouteType type) {
  switch (type) {
    case RouteType::kLocal:
      return RTN_LOCAL;
    case RouteType::kBlackhole:
      return RTN_BLACKHOLE;
    case RouteType::kUnreachable:
      return RTN_UNREACHABLE;
    case RouteType::kProhibit:
      return RTN_PROHIBIT;
    case RouteType::kUnicast:
    case RouteType::kOther:
      break;
  }
  return RTN_UNICAST;
}

RouteType type_of(uint8_t kernel) {
  switch (kernel) {
    case RTN_UNICAST:
      return RouteType::kUnicast;
    case RTN_LOCAL:
      return RouteType::kLocal;
    case RTN_BLACKHOLE:
      return RouteType::kBlackhole;
    case RTN_UNREACHABLE:
      return RouteType::kUnreachable;
    case RTN_PROHIBIT:
      return RouteType::kProhibit;
    default:
      return RouteType::kOther;
  }
}

bool has_hops(RouteType type) {
  return type == RouteType::kUnicast || type == RouteType::kLocal;
}

/// The kernel takes less specific scopes only for IPv4: on the link without a gateway, host for
/// local routes.
uint8_t scope_of(const Route& route) {
  if (route.destination.family() == Family::kIPv6) return RT_SCOPE_UNIVERSE;
  if (route.type == RouteType::kLocal) return RT_SCOPE_HOST;
  bool direct = std::ranges::all_of(route.hops, [](const NextHop& hop) { return !hop.via; });
  return has_hops(route.type) && direct ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

void put_via(NetlinkMessage& message, Family family, const IpAddress& via) {
  if (via.family() == family) {
    message.address(RTA_GATEWAY, via);
    return;
  }
  std::array<uint8_t, sizeof(rtvia) + 16> data{};
  rtvia head{.rtvia_family = kernel_family(via.family())};
  std::memcpy(data.data(), &head, sizeof head);
  auto bytes = via.bytes();
  std::memcpy(data.data() + sizeof head, bytes.data(), bytes.size());
  message.bytes(RTA_VIA, data.data(), sizeof head + static_cast<size_t>(bits(via.family()) / 8));
}

void put_hops(NetlinkMessage& message, const Route& route) {
  Family family = route.destination.family();
  if (route.hops.size() == 1) {
    const NextHop& hop = route.hops[0];
    if (hop.via) put_via(message, family, *hop.via);
    if (hop.link != 0) message.number(RTA_OIF, static_cast<uint32_t>(hop.link));
    return;
  }
  message.nested(RTA_MULTIPATH, [&] {
    for (const NextHop& hop : route.hops) {
      size_t start = message.open_struct(
          rtnexthop{.rtnh_hops = static_cast<uint8_t>(hop.weight - 1), .rtnh_ifindex = hop.link});
      if (hop.via) put_via(message, family, *hop.via);
      message.at<rtnexthop>(start).rtnh_len = static_cast<uint16_t>(message.size() - start);
    }
  });
}

Result<NetlinkMessage> route_message(RouteChange::Verb verb, const Route& route) {
  if (route.type == RouteType::kOther) return fail(Code::kInvalid, "a type that is not known");
  if (has_hops(route.type) && route.hops.empty() && verb != RouteChange::Verb::kDelete) {
    return fail(Code::kInvalid, "no next hop");
  }
  for (const NextHop& hop : route.hops) {
    if (hop.weight < 1 || hop.weight > 256) return fail(Code::kInvalid, "weights are 1 to 256");
  }
  bool removal = verb == RouteChange::Verb::kDelete;
  int flags = removal                               ? 0
              : verb == RouteChange::Verb::kReplace ? NLM_F_CREATE | NLM_F_REPLACE
                                                    : NLM_F_CREATE | NLM_F_EXCL;
  rtmsg body{.rtm_family = kernel_family(route.destination.family()),
             .rtm_dst_len = static_cast<uint8_t>(route.destination.length()),
             .rtm_table = static_cast<uint8_t>(route.table < 256 ? route.table : RT_TABLE_UNSPEC),
             .rtm_protocol = route.protocol,
             .rtm_scope = removal ? uint8_t{RT_SCOPE_NOWHERE} : scope_of(route),
             .rtm_type = kernel_type(route.type)};
  NetlinkMessage message(removal ? RTM_DELROUTE : RTM_NEWROUTE, flags, body);
  message.address(RTA_DST, route.destination.first());
  message.number(RTA_TABLE, route.table);
  if (route.metric != 0) message.number(RTA_PRIORITY, route.metric);
  if (route.source) message.address(RTA_PREFSRC, *route.source);
  if (has_hops(route.type) && !route.hops.empty()) put_hops(message, route);
  if (route.mtu != 0) {
    message.nested(RTA_METRICS, [&] { message.number(RTAX_MTU, route.mtu); });
  }
  return message;
}

std::string_view word(RouteChange::Verb verb) {
  static constexpr std::array<std::string_view, 3> kWords{"add", "replace", "delete"};
  return kWords[static_cast<size_t>(verb)];
}

std::string context_of(RouteChange::Verb verb, const Route& route) {
  return fmt::format("{} route {}", word(verb), route.str());
}

Result<void> change_route(Netlink& nl, RouteChange::Verb verb, const Route& route) {
  std::string context = context_of(verb, route);
  NetlinkMessage message = TRY(in_context(route_message(verb, route), context));
  return in_context(nl.change(message), context);
}

std::optional<IpAddress> read_via(const NetlinkAttribute& a) {
  if (a.data.size() < sizeof(rtvia)) return std::nullopt;
  uint16_t kernel = a.number<uint16_t>();
  return NetlinkAttribute{a.type, a.data.substr(sizeof(rtvia))}.address(
      family_of(static_cast<uint8_t>(kernel)));
}

void read_multipath(std::string_view data, Family family, std::vector<NextHop>& out) {
  while (data.size() >= sizeof(rtnexthop)) {
    rtnexthop head;
    std::memcpy(&head, data.data(), sizeof head);
    if (head.rtnh_len < sizeof head || head.rtnh_len > data.size()) return;
    NextHop hop{.link = head.rtnh_ifindex, .weight = head.rtnh_hops + 1};
    each_attribute(data.substr(sizeof head, head.rtnh_len - sizeof head), [&](NetlinkAttribute a) {
      if (a.type == RTA_GATEWAY) hop.via = a.address(family);
      if (a.type == RTA_VIA) hop.via = read_via(a);
    });
    out.push_back(hop);
    data.remove_prefix(std::min<size_t>(RTNH_ALIGN(head.rtnh_len), data.size()));
  }
}

}  // namespace

std::string Route::str() const {
  std::string out = destination.str();
  if (table != kMainTable) out += fmt::format(" table {}", table);
  if (metric != 0) out += fmt::format(" metric {}", metric);
  return out;
}

std::optional<Route> read_route(const nlmsghdr& message) {
  std::string_view attributes;
  const auto* body = body_of<rtmsg>(message, attributes);
  if (body == nullptr || (body->rtm_flags & RTM_F_CLONED) != 0) return std::nullopt;
  if (body->rtm_family != AF_INET && body->rtm_family != AF_INET6) return std::nullopt;
  Family family = family_of(body->rtm_family);
  if (body->rtm_dst_len > bits(family)) return std::nullopt;
  Route route{
      .table = body->rtm_table, .protocol = body->rtm_protocol, .type = type_of(body->rtm_type)};
  IpAddress destination(family, 0);
  NextHop single;
  bool has_single = false;
  each_attribute(attributes, [&](NetlinkAttribute a) {
    switch (a.type) {
      case RTA_DST:
        destination = a.address(family).value_or(destination);
        break;
      case RTA_TABLE:
        route.table = a.number<uint32_t>();
        break;
      case RTA_PRIORITY:
        route.metric = a.number<uint32_t>();
        break;
      case RTA_PREFSRC:
        route.source = a.address(family);
        break;
      case RTA_OIF:
        single.link = a.number<int>();
        has_single = true;
        break;
      case RTA_GATEWAY:
        single.via = a.address(family);
        has_single = true;
        break;
      case RTA_VIA:
        single.via = read_via(a);
        has_single = true;
        break;
      case RTA_MULTIPATH:
        read_multipath(a.data, family, route.hops);
        break;
      case RTA_METRICS:
        each_attribute(a.data, [&](NetlinkAttribute metric) {
          if (metric.type == RTAX_MTU) route.mtu = metric.number<uint32_t>();
        });
        break;
      default:
        break;
    }
  });
  route.destination = IpPrefix(destination, body->rtm_dst_len);
  // IPv6 shows the loopback as the link of a blackhole, which is none.
  if (route.hops.empty() && has_single && has_hops(route.type)) route.hops.push_back(single);
  return route;
}

Result<std::vector<Route>> list_routes(Netlink& nl, const RouteFilter& filter) {
  std::vector<Route> out;
  for (Family family : {Family::kIPv4, Family::kIPv6}) {
    if (filter.family && *filter.family != family) continue;
    std::vector<Route> found;
    rtmsg body{.rtm_family = kernel_family(family), .rtm_protocol = filter.protocol.value_or(0)};
    NetlinkMessage message(RTM_GETROUTE, 0, body);
    if (filter.table) message.number(RTA_TABLE, *filter.table);
    auto dumped = nl.dump(
        message, [&] { found.clear(); },
        [&](const nlmsghdr& answer) {
          auto route = read_route(answer);
          if (!route || (filter.table && route->table != *filter.table) ||
              (filter.protocol && route->protocol != *filter.protocol)) {
            return;
          }
          found.push_back(std::move(*route));
        });
    // Strict checking refuses a table that nobody has put a route in yet.
    if (!dumped && !(filter.table && dumped.error().code == Code::kNotFound)) {
      return std::unexpected(dumped.error().in("list routes"));
    }
    std::ranges::move(found, std::back_inserter(out));
  }
  return out;
}

Result<void> add_route(Netlink& nl, const Route& route) {
  return change_route(nl, RouteChange::Verb::kAdd, route);
}

Result<void> replace_route(Netlink& nl, const Route& route) {
  return change_route(nl, RouteChange::Verb::kReplace, route);
}

Result<void> delete_route(Netlink& nl, const Route& route) {
  return change_route(nl, RouteChange::Verb::kDelete, route);
}

Result<std::vector<Result<void>>> change_routes(Netlink& nl, std::span<const RouteChange> changes) {
  std::vector<Result<void>> results(changes.size());
  std::vector<NetlinkMessage> messages;
  std::vector<size_t> positions;  // of the messages among the changes
  messages.reserve(changes.size());
  positions.reserve(changes.size());
  for (size_t i = 0; i < changes.size(); i++) {
    auto message = route_message(changes[i].verb, changes[i].route);
    if (message) {
      messages.push_back(std::move(*message));
      positions.push_back(i);
    } else {
      results[i] = std::unexpected(message.error());
    }
  }
  auto answers = TRY(nl.change_all(messages));
  for (size_t i = 0; i < answers.size(); i++) results[positions[i]] = std::move(answers[i]);
  for (size_t i = 0; i < results.size(); i++) {
    if (results[i]) continue;
    results[i] = in_context(results[i], context_of(changes[i].verb, changes[i].route));
  }
  return results;
}

}  // namespace nanika::base
