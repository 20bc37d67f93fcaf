// The kernel's packet rules as a small interface; ruleset_nft.h is nftables.
#pragma once

#include "network/proxy/nft_rules.h"

namespace nanika::network::proxy {

/// Threading: one thread at a time.
class Ruleset {
 public:
  virtual ~Ruleset() = default;
  /// Makes the rules so, all or nothing. Connections that are open stay.
  virtual base::Result<void> apply(const NftItems& wanted) = 0;
};

}  // namespace nanika::network::proxy
