#include "network/addresses/service_controller.h"

#include <algorithm>

#include "kube/conditions.h"
#include "kube/finalizers.h"

namespace nanika::network {

namespace {

using kube::Code;
using kube::Context;
using kube::Key;
using kube::Result;

constexpr std::string_view kAllocated = "nanika.dev/Allocated";

/// The Service's condition of ours, as it stands.
std::vector<api::Condition> ours(std::vector<api::Condition> conditions) {
  std::erase_if(conditions, [](const api::Condition& c) { return c.type != kAllocated; });
  return conditions;
}

bool targets(const api::TrafficIP& ip, const api::Service& service) {
  return ip.spec.target_ref && ip.spec.target_ref->kind == "Service" &&
         ip.spec.target_ref->name == service.metadata.name;
}

std::string made_name(const api::Service& service) {
  return "svc-" + service.metadata.name;
}

/// It shows an address that is not among these.
bool takes_away(const api::Service& service, const std::vector<std::string>& addresses) {
  return std::ranges::any_of(service.status.load_balancer.ingress,
                             [&](const api::LoadBalancerIngress& ingress) {
                               return std::ranges::find(addresses, ingress.ip) == addresses.end();
                             });
}

/// What an apply of ours wrote; another controller's ingress has other addresses.
bool shows(const api::Service& service, const std::vector<api::LoadBalancerIngress>& wanted) {
  return service.status.load_balancer.ingress == wanted;
}

}  // namespace

ServiceController::ServiceController(const kube::Client& client, const AddressCaches& caches,
                                     kube::EventRecorder& events, bool default_class)
    : client_(client.as("nanika-services")),
      caches_(caches),
      events_(events),
      default_class_(default_class) {}

Result<kube::Outcome> ServiceController::reconcile(const Key& key, const Context& ctx) {
  const auto service = caches_.services.get(key);
  if (!service) return kube::Outcome::done();
  if (service->metadata.deleting() || !serves(*service, default_class_)) {
    TRY(let_go(*service, ctx));
    return kube::Outcome::done();
  }
  const auto networks = caches_.networks.list();
  std::vector<const api::Network*> plain;
  for (const auto& network : networks) plain.push_back(network.get());
  const ServiceIntent intent = plan_service(*service, plain);
  const auto live =
      TRY(kube::add_finalizer(client_, ctx, *service, std::string(api::kAddressFinalizer)));
  if (intent.wanted) TRY(apply_traffic_ip(*intent.wanted, ctx));
  auto ip = caches_.ips.get({key.namespace_, intent.traffic_ip});
  if (takes_away(live, addresses_of(live, ip.get())))
    ip = TRY(ask(key.namespace_, intent.traffic_ip, ctx));
  const api::Condition allocated = judge(live, intent, ip.get());
  TRY(report(live, addresses_of(live, ip.get()), allocated, ctx));
  bool gone = true;
  if (allocated.status == "True" && intent.traffic_ip != made_name(live))
    TRY(remove_made(live, ctx, gone));  // a standing one serves instead
  return kube::Outcome::done();
}

/// The TrafficIP as it is to be; one of that name that is not ours is left alone.
Result<void> ServiceController::apply_traffic_ip(const api::TrafficIP& wanted, const Context& ctx) {
  const auto present = caches_.ips.get(kube::key_of(wanted.metadata));
  if (present && present->metadata.deleting()) return {};  // it is made anew once it is gone
  if (present && present->spec.target_ref != wanted.spec.target_ref)
    return kube::fail(Code::kAlreadyExists,
                      "TrafficIP {} exists and serves another target: rename one of the two",
                      wanted.metadata.key());
  if (present && present->spec == wanted.spec &&
      present->metadata.owner_references == wanted.metadata.owner_references)
    return {};
  api::json::object body = api::encode_part(wanted, {"spec"});
  body["metadata"] = api::encode(wanted)["metadata"];
  TRY(client_.apply<api::TrafficIP>(ctx, std::move(body),
                                    {.uid = present ? present->metadata.uid : std::string()}));
  return {};
}

api::Condition ServiceController::judge(const api::Service& service, const ServiceIntent& intent,
                                        const api::TrafficIP* ip) const {
  api::Condition out{.type = std::string(kAllocated), .status = "False"};
  if (intent.refusal) {
    out.reason = intent.refusal->reason;
    out.message = intent.refusal->message;
    return out;
  }
  const bool foreign = ip != nullptr && !targets(*ip, service);
  if (ip == nullptr && !intent.wanted) {
    out.reason = "InvalidRequest";
    out.message = fmt::format(
        "annotation network.nanika.dev/traffic-ip: TrafficIP {} does not exist in this namespace",
        intent.traffic_ip);
  } else if (foreign) {
    out.reason = "AddressInUse";
    out.message =
        fmt::format("TrafficIP {} has another target: set its spec.targetRef to this Service",
                    intent.traffic_ip);
  } else if (const auto* allocated =
                 ip ? kube::find_condition(ip->status.conditions, "Allocated") : nullptr) {
    out.status = allocated->status;
    out.reason = allocated->reason;
    out.message = allocated->message;
  } else {
    out.status = "Unknown";
    out.reason = "Pending";
    out.message = fmt::format("TrafficIP {} is being served", intent.traffic_ip);
  }
  return out;
}

Result<void> ServiceController::report(const api::Service& service,
                                       const std::vector<std::string>& addresses,
                                       const api::Condition& allocated, const Context& ctx) {
  api::Service wanted;
  wanted.metadata = service.metadata;
  wanted.status.load_balancer.ingress = ingress_of(service, addresses);
  wanted.status.conditions = ours(service.status.conditions);
  kube::set_condition(wanted.status.conditions, allocated, client_.clock());
  if (shows(service, wanted.status.load_balancer.ingress) &&
      ours(service.status.conditions) == wanted.status.conditions)
    return {};
  const api::Condition* before = kube::find_condition(service.status.conditions, kAllocated);
  if (before == nullptr || before->reason != allocated.reason ||
      before->message != allocated.message) {
    if (allocated.status == "True") events_.normal(service, allocated.reason, allocated.message);
    if (allocated.status == "False") events_.warning(service, allocated.reason, allocated.message);
  }
  TRY(client_.apply_status<api::Service>(
      ctx, api::encode_part(wanted, {"status"}),
      {.uid = service.metadata.uid, .resource_version = service.metadata.resource_version}));
  return {};
}

/// By the API: a cache that lags may not take an address from a Service.
Result<std::shared_ptr<const api::TrafficIP>> ServiceController::ask(const std::string& namespace_,
                                                                     const std::string& name,
                                                                     const Context& ctx) const {
  auto ip = client_.get<api::TrafficIP>(ctx, {namespace_, name});
  if (ip) return std::make_shared<const api::TrafficIP>(std::move(*ip));
  if (ip.error().code == Code::kNotFound) return nullptr;
  return std::unexpected(ip.error());
}

/// The TrafficIP that we made for it and that goes with it, or null.
std::shared_ptr<const api::TrafficIP> ServiceController::made_for(
    const api::Service& service) const {
  auto ip = caches_.ips.get({service.metadata.namespace_, made_name(service)});
  const api::OwnerReference* owner = ip ? kube::controller_of(ip->metadata) : nullptr;
  return owner != nullptr && owner->uid == service.metadata.uid ? ip : nullptr;
}

/// What the Service is to show: what its TrafficIP holds. Once published an address stays: where a
/// new request comes to nothing, the old one's TrafficIP still holds it.
std::vector<std::string> ServiceController::addresses_of(const api::Service& service,
                                                         const api::TrafficIP* ip) const {
  if (ip != nullptr && targets(*ip, service) && !ip->status.addresses.empty())
    return ip->status.addresses;
  const auto made = made_for(service);
  return made ? made->status.addresses : std::vector<std::string>{};
}

/// Takes away what we made for the Service, then our marks on it.
Result<void> ServiceController::let_go(const api::Service& service, const Context& ctx) {
  if (!kube::has_finalizer(service.metadata, api::kAddressFinalizer)) return {};
  api::Service live = service;
  const bool stays = !service.metadata.deleting() || service.metadata.finalizers.size() > 1;
  if (stays && kube::find_condition(service.status.conditions, kAllocated) != nullptr) {
    // What we said in its status goes before the address does, what others said stays.
    api::Service empty;
    empty.metadata = service.metadata;
    live = TRY(client_.apply_status<api::Service>(ctx, api::encode_part(empty, {}),
                                                  {.uid = service.metadata.uid}));
  }
  bool gone = true;
  TRY(remove_made(service, ctx, gone));
  if (!gone) return {};  // the TrafficIP's end wakes us again
  return kube::remove_finalizer(client_, ctx, live, std::string(api::kAddressFinalizer));
}

Result<void> ServiceController::remove_made(const api::Service& service, const Context& ctx,
                                            bool& gone) {
  const auto ip = made_for(service);
  if (!ip || ip->spec.reclaim_policy == api::ReclaimPolicy::kRetain) return {};
  gone = false;
  if (ip->metadata.deleting()) return {};
  auto removed =
      client_.remove<api::TrafficIP>(ctx, kube::key_of(ip->metadata), {.uid = ip->metadata.uid});
  if (!removed && removed.error().code != Code::kNotFound) return removed;
  return {};
}

}  // namespace nanika::network
