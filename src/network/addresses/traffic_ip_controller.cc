#include "network/addresses/traffic_ip_controller.h"

#include <algorithm>

#include "kube/finalizers.h"
#include "network/addresses/claim_name.h"
#include "network/addresses/service_plan.h"
#include "network/addresses/traffic_ip_status.h"
#include "network/addresses/want.h"

namespace nanika::network {

namespace {

using kube::Code;
using kube::Context;
using kube::Key;
using kube::Result;

/// Others may be faster this often in one reconcile; then it is tried again with backoff.
constexpr int kAttempts = 16;
/// A refused request is looked at again even if nothing seems to change.
constexpr std::chrono::seconds kLookAgain{30};

/// Primary family first.
void sort_by_families(std::vector<IpAddress>& addresses,
                      const std::vector<base::Family>& families) {
  std::ranges::sort(addresses, {}, [&](const IpAddress& a) {
    return std::pair(std::ranges::find(families, a.family()) - families.begin(), a);
  });
}

bool has(const std::vector<IpAddress>& addresses, const IpAddress& address) {
  return std::ranges::find(addresses, address) != addresses.end();
}

bool shows(const api::TrafficIP& ip, const IpAddress& address) {
  return has(parse_addresses(ip.status.addresses), address);
}

/// `want`, asking by name for what the status shows and nobody holds: a claim that somebody deleted
/// by hand is made again for the same address.
Want with_shown(Want want, const std::vector<IpAddress>& shown,
                const std::vector<IpAddress>& held) {
  const bool single = want.policy == api::FamilyPolicy::kSingleStack;
  const auto lacks = [](const std::vector<IpAddress>& list, base::Family family) {
    return std::ranges::find(list, family, &IpAddress::family) == list.end();
  };
  for (const IpAddress& address : shown) {
    const base::Family family = address.family();
    const bool wanted = single ? want.families.front() == family && want.addresses.empty()
                               : std::ranges::find(want.families, family) != want.families.end();
    if (wanted && lacks(want.addresses, family) && lacks(held, family))
      want.addresses.push_back(address);
  }
  return want;
}

}  // namespace

TrafficIPController::TrafficIPController(const kube::Client& client, const AddressCaches& caches,
                                         AddressBook& book)
    : client_(client.as("nanika-addresses")), claims_(client), caches_(caches), book_(book) {}

std::string TrafficIPController::space_of(const api::TrafficIP& ip) const {
  const auto network =
      ip.spec.network_ref ? caches_.networks.get({"", ip.spec.network_ref->name}) : nullptr;
  return network ? network->spec.address_space : std::string();
}

Result<kube::Outcome> TrafficIPController::reconcile(const Key& key, const Context& ctx) {
  const auto ip = caches_.ips.get(key);
  if (!ip) return kube::Outcome::done();
  if (ip->metadata.deleting()) return release_all(*ip, ctx);
  std::shared_ptr<const api::Network> network;
  if (ip->spec.network_ref) {
    network = caches_.networks.get({"", ip->spec.network_ref->name});
  } else {
    const auto all = caches_.networks.list();
    std::vector<const api::Network*> plain;
    for (const auto& n : all) plain.push_back(n.get());
    if (const api::Network* found = default_network(plain))
      network = caches_.networks.get({"", found->metadata.name});
  }
  Outcome outcome;
  api::TrafficIP live = *ip;
  if (!network) {
    outcome.addresses = parse_addresses(ip->status.addresses);
    outcome.refusal = Refusal{
        "NoNetwork", ip->spec.network_ref
                         ? fmt::format("Network {} does not exist: see kubectl get networks",
                                       ip->spec.network_ref->name)
                         : std::string("no Network is the default: set spec.networkRef")};
  } else {
    auto ours = kube::add_finalizer(client_, ctx, *ip, std::string(api::kAddressFinalizer));
    if (!ours && ours.error().code == Code::kNotFound) return kube::Outcome::done();  // gone
    live = TRY(std::move(ours));
    outcome = TRY(allocate(live, *network, ctx));
  }
  TRY(report(live, outcome, ctx));
  if (network) TRY(give_back(live, network->spec.address_space, outcome.surplus, ctx));
  return outcome.refusal ? kube::Outcome::after(kLookAgain) : kube::Outcome::done();
}

Result<TrafficIPController::Outcome> TrafficIPController::allocate(const api::TrafficIP& ip,
                                                                   const api::Network& network,
                                                                   const Context& ctx) {
  const std::string& space = network.spec.address_space;
  const auto shown = parse_addresses(ip.status.addresses);
  const auto namespace_ = caches_.namespaces.get({"", ip.metadata.namespace_});
  TRY(recall(ip, space, shown, ctx));
  auto want = want_of(
      ip, network, namespace_ ? namespace_->metadata.labels : std::map<std::string, std::string>{});
  if (!want) return refused(ip, space, shown, std::move(want.error()));
  const Snapshot snapshot(network, caches_.networks, caches_.pools);
  std::map<IpAddress, api::AddressClaim> taken;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto held = book_.held_by(space, ip.metadata.uid, shown);
    AllocationPlan plan = book_.plan(with_shown(*want, shown, held), held, snapshot.view());
    if (plan.refusal) plan = book_.plan(*want, held, snapshot.view());
    if (!TRY(take(ip, snapshot.view(), plan.take, taken, ctx))) continue;
    if (plan.refusal) return refused(ip, space, shown, std::move(*plan.refusal));
    Outcome out{.addresses = plan.keep, .surplus = plan.release, .refusal = std::nullopt};
    for (const Choice& choice : plan.take) out.addresses.push_back(choice.address);
    if (!TRY(secure(ip, space, out.addresses, taken, ctx))) continue;
    sort_by_families(out.addresses, want->families);
    return out;
  }
  return kube::fail(Code::kConflict, "others took {} addresses before us: trying again", kAttempts);
}

