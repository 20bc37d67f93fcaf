// Which free address of one pool is given: Sequential, Random, LeastRecentlyUsed.
#pragma once

#include <optional>
#include <random>
#include <string>

#include "api/network/network.h"
#include "network/addresses/ledger.h"
#include "network/addresses/pool_view.h"

namespace nanika::network {

struct Pick {
  IpAddress address;
  bool reuse = false;  ///< a rested claim stands there
};

/// A free address of `family` in `pool`, or nothing. O(runs of the pool * log claims), whatever the
/// pool's size.
std::optional<Pick> pick_address(const PoolView& pool, base::Family family,
                                 const api::Allocation& allocation, const Ledger& ledger,
                                 base::MonoTime now, std::mt19937_64& random);

/// True when a freed address may be given again.
bool rested(const LedgerEntry& entry, const api::Allocation& allocation, base::MonoTime now);

}  // namespace nanika::network
