#include "network/bgp/plan.h"

#include <algorithm>

#include "network/addresses/pool_view.h"

namespace nanika::network::bgp {

namespace {

using api::AdvertiseWhen;
using api::SourceKind;
using base::Code;
using base::fail;
using base::IpAddress;
using base::IpPrefix;
using base::Result;

bool selects(const std::optional<api::LabelSelector>& selector,
             const std::map<std::string, std::string>& labels) {
  return !selector || selector->matches(labels);
}

const api::RouteAdvertisement* find_by_name(const std::vector<const api::RouteAdvertisement*>& all,
                                            const std::string& name) {
  auto it = std::ranges::find_if(all, [&](const auto* a) { return a->metadata.name == name; });
  return it == all.end() ? nullptr : *it;
}

void add_source(RouteSources& out, const IpPrefix& prefix, const std::string& name) {
  auto& names = out[prefix];
  auto it = std::ranges::lower_bound(names, name);
  if (it == names.end() || *it != name) names.insert(it, name);
}

IpPrefix aggregate(const IpAddress& address, const api::Aggregation& aggregation) {
  const bool four = address.family() == Family::kIPv4;
  return IpPrefix(address, four ? aggregation.ipv4_prefix_length : aggregation.ipv6_prefix_length);
}

bool source_selects(const api::AdvertisementSource& source, const api::TrafficIP& ip,
                    const IpAddress& address, const AdvertisingContext& context) {
  if (source.kind != SourceKind::kTrafficIP) return false;
  if (source.network_ref &&
      (!ip.spec.network_ref || ip.spec.network_ref->name != source.network_ref->name))
    return false;
  if (source.namespace_selector) {
    const auto* labels = context.namespace_labels(ip.metadata.namespace_);
    if (labels == nullptr || !source.namespace_selector->matches(*labels)) return false;
  }
  if (source.pool_selector) {
    const std::string_view network =
        ip.spec.network_ref ? std::string_view(ip.spec.network_ref->name) : "";
    const api::AddressPool* pool = context.pools->find(address, network);
    if (pool == nullptr || !source.pool_selector->matches(pool->metadata.labels)) return false;
  }
  return true;
}

bool advertises_from(const api::RouteAdvertisement& advertisement, const api::Node& node) {
  if (advertisement.metadata.deleting()) return false;
  if (!selects(advertisement.spec.node_selector, node.metadata.labels)) return false;
  return !(advertisement.spec.withdraw_on_cordon && node.spec.unschedulable);
}

void unite(RouteAttributes& into, const api::RouteAttributes& from) {
  into.communities.insert(from.communities.begin(), from.communities.end());
  into.large_communities.insert(from.large_communities.begin(), from.large_communities.end());
  if (from.local_pref) into.local_pref = std::max(into.local_pref.value_or(0), *from.local_pref);
  if (from.med) into.med = into.med ? std::min(*into.med, *from.med) : *from.med;
  into.prepend = std::max(into.prepend, from.prepend);
}

}  // namespace

base::IpAddress router_id_of(const api::Node& node) {
  auto it = node.metadata.annotations.find("network.nanika.dev/router-id");
  if (it != node.metadata.annotations.end()) {
    auto address = IpAddress::parse(it->second);
    if (address && address->family() == Family::kIPv4 && !address->is_unspecified())
      return *address;
  }
  for (const api::NodeAddress& a : node.status.addresses) {
    auto address = IpAddress::parse(a.address);
    if (a.type == "InternalIP" && address && address->family() == Family::kIPv4) return *address;
  }
  uint32_t hash = 0x811c9dc5;  // FNV-1a of the uid: stable over restarts
  for (unsigned char c : node.metadata.uid) hash = (hash ^ c) * 0x01000193;
  return {Family::kIPv4, hash == 0 ? 1u : hash};
}

PoolIndex::PoolIndex(const std::vector<const api::AddressPool*>& pools) {
  for (const api::AddressPool* pool : pools) {
    auto ranges = parse_ranges(pool->spec);
    if (!ranges) continue;
    for (const auto& [first, last] : ranges->all.runs())
      ranges_[pool->spec.network_ref.name].emplace_back(base::IpRange{first, last}, pool);
  }
}

const api::AddressPool* PoolIndex::find(const IpAddress& address, std::string_view network) const {
  auto it = ranges_.find(network);
  if (it == ranges_.end()) return nullptr;
  for (const auto& [range, pool] : it->second)
    if (range.contains(address)) return pool;
  return nullptr;
}

Result<void> check_advertisement(const api::RouteAdvertisement& advertisement) {
  const api::RouteAdvertisementSpec& spec = advertisement.spec;
  for (size_t i = 0; i < spec.sources.size(); ++i) {
    const api::AdvertisementSource& source = spec.sources[i];
    if (source.kind != SourceKind::kTrafficIP && source.kind != SourceKind::kPrefix)
      return fail(Code::kUnsupported,
                  "spec.sources[{}].kind: {} is not served yet: use TrafficIP or Prefix", i,
                  api::name_of(source.kind));
    if (source.kind == SourceKind::kPrefix && source.prefixes.empty())
      return fail(Code::kInvalid, "spec.sources[{}].prefixes: give at least one prefix", i);
    for (size_t j = 0; j < source.prefixes.size(); ++j)
      TRY(base::in_context(IpPrefix::parse(source.prefixes[j]),
                           fmt::format("spec.sources[{}].prefixes[{}]", i, j)));
  }
  for (size_t i = 0; i < spec.attributes.communities.size(); ++i) {
    const std::string& text = spec.attributes.communities[i];
    const size_t colon = text.find(':');
    if (colon == std::string::npos) continue;  // a well-known name, by the schema
    for (const std::string& half : {text.substr(0, colon), text.substr(colon + 1)})
      if (half.size() > 5 || std::stoul(half) > 65535)
        return fail(
            Code::kInvalid,
            "spec.attributes.communities[{}]: {}: each half is at most 65535; use largeCommunities "
            "for AS numbers of 32 bits",
            i, text);
  }
  for (size_t i = 0; i < spec.attributes.large_communities.size(); ++i) {
    std::string_view rest = spec.attributes.large_communities[i];
    while (!rest.empty()) {
      const std::string part(rest.substr(0, rest.find(':')));
      if (part.empty() || part.size() > 10 || std::stoull(part) > 4294967295ull)
        return fail(Code::kInvalid,
                    "spec.attributes.largeCommunities[{}]: {}: each part is at most 4294967295", i,
                    spec.attributes.large_communities[i]);
      rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    }
  }
  return {};
}

RouteSources routes_of(const api::TrafficIP& ip, const AdvertisingContext& context) {
  RouteSources out;
  if (ip.metadata.deleting()) return out;
  std::optional<bool> ready;  // asked for only when an advertisement cares
  for (const std::string& text : ip.status.addresses) {
    auto address = IpAddress::parse(text);
    if (!address) continue;
    for (const api::RouteAdvertisement* advertisement : context.advertisements) {
      const auto& spec = advertisement->spec;
      if (!advertises_from(*advertisement, *context.node)) continue;
      if (std::ranges::none_of(spec.sources, [&](const auto& s) {
            return source_selects(s, ip, *address, context);
          }))
        continue;
      if (spec.advertise_when == AdvertiseWhen::kEndpointsReady) {
        if (!ready) ready = context.endpoints_ready(ip);
        if (!*ready) continue;
      }
      add_source(out, aggregate(*address, spec.aggregation), advertisement->metadata.name);
    }
  }
  return out;
}

RouteSources prefix_routes(const AdvertisingContext& context) {
  RouteSources out;
  for (const api::RouteAdvertisement* advertisement : context.advertisements) {
    if (!advertises_from(*advertisement, *context.node)) continue;
    for (const api::AdvertisementSource& source : advertisement->spec.sources) {
      if (source.kind != SourceKind::kPrefix) continue;
      for (const std::string& text : source.prefixes)
        if (auto prefix = IpPrefix::parse(text))
          add_source(out, *prefix, advertisement->metadata.name);
    }
  }
  return out;
}

RouteClass make_class(uint32_t id, const std::vector<std::string>& names,
                      const std::vector<const api::RouteAdvertisement*>& advertisements,
                      const std::vector<const api::BGPPeer*>& peers) {
  RouteClass out{.id = id, .advertisements = names, .to_peers = {}};
  for (const std::string& name : names) {
    const api::RouteAdvertisement* advertisement = find_by_name(advertisements, name);
    if (advertisement == nullptr) continue;
    for (const api::BGPPeer* peer : peers) {
      if (!selects(advertisement->spec.peer_selector, peer->metadata.labels)) continue;
      unite(out.to_peers[peer->metadata.name], advertisement->spec.attributes);
    }
  }
  return out;
}

}  // namespace nanika::network::bgp
