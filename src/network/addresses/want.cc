#include "network/addresses/want.h"

#include <algorithm>

namespace nanika::network {

namespace {

using base::Family;

Family family_of(api::Family family) {
  return family == api::Family::kIPv4 ? Family::kIPv4 : Family::kIPv6;
}

std::unexpected<Refusal> invalid(std::string message) {
  return std::unexpected(Refusal{"InvalidRequest", std::move(message)});
}

bool serves(const api::Network& network, Family family) {
  return std::ranges::any_of(network.spec.families,
                             [&](api::Family f) { return family_of(f) == family; });
}

/// The families of the spec, or those of the Network, that both have.
std::expected<std::vector<Family>, Refusal> families_of(const api::TrafficIP& ip,
                                                        const api::Network& network) {
  std::vector<Family> out;
  for (api::Family family : ip.spec.families.empty() ? network.spec.families : ip.spec.families)
    out.push_back(family_of(family));
  const auto lacking = std::ranges::find_if(out, [&](Family f) { return !serves(network, f); });
  if (lacking != out.end() && ip.spec.family_policy != api::FamilyPolicy::kPreferDualStack &&
      out.front() == *lacking)
    return invalid(fmt::format("spec.families: Network {} has no {}", network.metadata.name,
                               base::name(*lacking)));
  if (ip.spec.family_policy == api::FamilyPolicy::kRequireDualStack) {
    if (out.size() == 1)
      out.push_back(out.front() == Family::kIPv4 ? Family::kIPv6 : Family::kIPv4);
    for (Family family : out)
      if (!serves(network, family))
        return invalid(fmt::format("spec.familyPolicy: RequireDualStack, and Network {} has no {}",
                                   network.metadata.name, base::name(family)));
  }
  std::erase_if(out, [&](Family f) { return !serves(network, f); });
  if (out.empty())
    return invalid(
        fmt::format("spec.families: none is a family of Network {}", network.metadata.name));
  return out;
}

}  // namespace

std::expected<Want, Refusal> want_of(const api::TrafficIP& ip, const api::Network& network,
                                     const std::map<std::string, std::string>& namespace_labels) {
  Want out{.uid = ip.metadata.uid,
           .families = {},
           .policy = ip.spec.family_policy,
           .addresses = {},
           .pools = {},
           .pool_selector = ip.spec.pool_selector,
           .namespace_labels = namespace_labels};
  auto families = families_of(ip, network);
  if (!families) return std::unexpected(families.error());
  out.families = std::move(*families);
  for (const api::NameRef& pool : ip.spec.pool_refs) out.pools.push_back(pool.name);
  for (size_t i = 0; i < ip.spec.addresses.size(); ++i) {
    auto address = base::IpAddress::parse(ip.spec.addresses[i]);
    if (!address) return invalid(fmt::format("spec.addresses[{}]: {}", i, address.error().message));
    if (std::ranges::find(out.addresses, address->family(), &base::IpAddress::family) !=
        out.addresses.end())
      return invalid(
          fmt::format("spec.addresses[{}]: a second {} address: ask for at most one a family", i,
                      base::name(address->family())));
    if (std::ranges::find(out.families, address->family()) == out.families.end())
      return invalid(fmt::format("spec.addresses[{}]: {} is not among the families wanted", i,
                                 address->str()));
    out.addresses.push_back(*address);
  }
  if (out.policy == api::FamilyPolicy::kSingleStack && out.addresses.size() > 1)
    return invalid(
        "spec.addresses: two addresses need familyPolicy PreferDualStack or RequireDualStack");
  if (!ip.spec.sharing_key.empty())
    return invalid(
        "spec.sharingKey: sharing of addresses is not served yet: leave it out to get an address "
        "of its own");
  return out;
}

}  // namespace nanika::network
