// A set of addresses as disjoint runs: size and look-ups depend on the number of runs, never on
// that of addresses.
#pragma once

#include <map>
#include <optional>

#include "base/ip.h"

namespace nanika::network {

using base::IpAddress;
using base::IpRange;

/// Exact at the edges of both families (/0, /31, /127, all ones). Threading: as a standard
/// container.
class IntervalSet {
 public:
  void add(const IpRange& range);
  void remove(const IpRange& range);
  void add(const IntervalSet& other);
  void remove(const IntervalSet& other);
  /// What is in both.
  IntervalSet intersect(const IntervalSet& other) const;

  bool contains(const IpAddress& address) const;
  bool overlaps(const IpRange& range) const;
  bool empty() const { return runs_.empty(); }
  /// Addresses of that family; saturates at 2^128-1 for all of IPv6.
  base::U128 size(base::Family family) const;

  /// The lowest address of `within` that is not in the set. O(log runs).
  std::optional<IpAddress> first_gap(const IpRange& within) const;

  /// Runs in ascending order: first address -> last address.
  const std::map<IpAddress, IpAddress>& runs() const { return runs_; }
  friend bool operator==(const IntervalSet&, const IntervalSet&) = default;

 private:
  std::map<IpAddress, IpAddress>::const_iterator run_at_or_before(const IpAddress& address) const;
  std::map<IpAddress, IpAddress> runs_;
};

}  // namespace nanika::network