/// What the status shows and we hold stays; half of a pair that cannot be completed goes back.
TrafficIPController::Outcome TrafficIPController::refused(const api::TrafficIP& ip,
                                                          const std::string& space,
                                                          const std::vector<IpAddress>& shown,
                                                          Refusal refusal) const {
  Outcome out{.addresses = {}, .surplus = {}, .refusal = std::move(refusal)};
  const auto held = book_.held_by(space, ip.metadata.uid, shown);
  for (const IpAddress& address : shown)
    if (has(held, address)) out.addresses.push_back(address);
  for (const IpAddress& address : held)
    if (!has(shown, address)) out.surplus.push_back(address);
  return out;
}

/// What the status shows, and our book does not know as ours, the API is asked about: another
/// process may have taken it a moment ago.
Result<void> TrafficIPController::recall(const api::TrafficIP& ip, const std::string& space,
                                         const std::vector<IpAddress>& shown, const Context& ctx) {
  const auto held = book_.held_by(space, ip.metadata.uid, {});
  for (const IpAddress& address : shown) {
    if (has(held, address)) continue;
    const auto claim = TRY(claims_.get(ctx, claim_name(space, address)));
    if (claim && holds(*claim, ip.metadata.uid)) book_.confirm(*claim, ip.metadata.uid);
  }
  return {};
}

/// Before a status shows an address for the first time: its claim names us, by the API's word, and
/// says that the address is public. False: it does not, the book knows it now.
Result<bool> TrafficIPController::secure(const api::TrafficIP& ip, const std::string& space,
                                         const std::vector<IpAddress>& addresses,
                                         const std::map<IpAddress, api::AddressClaim>& taken,
                                         const Context& ctx) {
  for (const IpAddress& address : addresses) {
    if (shows(ip, address)) continue;
    const std::string name = claim_name(space, address);
    std::optional<api::AddressClaim> claim;
    if (auto it = taken.find(address); it != taken.end()) {
      claim = it->second;
    } else {
      claim = TRY(claims_.get(ctx, name));
    }
    if (!claim || !holds(*claim, ip.metadata.uid)) {
      book_.released(name, claim ? revision_of(*claim) : 0);
      return false;
    }
    TRY(claims_.publish(ctx, std::move(*claim)));
  }
  return true;
}

/// False: somebody was faster with one of them; what was taken is noted as ours.
Result<bool> TrafficIPController::take(const api::TrafficIP& ip, const NetworkView& network,
                                       const std::vector<Choice>& choices,
                                       std::map<IpAddress, api::AddressClaim>& taken,
                                       const Context& ctx) {
  const std::string& space = network.spec.address_space;
  bool all = true;
  for (size_t i = 0; i < choices.size(); ++i) {
    const Choice& choice = choices[i];
    const ClaimRequest request{
        .address_space = space,
        .address = choice.address,
        .network = network.name,
        .pool = choice.pool,
        .published = ip.spec.family_policy != api::FamilyPolicy::kRequireDualStack};
    auto claim =
        choice.reuse ? claims_.take_again(ctx, request, ip) : claims_.take(ctx, request, ip);
    if (!claim && choice.reuse && claim.error().code == Code::kNotFound)
      claim = claims_.take(ctx, request, ip);
    if (claim) {
      book_.confirm(*claim, ip.metadata.uid);
      taken.insert_or_assign(choice.address, std::move(*claim));
    } else if (claim.error().code == Code::kAlreadyExists) {
      book_.taken_by_another(space, choice.address);
      all = false;
    } else {
      for (size_t j = i; j < choices.size(); ++j) book_.cancel(space, choices[j].address);
      return std::unexpected(claim.error());
    }
  }
  return all;
}

