// The name of an AddressClaim: <space>.<address>. Two holders of one address would have one name:
// that is the lock.
#pragma once

#include <string>
#include <string_view>

#include "api/network/address_claim.h"
#include "base/ip.h"

namespace nanika::network {

/// "default.203.0.113.7"; IPv6 as eight groups of four digits:
/// "default.2001-0db8-0000-0001-0000-0000-0000-0007".
std::string claim_name(std::string_view address_space, const base::IpAddress& address);

struct ClaimIdentity {
  std::string address_space;
  base::IpAddress address;
};
/// The reverse; kInvalid for a name that claim_name() would not make.
base::Result<ClaimIdentity> parse_claim_name(std::string_view name);

/// Its resourceVersion as a number (they grow within one API server); 0 when it has none.
uint64_t revision_of(const api::AddressClaim& claim);

}  // namespace nanika::network
