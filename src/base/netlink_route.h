// Routes of the kernel's tables.
//
//   std::vector<RouteChange> changes = ...;                    // 10,000 of them: about 0.1 s
//   auto results = TRY(change_routes(nl, changes));
//   for (size_t i = 0; i < results.size(); i++) if (!results[i]) ...
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/netlink.h"

namespace nanika::base {

enum class RouteType : uint8_t { kUnicast, kLocal, kBlackhole, kUnreachable, kProhibit, kOther };

constexpr uint32_t kMainTable = 254;

struct NextHop {
  std::optional<IpAddress> via;  ///< of either family (RFC 8950); none: directly on the link
  int link = 0;                  ///< index; 0: the kernel finds it by `via`
  int weight = 1;                ///< 1 to 256, among several
  friend bool operator==(const NextHop&, const NextHop&) = default;
};

/// Unique in the kernel: destination, table, metric.
struct Route {
  IpPrefix destination;
  uint32_t table = kMainTable;
  uint32_t metric = 0;   ///< IPv6: the kernel makes 0 into 1024
  uint8_t protocol = 4;  ///< who made it (RTPROT_*; 4: static): our mark
  RouteType type = RouteType::kUnicast;
  std::vector<NextHop> hops;        ///< of kUnicast and kLocal; several: multipath
  std::optional<IpAddress> source;  ///< preferred source address
  uint32_t mtu = 0;                 ///< 0: the link's
  std::string str() const;          ///< "192.0.2.0/24 table 100 metric 5"
  friend bool operator==(const Route&, const Route&) = default;
};

struct RouteFilter {
  std::optional<Family> family;
  std::optional<uint32_t> table;  ///< none: all tables, the local one too
  std::optional<uint8_t> protocol;
};
/// A table that is not there is empty.
Result<std::vector<Route>> list_routes(Netlink& nl, const RouteFilter& filter = {});

Result<void> add_route(Netlink& nl, const Route& route);  ///< kAlreadyExists
Result<void> replace_route(Netlink& nl,
                           const Route& route);  ///< adds it, or replaces what has its key
/// Takes away what matches the route's key and its other fields; kNotFound (ESRCH).
Result<void> delete_route(Netlink& nl, const Route& route);

struct RouteChange {
  enum class Verb : uint8_t { kAdd, kReplace, kDelete };
  Verb verb = Verb::kReplace;
  Route route;
};
/// In order; the result of each.
Result<std::vector<Result<void>>> change_routes(Netlink& nl, std::span<const RouteChange> changes);

/// Reads RTM_NEWROUTE and RTM_DELROUTE; empty for routes of the cache (clones).
std::optional<Route> read_route(const nlmsghdr& message);

}  // namespace nanika::base
