#include "network/addresses/network_status.h"

#include <algorithm>

namespace nanika::network {

namespace {

int64_t saturated(base::U128 number) {
  return number > base::U128(api::kMaxCount) ? api::kMaxCount : static_cast<int64_t>(number);
}

/// Counts as people read them: powers of two beyond 2^32.
std::string count_text(base::U128 number) {
  if (number < (base::U128{1} << 32)) return fmt::format("{}", static_cast<uint64_t>(number));
  int power = 0;
  while (power < 127 && (number >> (power + 1)) != 0) ++power;
  const bool exact = number == (base::U128{1} << power);
  return fmt::format("{}2^{}", exact ? "" : ">", power);
}

api::Condition condition(const api::AddressPool& pool, std::string type, bool is,
                         std::string reason, std::string message) {
  return {.type = std::move(type),
          .status = is ? "True" : "False",
          .observed_generation = pool.metadata.generation,
          .last_transition_time = {},
          .reason = std::move(reason),
          .message = std::move(message)};
}

api::Condition ready_condition(const api::AddressPool& pool, const SpaceView* space,
                               std::string_view network_problem) {
  if (space != nullptr)
    if (auto it = space->invalid.find(pool.metadata.name); it != space->invalid.end())
      return condition(pool, "Ready", false, "InvalidSpec", it->second);
  if (!network_problem.empty())
    return condition(pool, "Ready", false, "NoNetwork", std::string(network_problem));
  if (pool.metadata.deleting() || pool.spec.assignment == api::Assignment::kDisabled)
    return condition(pool, "Ready", false, "Draining", "gives nothing new; what is held stays");
  const auto& view = space->pools.at(pool.metadata.name);
  if (view.give.empty())
    return condition(pool, "Ready", false, "NothingToGive",
                     "excludes, edges and older pools leave no address");
  return condition(pool, "Ready", true, "Ready", "gives addresses");
}

}  // namespace

api::FamilyUsage usage_of(base::Family family, base::U128 capacity, int64_t held, int64_t claimed,
                          base::U128 can_give) {
  const base::U128 used = static_cast<base::U128>(claimed);
  return {.family = family == base::Family::kIPv4 ? api::Family::kIPv4 : api::Family::kIPv6,
          .capacity = saturated(capacity),
          .allocated = held,
          .available = saturated(can_give > used ? can_give - used : 0)};
}

std::string used_summary(const std::vector<std::pair<base::U128, int64_t>>& capacity_and_held) {
  std::string out;
  for (const auto& [capacity, held] : capacity_and_held)
    out += fmt::format("{}{}/{}", out.empty() ? "" : ", ", held, count_text(capacity));
  return out;
}

std::vector<api::Condition> pool_conditions(const api::AddressPool& pool, const SpaceView* space,
                                            std::string_view network_problem, int64_t held,
                                            int64_t out_of_range) {
  std::vector<api::Condition> out{ready_condition(pool, space, network_problem)};
  const PoolView* view = nullptr;
  if (space != nullptr)
    if (auto it = space->pools.find(pool.metadata.name); it != space->pools.end())
      view = &it->second;
  const bool conflicted = view != nullptr && !view->conflicts.empty();
  out.push_back(condition(
      pool, "Conflicted", conflicted, conflicted ? "OverlapsOlderPool" : "NoOverlap",
      conflicted
          ? fmt::format("the part that AddressPool {} has too gives nothing", view->conflicts_with)
          : "overlaps no older pool"));
  const bool draining =
      pool.metadata.deleting() || pool.spec.assignment == api::Assignment::kDisabled;
  out.push_back(condition(pool, "Draining", draining, draining ? "StillHeld" : "NotDraining",
                          draining ? fmt::format("{} addresses are still held", held)
                                   : "gives as spec.assignment says"));
  out.push_back(condition(
      pool, "OutOfRangeInUse", out_of_range > 0, out_of_range > 0 ? "StillHeld" : "AllInRange",
      out_of_range > 0
          ? fmt::format("{} addresses outside spec.ranges are still held and stay so", out_of_range)
          : "every held address is within spec.ranges"));
  return out;
}

}  // namespace nanika::network
