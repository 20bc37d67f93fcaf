#include "network/addresses/pool_view.h"

#include <algorithm>

namespace nanika::network {

namespace {

using base::Code;
using base::fail;
using base::Family;
using base::IpPrefix;
using base::Result;

Result<IpRange> parse_range(const api::AddressRange& range) {
  if (!range.cidr.empty()) {
    if (!range.start.empty() || !range.end.empty())
      return fail(Code::kInvalid, "has cidr as well as start or end: use one of the two forms");
    return base::range_of(TRY(base::in_context(IpPrefix::parse(range.cidr), "cidr")));
  }
  if (range.start.empty() || range.end.empty())
    return fail(Code::kInvalid, "needs either cidr, or start and end");
  const IpAddress first = TRY(base::in_context(IpAddress::parse(range.start), "start"));
  const IpAddress last = TRY(base::in_context(IpAddress::parse(range.end), "end"));
  if (first.family() != last.family())
    return fail(Code::kInvalid, "start {} and end {} are of different families", range.start,
                range.end);
  if (first > last)
    return fail(Code::kInvalid, "start {} is above end {}: swap them", range.start, range.end);
  return IpRange{first, last};
}

/// Addresses that no consumer can have: multicast, loopback, unspecified, link-local.
Result<void> check_usable(const IpRange& range) {
  for (const IpAddress& a : {range.first, range.last}) {
    if (a.is_multicast() || a.is_loopback() || a.is_unspecified() || a.is_link_local())
      return fail(Code::kInvalid, "{} is no unicast address that can be given", a.str());
  }
  return {};
}

void reserve_edges(const api::AddressRange& range, const IpRange& parsed, IntervalSet& give) {
  // A /31 and a /32 have no edges to spare (RFC 3021).
  if (range.cidr.empty() || parsed.first.family() != Family::kIPv4 || parsed.size() <= 2) return;
  give.remove({parsed.first, parsed.first});
  give.remove({parsed.last, parsed.last});
}

bool older(const api::AddressPool* a, const api::AddressPool* b) {
  const auto& x = a->metadata;
  const auto& y = b->metadata;
  if (x.creation_timestamp.at != y.creation_timestamp.at)
    return x.creation_timestamp.at < y.creation_timestamp.at;
  return x.uid < y.uid;
}

}  // namespace

Result<PoolRanges> parse_ranges(const api::AddressPoolSpec& spec) {
  PoolRanges out;
  for (size_t i = 0; i < spec.ranges.size(); ++i) {
    const std::string where = fmt::format("spec.ranges[{}]", i);
    const IpRange range = TRY(base::in_context(parse_range(spec.ranges[i]), where));
    TRY(base::in_context(check_usable(range), where));
    out.all.add(range);
    out.give.add(range);
  }
  if (spec.reserve_edge_addresses) {
    for (const api::AddressRange& range : spec.ranges)
      reserve_edges(range, *parse_range(range), out.give);
  }
  for (size_t i = 0; i < spec.excludes.size(); ++i) {
    const std::string where = fmt::format("spec.excludes[{}]", i);
    out.give.remove(TRY(base::in_context(parse_range(spec.excludes[i]), where)));
  }
  return out;
}

SpaceView view_of_space(std::vector<const api::AddressPool*> pools) {
  std::ranges::sort(pools, older);
  SpaceView out;
  std::vector<const PoolView*> elders;
  for (const api::AddressPool* pool : pools) {
    auto ranges = parse_ranges(pool->spec);
    if (!ranges) {
      out.invalid.emplace(pool->metadata.name, ranges.error().message);
      continue;
    }
    PoolView view{.name = pool->metadata.name,
                  .labels = pool->metadata.labels,
                  .priority = pool->spec.priority,
                  .assignment = pool->spec.assignment,
                  .allowed = pool->spec.allowed,
                  .all = std::move(ranges->all),
                  .give = std::move(ranges->give),
                  .deleting = pool->metadata.deleting()};
    for (const PoolView* elder : elders) {
      IntervalSet both = view.all.intersect(elder->all);
      if (both.empty()) continue;
      view.give.remove(both);
      view.conflicts.add(both);
      if (view.conflicts_with.empty()) view.conflicts_with = elder->name;
    }
    auto [it, inserted] = out.pools.emplace(pool->metadata.name, std::move(view));
    elders.push_back(&it->second);
  }
  return out;
}

}  // namespace nanika::network
