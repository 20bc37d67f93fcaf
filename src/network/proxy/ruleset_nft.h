// nftables in one network namespace, by the program nft.
#pragma once

#include <optional>
#include <string>

#include "network/proxy/ruleset.h"

namespace nanika::network::proxy {

class NftRuleset final : public Ruleset {
 public:
  /// `netns` as in base/netns.h; "" is our own.
  explicit NftRuleset(std::string netns) : netns_(std::move(netns)) {}
  base::Result<void> apply(const NftItems& wanted) override;
  /// Removes our tables.
  base::Result<void> remove();

 private:
  base::Result<void> load(const std::string& commands) const;

  std::string netns_;
  std::optional<NftItems>
      applied_;  ///< nothing: what the kernel has is not known, the frame is laid anew
};

}  // namespace nanika::network::proxy
