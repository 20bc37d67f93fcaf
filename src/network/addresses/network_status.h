// The conditions and summaries of Networks and pools: pure.
#pragma once

#include <string>
#include <vector>

#include "api/network/address_pool.h"
#include "api/network/network.h"
#include "network/addresses/pool_view.h"

namespace nanika::network {

/// Of one family: free addresses are those that can be given and have no claim.
api::FamilyUsage usage_of(base::Family family, base::U128 capacity, int64_t held, int64_t claimed,
                          base::U128 can_give);

/// "3/26, 1/2^64": held of all, a family each.
std::string used_summary(const std::vector<std::pair<base::U128, int64_t>>& capacity_and_held);

/// Ready, Conflicted, Draining, OutOfRangeInUse. `network_problem`: why the Network cannot serve,
/// or "".
std::vector<api::Condition> pool_conditions(const api::AddressPool& pool, const SpaceView* space,
                                            std::string_view network_problem, int64_t held,
                                            int64_t out_of_range);

}  // namespace nanika::network
