// Who holds which address of one address space, as the claims say.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "network/addresses/interval_set.h"

namespace nanika::network {

/// What one AddressClaim says, as far as choosing needs it.
struct LedgerEntry {
  std::vector<std::string> holder_uids;  ///< empty: freed, resting until its cooldown ends
  base::MonoTime
      observed_free{};  ///< when we first saw it free: skewed wall clocks cannot shorten a cooldown
  bool published = true;  ///< one never published need not rest
};

/// The claims of one address space. Threading: as a standard container.
class Ledger {
 public:
  void set(const IpAddress& address, LedgerEntry entry);
  void erase(const IpAddress& address);
  const LedgerEntry* find(const IpAddress& address) const;

  /// Every address with a claim, held or resting: none of them may be created anew.
  const IntervalSet& taken() const { return taken_; }
  const std::map<IpAddress, LedgerEntry>& entries() const { return entries_; }
  /// Freed ones, the longest free first.
  const std::multimap<base::MonoTime, IpAddress>& resting() const { return resting_; }

 private:
  void forget_resting(const IpAddress& address, const LedgerEntry& entry);
  std::map<IpAddress, LedgerEntry> entries_;
  std::multimap<base::MonoTime, IpAddress> resting_;
  IntervalSet taken_;
};

}  // namespace nanika::network
