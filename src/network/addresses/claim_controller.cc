#include "network/addresses/claim_controller.h"

#include "network/addresses/claim_name.h"

namespace nanika::network {

namespace {

using kube::Code;
using kube::Context;
using kube::Key;
using kube::Result;

/// A rest is looked at this often: it is over by time, which nobody tells.
constexpr std::chrono::seconds kLookAgain{5};

}  // namespace

ClaimController::ClaimController(const kube::Client& client, const AddressCaches& caches,
                                 AddressBook& book)
    : client_(client), claims_(client), caches_(caches), book_(book) {}

Result<kube::Outcome> ClaimController::reconcile(const Key& key, const Context& ctx) {
  const auto claim = caches_.claims.get(key);
  if (!claim) return kube::Outcome::done();
  if (claim->spec.holders.empty()) return end_rest(*claim, ctx);
  for (const api::ClaimHolder& holder : claim->spec.holders) {
    if (TRY(holder_lives(holder, ctx))) continue;
    const auto present = TRY(claims_.get(ctx, claim->metadata.name));
    if (!present || !holds(*present, holder.uid)) continue;
    book_.released(claim->metadata.name, TRY(claims_.release(ctx, *present, holder.uid)));
  }
  return kube::Outcome::done();
}

/// By the cache where it says yes; where it says no, the API is asked: a cache may lag, and a live
/// address may not go.
Result<bool> ClaimController::holder_lives(const api::ClaimHolder& holder,
                                           const Context& ctx) const {
  const Key key{holder.namespace_, holder.name};
  if (const auto ip = caches_.ips.get(key); ip && ip->metadata.uid == holder.uid) return true;
  const auto ip = client_.get<api::TrafficIP>(ctx, key);
  if (ip) return ip->metadata.uid == holder.uid;
  if (ip.error().code == Code::kNotFound) return false;
  return std::unexpected(ip.error());
}

Result<kube::Outcome> ClaimController::end_rest(const api::AddressClaim& claim,
                                                const Context& ctx) {
  const auto identity = parse_claim_name(claim.metadata.name);
  const auto network = caches_.networks.get({"", claim.spec.network_ref.name});
  const api::Allocation allocation = network ? network->spec.allocation : api::Allocation{};
  // LeastRecentlyUsed needs to know when each address was last used: its claims stay until they are
  // taken again.
  if (network && allocation.strategy == api::AllocationStrategy::kLeastRecentlyUsed &&
      caches_.pools.get({"", claim.spec.pool_ref.name}))
    return kube::Outcome::done();
  if (identity && !book_.rest_is_over(identity->address_space, identity->address, allocation))
    return kube::Outcome::after(kLookAgain);
  auto removed = claims_.remove(ctx, claim);
  if (!removed && removed.error().code == Code::kConflict)
    return kube::Outcome::done();  // taken again meanwhile
  if (!removed) return std::unexpected(removed.error());
  return kube::Outcome::done();
}

}  // namespace nanika::network
