#include "network/addresses/traffic_ip_controller.h"

#include <algorithm>

#include "kube/conditions.h"
#include "kube/finalizers.h"
#include "network/addresses/claim_name.h"
#include "network/addresses/service_plan.h"
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

std::vector<IpAddress> parse_all(const std::vector<std::string>& texts) {
  std::vector<IpAddress> out;
  for (const std::string& text : texts)
    if (auto address = IpAddress::parse(text)) out.push_back(*address);
  return out;
}

/// Primary family first.
void sort_by_families(std::vector<IpAddress>& addresses,
                      const std::vector<base::Family>& families) {
  std::ranges::sort(addresses, {}, [&](const IpAddress& a) {
    return std::pair(std::ranges::find(families, a.family()) - families.begin(), a);
  });
}

/// Without what others say: Advertised.
std::vector<api::Condition> ours(std::vector<api::Condition> conditions) {
  std::erase_if(conditions,
                [](const api::Condition& c) { return c.type != "Allocated" && c.type != "Bound"; });
  return conditions;
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
  if (!network) {
    outcome.addresses = parse_all(ip->status.addresses);
    outcome.refusal = Refusal{
        "NoNetwork", ip->spec.network_ref
                         ? fmt::format("Network {} does not exist: see kubectl get networks",
                                       ip->spec.network_ref->name)
                         : std::string("no Network is the default: set spec.networkRef")};
  } else {
    TRY(kube::add_finalizer(client_, ctx, *ip, std::string(api::kAddressFinalizer)));
    outcome = TRY(allocate(*ip, *network, ctx));
  }
  TRY(report(*ip, outcome, ctx));
  return outcome.refusal ? kube::Outcome::after(kLookAgain) : kube::Outcome::done();
}

Result<TrafficIPController::Outcome> TrafficIPController::allocate(const api::TrafficIP& ip,
                                                                   const api::Network& network,
                                                                   const Context& ctx) {
  const std::string& space = network.spec.address_space;
  const auto prefer = parse_all(ip.status.addresses);
  const auto namespace_ = caches_.namespaces.get({"", ip.metadata.namespace_});
  Outcome out;
  out.addresses = book_.held_by(space, ip.metadata.uid, prefer);
  auto want = want_of(
      ip, network, namespace_ ? namespace_->metadata.labels : std::map<std::string, std::string>{});
  if (!want) {
    out.refusal = want.error();
    return out;
  }
  const Snapshot snapshot(network, caches_.networks, caches_.pools);
  std::vector<api::AddressClaim> taken;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto held = book_.held_by(space, ip.metadata.uid, prefer);
    AllocationPlan plan = book_.plan(*want, held, snapshot.view());
    const bool lost = !TRY(take(ip, snapshot.view(), plan.take, taken, ctx));
    if (lost) continue;
    if (plan.refusal) {
      // Half of a pair that cannot be completed goes back; what stood in the status before stays.
      std::vector<IpAddress> back;
      for (const api::AddressClaim& claim : taken)
        back.push_back(IpAddress::parse(claim.spec.address).value());
      TRY(give_back(ip, space, back, ctx));
      out.refusal = std::move(plan.refusal);
      out.addresses = book_.held_by(space, ip.metadata.uid, prefer);
      return out;
    }
    for (api::AddressClaim& claim : taken) TRY(claims_.publish(ctx, std::move(claim)));
    TRY(give_back(ip, space, plan.release, ctx));
    out.addresses = plan.keep;
    for (const Choice& choice : plan.take) out.addresses.push_back(choice.address);
    sort_by_families(out.addresses, want->families);
    return out;
  }
  return kube::fail(Code::kConflict, "others took {} addresses before us: trying again", kAttempts);
}