/// Only what the status does not show any more, by the API's word and not by a cache's: whoever
/// reads a status may rely on it.
Result<void> TrafficIPController::give_back(const api::TrafficIP& ip, const std::string& space,
                                            const std::vector<IpAddress>& addresses,
                                            const Context& ctx) {
  for (const IpAddress& address : addresses) {
    const std::string name = claim_name(space, address);
    const auto claim = TRY(claims_.get(ctx, name));
    if (!claim || !holds(*claim, ip.metadata.uid)) {
      book_.released(name, claim ? revision_of(*claim) : 0);
      continue;
    }
    const auto now = client_.get<api::TrafficIP>(ctx, kube::key_of(ip.metadata));
    if (!now && now.error().code != Code::kNotFound) return std::unexpected(now.error());
    if (now && now->metadata.uid == ip.metadata.uid &&
        (now->metadata.generation != ip.metadata.generation || shows(*now, address)))
      return kube::fail(Code::kConflict, "it changed before {} was given back: looking again",
                        address.str());
    book_.released(name, TRY(claims_.release(ctx, *claim, ip.metadata.uid)));
  }
  return {};
}

/// The status is emptied first: another's finalizer may keep the TrafficIP for long.
Result<kube::Outcome> TrafficIPController::release_all(const api::TrafficIP& ip,
                                                       const Context& ctx) {
  if (!kube::has_finalizer(ip.metadata, api::kAddressFinalizer)) return kube::Outcome::done();
  api::TrafficIP live = ip;
  if (!ip.status.addresses.empty()) {
    auto written = write_status(ip, status_when_released(ip, client_.clock()), ctx);
    if (!written && written.error().code != Code::kNotFound)
      return std::unexpected(written.error());
    if (written) live = std::move(*written);
  }
  std::set<std::string> names;
  for (const IpAddress& address : book_.held_by(space_of(ip), ip.metadata.uid, {}))
    names.insert(claim_name(space_of(ip), address));
  // The claims' own word too: the Network may be gone, and with it the space's name.
  for (const auto& claim : caches_.claims.by_index("holder", ip.metadata.uid))
    names.insert(claim->metadata.name);
  for (const std::string& name : names) {
    const auto claim = TRY(claims_.get(ctx, name));
    if (claim && holds(*claim, ip.metadata.uid))
      book_.released(name, TRY(claims_.release(ctx, *claim, ip.metadata.uid)));
  }
  TRY(kube::remove_finalizer(client_, ctx, live, std::string(api::kAddressFinalizer)));
  return kube::Outcome::done();
}

/// On the version that was looked at: of two processes the first to publish wins, and the other
/// looks again.
Result<api::TrafficIP> TrafficIPController::write_status(const api::TrafficIP& ip,
                                                         api::TrafficIPStatus status,
                                                         const Context& ctx) {
  api::TrafficIP wanted;
  wanted.metadata = ip.metadata;
  wanted.status = std::move(status);
  return client_.apply_status<api::TrafficIP>(
      ctx, api::encode_part(wanted, {"status"}),
      {.uid = ip.metadata.uid, .resource_version = ip.metadata.resource_version});
}

Result<void> TrafficIPController::report(const api::TrafficIP& ip, const Outcome& outcome,
                                         const Context& ctx) {
  std::shared_ptr<const api::Service> target;
  if (ip.spec.target_ref)
    target = caches_.services.get({ip.metadata.namespace_, ip.spec.target_ref->name});
  auto status = status_of(ip, outcome.addresses, outcome.refusal, target.get(), client_.clock());
  if (ours(ip.status) == status) return {};
  const auto written = write_status(ip, std::move(status), ctx);
  // One that is gone needs no status; what was taken for it the claims' controller frees.
  if (!written && written.error().code != Code::kNotFound) return std::unexpected(written.error());
  return {};
}

}  // namespace nanika::network
