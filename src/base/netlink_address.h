// Addresses on links.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/netlink.h"

namespace nanika::base {

struct LinkAddress {
  int link = 0;  ///< index
  IpAddress address;
  int length = 0;                 ///< of its prefix
  std::optional<IpAddress> peer;  ///< of a point-to-point link
  /// IPv6: usable at once, without asking the link whether somebody else has it. Not read back.
  bool no_duplicate_detection = false;
  bool tentative = false;  ///< read only: IPv6, not usable yet
  std::string str() const { return fmt::format("{}/{}", address.str(), length); }
  friend bool operator==(const LinkAddress&, const LinkAddress&) = default;
};

/// Of one link, or of all (0).
Result<std::vector<LinkAddress>> list_addresses(Netlink& nl, int link = 0);
Result<void> add_address(Netlink& nl, const LinkAddress& address);  ///< kAlreadyExists
/// Adds it, or updates what is there.
Result<void> replace_address(Netlink& nl, const LinkAddress& address);
/// kUnavailable (EADDRNOTAVAIL) when it is not there.
Result<void> delete_address(Netlink& nl, const LinkAddress& address);

/// Reads RTM_NEWADDR and RTM_DELADDR.
std::optional<LinkAddress> read_address(const nlmsghdr& message);

}  // namespace nanika::base