/// False: somebody was faster with one of them; what was taken is noted as ours.
Result<bool> TrafficIPController::take(const api::TrafficIP& ip, const NetworkView& network,
                                       const std::vector<Choice>& choices,
                                       std::vector<api::AddressClaim>& taken, const Context& ctx) {
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
      taken.push_back(std::move(*claim));
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

Result<void> TrafficIPController::give_back(const api::TrafficIP& ip, const std::string& space,
                                            const std::vector<IpAddress>& addresses,
                                            const Context& ctx) {
  for (const IpAddress& address : addresses)
    TRY(claims_.release(ctx, claim_name(space, address), ip.metadata.uid));
  return {};
}

Result<kube::Outcome> TrafficIPController::release_all(const api::TrafficIP& ip,
                                                       const Context& ctx) {
  if (std::ranges::find(ip.metadata.finalizers, api::kAddressFinalizer) ==
      ip.metadata.finalizers.end())
    return kube::Outcome::done();
  // The claims' own word, not the book's: the Network may be gone, and with it the space's name.
  for (const auto& claim : caches_.claims.by_index("holder", ip.metadata.uid))
    TRY(claims_.release(ctx, claim->metadata.name, ip.metadata.uid));
  const std::string space = space_of(ip);
  TRY(give_back(ip, space, book_.held_by(space, ip.metadata.uid, {}), ctx));
  TRY(kube::remove_finalizer(client_, ctx, ip, std::string(api::kAddressFinalizer)));
  return kube::Outcome::done();
}

api::TrafficIPStatus TrafficIPController::status_of(const api::TrafficIP& ip,
                                                    const Outcome& outcome) const {
  api::TrafficIPStatus out;
  out.observed_generation = ip.metadata.generation;
  for (const IpAddress& address : outcome.addresses) {
    out.addresses.push_back(address.str());
    out.summary.addresses += (out.summary.addresses.empty() ? "" : ",") + address.str();
  }
  api::Condition allocated{
      .type = "Allocated", .status = "True", .observed_generation = ip.metadata.generation};
  allocated.reason = "Allocated";
  allocated.message = fmt::format("holds {}", out.summary.addresses);
  if (outcome.refusal) {
    // What is held stays held, whatever else is asked for now.
    allocated.status = outcome.addresses.empty() ? "False" : "True";
    allocated.reason = outcome.refusal->reason;
    allocated.message = outcome.refusal->message;
  }
  api::Condition bound{
      .type = "Bound", .status = "False", .observed_generation = ip.metadata.generation};
  bound.reason = "NoTarget";
  bound.message = "a standing claim: no consumer is named in spec.targetRef";
  if (ip.spec.target_ref) {
    out.summary.target = fmt::format("{}/{}", ip.spec.target_ref->kind, ip.spec.target_ref->name);
    bound.reason = "TargetNotReady";
    bound.message = fmt::format("{} does not show the address yet", out.summary.target);
    const auto service = caches_.services.get({ip.metadata.namespace_, ip.spec.target_ref->name});
    if (ip.spec.target_ref->kind == "Service" && service && !out.addresses.empty()) {
      const auto& ingress = service->status.load_balancer.ingress;
      if (std::ranges::all_of(out.addresses, [&](const std::string& a) {
            return std::ranges::find(ingress, a, &api::LoadBalancerIngress::ip) != ingress.end();
          })) {
        bound.status = "True";
        bound.reason = "Bound";
        bound.message = fmt::format("{} uses the address", out.summary.target);
      }
    }
  }
  out.conditions = ours(ip.status.conditions);
  kube::set_condition(out.conditions, allocated, client_.clock());
  kube::set_condition(out.conditions, bound, client_.clock());
  return out;
}

Result<void> TrafficIPController::report(const api::TrafficIP& ip, const Outcome& outcome,
                                         const Context& ctx) {
  api::TrafficIP wanted;
  wanted.metadata = ip.metadata;
  wanted.status = status_of(ip, outcome);
  api::TrafficIPStatus present = ip.status;  // without what others say: Advertised
  std::erase_if(present.conditions,
                [](const api::Condition& c) { return c.type != "Allocated" && c.type != "Bound"; });
  if (present == wanted.status) return {};
  TRY(client_.apply_status<api::TrafficIP>(ctx, api::encode_part(wanted, {"status"}),
                                           {.uid = ip.metadata.uid}));
  return {};
}

}  // namespace nanika::network
