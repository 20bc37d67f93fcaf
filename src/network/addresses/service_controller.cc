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
  TRY(kube::add_finalizer(client_, ctx, *service, std::string(api::kAddressFinalizer)));
  if (intent.wanted) TRY(apply_traffic_ip(*intent.wanted, ctx));
  const auto ip = caches_.ips.get({key.namespace_, intent.traffic_ip});
  const api::Condition allocated = judge(*service, intent, ip.get());
  // Once published an address stays: a wrong new request does not take the old one away.
  TRY(report(*service, ip ? ip->status.addresses : std::vector<std::string>{}, allocated, ctx));
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
  const bool foreign =
      ip != nullptr && (!ip->spec.target_ref || ip->spec.target_ref->kind != "Service" ||
                        ip->spec.target_ref->name != service.metadata.name);
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
  if (allocated.status == "True") {
    wanted.status.load_balancer.ingress = ingress_of(service, addresses);
  } else if (kube::is_true(service.status.conditions, kAllocated)) {
    wanted.status.load_balancer = service.status.load_balancer;
  }
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
  TRY(client_.apply_status<api::Service>(ctx, api::encode_part(wanted, {"status"}),
                                         {.uid = service.metadata.uid}));
  return {};
}

/// Takes away what we made for the Service, then our marks on it.
Result<void> ServiceController::let_go(const api::Service& service, const Context& ctx) {
  if (!kube::has_finalizer(service.metadata, api::kAddressFinalizer)) return {};
  bool gone = true;
  TRY(remove_made(service, ctx, gone));
  if (!gone) return {};  // the TrafficIP's end wakes us again
  if (!service.metadata.deleting()) {
    // Its type or class changed: what we said in its status goes, what others said stays.
    api::Service empty;
    empty.metadata = service.metadata;
    TRY(client_.apply_status<api::Service>(ctx, api::encode_part(empty, {}),
                                           {.uid = service.metadata.uid}));
  }
  return kube::remove_finalizer(client_, ctx, service, std::string(api::kAddressFinalizer));
}

Result<void> ServiceController::remove_made(const api::Service& service, const Context& ctx,
                                            bool& gone) {
  const auto ip = caches_.ips.get({service.metadata.namespace_, "svc-" + service.metadata.name});
  if (!ip || ip->spec.reclaim_policy == api::ReclaimPolicy::kRetain) return {};
  const api::OwnerReference* owner = kube::controller_of(ip->metadata);
  if (owner == nullptr || owner->uid != service.metadata.uid) return {};
  gone = false;
  if (ip->metadata.deleting()) return {};
  auto removed =
      client_.remove<api::TrafficIP>(ctx, kube::key_of(ip->metadata), {.uid = ip->metadata.uid});
  if (!removed && removed.error().code != Code::kNotFound) return removed;
  return {};
}

}  // namespace nanika::network
