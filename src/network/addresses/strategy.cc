#include "network/addresses/strategy.h"

namespace nanika::network {

namespace {

using base::Family;
using base::U128;

std::optional<IpAddress> lowest_free(const PoolView& pool, Family family, const Ledger& ledger) {
  for (const auto& [first, last] : pool.give.runs()) {
    if (first.family() != family) continue;
    if (auto gap = ledger.taken().first_gap({first, last})) return gap;
  }
  return std::nullopt;
}

U128 random_below(U128 bound, std::mt19937_64& random) {
  const U128 wide = (U128{random()} << 64) | random();
  return wide % bound;  // the bias is below 2^-60 for any pool that is smaller than a /64
}

/// The first free address from a random point on, then from the pool's start.
std::optional<IpAddress> random_free(const PoolView& pool, Family family, const Ledger& ledger,
                                     std::mt19937_64& random) {
  const U128 size = pool.give.size(family);
  if (size == 0) return std::nullopt;
  U128 offset = random_below(size, random);
  bool reached = false;
  for (const auto& [first, last] : pool.give.runs()) {
    if (first.family() != family) continue;
    const U128 run = IpRange{first, last}.size();
    if (!reached && offset >= run) {
      offset -= run;
      continue;
    }
    const IpAddress from = reached ? first : IpAddress(family, first.number() + offset);
    reached = true;
    if (auto gap = ledger.taken().first_gap({from, last})) return gap;
  }
  return lowest_free(pool, family, ledger);
}

std::optional<IpAddress> longest_rested(const PoolView& pool, Family family,
                                        const api::Allocation& allocation, const Ledger& ledger,
                                        base::MonoTime now) {
  for (const auto& [since, address] : ledger.resting()) {
    if (address.family() != family || !pool.give.contains(address)) continue;
    if (rested(*ledger.find(address), allocation, now)) return address;
  }
  return std::nullopt;
}

}  // namespace

bool rested(const LedgerEntry& entry, const api::Allocation& allocation, base::MonoTime now) {
  if (!entry.holder_uids.empty()) return false;
  return !entry.published || now - entry.observed_free >= allocation.release_cooldown.value;
}

std::optional<Pick> pick_address(const PoolView& pool, Family family,
                                 const api::Allocation& allocation, const Ledger& ledger,
                                 base::MonoTime now, std::mt19937_64& random) {
  const auto fresh = allocation.strategy == api::AllocationStrategy::kRandom
                         ? random_free(pool, family, ledger, random)
                         : lowest_free(pool, family, ledger);
  if (fresh) return Pick{*fresh, false};
  if (auto old = longest_rested(pool, family, allocation, ledger, now)) return Pick{*old, true};
  return std::nullopt;
}

}  // namespace nanika::network
