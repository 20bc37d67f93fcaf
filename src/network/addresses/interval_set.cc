#include "network/addresses/interval_set.h"

#include <algorithm>

namespace nanika::network {

namespace {

using base::Family;
using base::U128;

U128 max_number(Family family) {
  return family == Family::kIPv4 ? U128{0xffffffff} : ~U128{0};
}
IpAddress next(const IpAddress& a) {
  return {a.family(), a.number() + 1};
}
IpAddress previous(const IpAddress& a) {
  return {a.family(), a.number() - 1};
}
bool is_last_of_family(const IpAddress& a) {
  return a.number() == max_number(a.family());
}
/// b follows a without a gap, within one family.
bool adjacent(const IpAddress& a, const IpAddress& b) {
  return a.family() == b.family() && !is_last_of_family(a) && next(a) == b;
}

}  // namespace

std::map<IpAddress, IpAddress>::const_iterator IntervalSet::run_at_or_before(
    const IpAddress& address) const {
  auto it = runs_.upper_bound(address);
  return it == runs_.begin() ? runs_.end() : std::prev(it);
}

void IntervalSet::add(const IpRange& range) {
  IpAddress first = range.first;
  IpAddress last = range.last;
  auto it = runs_.upper_bound(first);
  if (it != runs_.begin()) {
    auto before = std::prev(it);
    if (before->second >= first || adjacent(before->second, first)) {
      first = before->first;
      last = std::max(last, before->second);
      it = runs_.erase(before);
    }
  }
  while (it != runs_.end() && (it->first <= last || adjacent(last, it->first))) {
    last = std::max(last, it->second);
    it = runs_.erase(it);
  }
  runs_.emplace_hint(it, first, last);
}

void IntervalSet::remove(const IpRange& range) {
  auto it = runs_.upper_bound(range.first);
  if (it != runs_.begin() && std::prev(it)->second >= range.first) --it;
  while (it != runs_.end() && it->first <= range.last) {
    const IpAddress first = it->first;
    const IpAddress last = it->second;
    it = runs_.erase(it);
    if (first < range.first) runs_.emplace(first, previous(range.first));
    if (last > range.last) runs_.emplace(next(range.last), last);
  }
}

void IntervalSet::add(const IntervalSet& other) {
  for (const auto& [first, last] : other.runs_) add({first, last});
}

void IntervalSet::remove(const IntervalSet& other) {
  for (const auto& [first, last] : other.runs_) remove({first, last});
}

IntervalSet IntervalSet::intersect(const IntervalSet& other) const {
  IntervalSet out;
  auto a = runs_.begin();
  auto b = other.runs_.begin();
  while (a != runs_.end() && b != other.runs_.end()) {
    const IpAddress first = std::max(a->first, b->first);
    const IpAddress last = std::min(a->second, b->second);
    if (first <= last) out.runs_.emplace(first, last);
    (a->second < b->second) ? ++a : ++b;
  }
  return out;
}

bool IntervalSet::contains(const IpAddress& address) const {
  auto it = run_at_or_before(address);
  return it != runs_.end() && it->second >= address;
}

bool IntervalSet::overlaps(const IpRange& range) const {
  auto it = run_at_or_before(range.last);
  return it != runs_.end() && it->second >= range.first;
}

U128 IntervalSet::size(Family family) const {
  U128 sum = 0;
  for (const auto& [first, last] : runs_) {
    if (first.family() != family) continue;
    const U128 size = IpRange{first, last}.size();
    if (sum + size < sum) return ~U128{0};
    sum += size;
  }
  return sum;
}

std::optional<IpAddress> IntervalSet::first_gap(const IpRange& within) const {
  auto it = run_at_or_before(within.first);
  if (it == runs_.end() || it->second < within.first) return within.first;
  // Runs never touch, so the address behind a run is free.
  if (it->second >= within.last) return std::nullopt;
  return next(it->second);
}

}  // namespace nanika::network
