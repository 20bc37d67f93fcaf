#include "network/addresses/ledger.h"

namespace nanika::network {

void Ledger::forget_resting(const IpAddress& address, const LedgerEntry& entry) {
  auto [it, end] = resting_.equal_range(entry.observed_free);
  for (; it != end; ++it) {
    if (it->second == address) {
      resting_.erase(it);
      return;
    }
  }
}

void Ledger::set(const IpAddress& address, LedgerEntry entry) {
  auto [it, inserted] = entries_.try_emplace(address);
  if (inserted) {
    taken_.add({address, address});
  } else if (it->second.holder_uids.empty()) {
    // Still free: it rests since we first saw it so, not since the latest look.
    if (entry.holder_uids.empty()) entry.observed_free = it->second.observed_free;
    forget_resting(address, it->second);
  }
  if (entry.holder_uids.empty()) resting_.emplace(entry.observed_free, address);
  it->second = std::move(entry);
}

void Ledger::erase(const IpAddress& address) {
  auto it = entries_.find(address);
  if (it == entries_.end()) return;
  if (it->second.holder_uids.empty()) forget_resting(address, it->second);
  entries_.erase(it);
  taken_.remove({address, address});
}

const LedgerEntry* Ledger::find(const IpAddress& address) const {
  auto it = entries_.find(address);
  return it == entries_.end() ? nullptr : &it->second;
}

}  // namespace nanika::network
