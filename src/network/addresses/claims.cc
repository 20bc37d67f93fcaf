#include "network/addresses/claims.h"

#include <algorithm>

#include "network/addresses/claim_name.h"

namespace nanika::network {

namespace {

using kube::Code;
using kube::Context;
using kube::fail;
using kube::Result;

api::ClaimHolder holder_of(const api::TrafficIP& ip) {
  return {.namespace_ = ip.metadata.namespace_, .name = ip.metadata.name, .uid = ip.metadata.uid};
}

api::AddressClaim claim_of(const ClaimRequest& request, const api::TrafficIP& holder) {
  api::AddressClaim out;
  out.metadata.name = claim_name(request.address_space, request.address);
  out.spec.address = request.address.str();
  out.spec.network_ref.name = request.network;
  out.spec.pool_ref.name = request.pool;
  out.spec.holders = {holder_of(holder)};
  out.spec.published = request.published;
  return out;
}

}  // namespace

bool holds(const api::AddressClaim& claim, const std::string& uid) {
  return std::ranges::find(claim.spec.holders, uid, &api::ClaimHolder::uid) !=
         claim.spec.holders.end();
}

Result<api::AddressClaim> Claims::take(const Context& ctx, const ClaimRequest& request,
                                       const api::TrafficIP& holder) const {
  const api::AddressClaim wanted = claim_of(request, holder);
  auto made = client_.create(ctx, wanted);
  // An answer that was lost may have been carried out: what stands there decides.
  if (made ||
      (made.error().code != Code::kAlreadyExists && made.error().code != Code::kUnavailable &&
       made.error().code != Code::kDeadlineExceeded))
    return made;
  auto present = client_.get<api::AddressClaim>(ctx, {"", wanted.metadata.name});
  if (!present) return made;
  if (holds(*present, holder.metadata.uid)) return present;
  // Freed by somebody we have not heard of yet: its rest is not over, whatever our book says.
  if (present->spec.holders.empty())
    return fail(Code::kAlreadyExists, "{} was freed and rests", request.address.str());
  return fail(Code::kAlreadyExists, "{} is held by TrafficIP {}/{}", request.address.str(),
              present->spec.holders.front().namespace_, present->spec.holders.front().name);
}

Result<api::AddressClaim> Claims::take_again(const Context& ctx, const ClaimRequest& request,
                                             const api::TrafficIP& holder) const {
  auto present = TRY(client_.get<api::AddressClaim>(
      ctx, {"", claim_name(request.address_space, request.address)}));
  if (holds(present, holder.metadata.uid)) return present;
  if (!present.spec.holders.empty())
    return fail(Code::kAlreadyExists, "{} is held by another", request.address.str());
  api::AddressClaim wanted = claim_of(request, holder);
  wanted.metadata = present.metadata;
  auto taken = client_.update(ctx, wanted);
  if (!taken && taken.error().code == Code::kConflict)
    return fail(Code::kAlreadyExists, "{} was taken by another meanwhile", request.address.str());
  return taken;
}

Result<std::optional<api::AddressClaim>> Claims::get(const Context& ctx,
                                                     const std::string& name) const {
  auto present = client_.get<api::AddressClaim>(ctx, {"", name});
  if (present) return std::optional(std::move(*present));
  if (present.error().code == Code::kNotFound) return std::nullopt;
  return std::unexpected(present.error());
}

Result<void> Claims::publish(const Context& ctx, api::AddressClaim claim) const {
  if (claim.spec.published) return {};
  claim.spec.published = true;
  TRY(client_.update(ctx, claim));
  return {};
}

Result<uint64_t> Claims::release(const Context& ctx, api::AddressClaim claim,
                                 const std::string& uid) const {
  std::erase_if(claim.spec.holders, [&](const api::ClaimHolder& h) { return h.uid == uid; });
  if (claim.spec.holders.empty()) {
    if (!claim.spec.published) {
      TRY(remove(ctx, claim));
      return revision_of(claim) + 1;
    }
    claim.spec.released_at.at = client_.clock().wall();
    claim.spec.sharing_key.clear();
  }
  const auto written = TRY(client_.update(ctx, claim));
  return revision_of(written);
}

Result<void> Claims::remove(const Context& ctx, const api::AddressClaim& claim) const {
  auto removed =
      client_.remove<api::AddressClaim>(ctx, {"", claim.metadata.name}, kube::only(claim.metadata));
  if (!removed && removed.error().code == Code::kNotFound) return {};
  return removed;
}

}  // namespace nanika::network
