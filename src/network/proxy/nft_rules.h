// The plan in nftables' language, as items that can be compared: a change touches what differs and
// nothing else.
#pragma once

#include <map>
#include <string>

#include "network/proxy/plan.h"

namespace nanika::network::proxy {

/// One table a family, `ip nanika_proxy` and `ip6 nanika_proxy`.
struct NftItems {
  std::map<std::string, std::string> chains;  ///< "ip svc_<hash>" -> its rules, a line each
  /// "ip services 10.96.0.10 . tcp . 80" -> "goto svc_<hash>"; of sets: "".
  std::map<std::string, std::string> elements;
  friend bool operator==(const NftItems&, const NftItems&) = default;
};
NftItems render_items(const ProxyPlan& plan);

/// The tables, base chains, empty maps and sets. Loading it removes what stood there before.
std::string render_frame();

/// The commands that turn `from` into `to`, one transaction; "" when they are equal.
std::string render_change(const NftItems& from, const NftItems& to);

}  // namespace nanika::network::proxy
