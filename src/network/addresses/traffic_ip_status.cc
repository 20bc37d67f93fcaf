#include "network/addresses/traffic_ip_status.h"

#include <algorithm>

#include "kube/conditions.h"

namespace nanika::network {

namespace {

api::Condition condition(const api::TrafficIP& ip, std::string type, bool holds) {
  return {.type = std::move(type),
          .status = holds ? "True" : "False",
          .observed_generation = ip.metadata.generation};
}

bool shows_all(const api::Service& service, const std::vector<std::string>& addresses) {
  const auto& ingress = service.status.load_balancer.ingress;
  return !addresses.empty() && std::ranges::all_of(addresses, [&](const std::string& a) {
    return std::ranges::find(ingress, a, &api::LoadBalancerIngress::ip) != ingress.end();
  });
}

api::Condition bound_of(const api::TrafficIP& ip, const api::TrafficIPStatus& status,
                        const api::Service* target) {
  api::Condition out = condition(ip, "Bound", false);
  if (!ip.spec.target_ref) {
    out.reason = "NoTarget";
    out.message = "a standing claim: no consumer is named in spec.targetRef";
  } else if (target != nullptr && ip.spec.target_ref->kind == "Service" &&
             shows_all(*target, status.addresses)) {
    out.status = "True";
    out.reason = "Bound";
    out.message = fmt::format("{} uses the address", status.summary.target);
  } else {
    out.reason = "TargetNotReady";
    out.message = fmt::format("{} does not show the address yet", status.summary.target);
  }
  return out;
}

}  // namespace

api::TrafficIPStatus status_of(const api::TrafficIP& ip, const std::vector<IpAddress>& addresses,
                               const std::optional<Refusal>& refusal, const api::Service* target,
                               const base::Clock& clock) {
  api::TrafficIPStatus out;
  out.observed_generation = ip.metadata.generation;
  for (const IpAddress& address : addresses) {
    out.addresses.push_back(address.str());
    out.summary.addresses += (out.summary.addresses.empty() ? "" : ",") + address.str();
  }
  if (ip.spec.target_ref)
    out.summary.target = fmt::format("{}/{}", ip.spec.target_ref->kind, ip.spec.target_ref->name);
  // What is held stays held, whatever else is asked for now.
  api::Condition allocated = condition(ip, "Allocated", !refusal || !addresses.empty());
  allocated.reason = refusal ? refusal->reason : "Allocated";
  allocated.message = refusal ? refusal->message : fmt::format("holds {}", out.summary.addresses);
  out.conditions = ours(ip.status).conditions;
  kube::set_condition(out.conditions, allocated, clock);
  kube::set_condition(out.conditions, bound_of(ip, out, target), clock);
  return out;
}

api::TrafficIPStatus status_when_released(const api::TrafficIP& ip, const base::Clock& clock) {
  return status_of(ip, {},
                   Refusal{"Released", "it is being deleted: its addresses were given back"},
                   nullptr, clock);
}

api::TrafficIPStatus ours(api::TrafficIPStatus status) {
  std::erase_if(status.conditions,
                [](const api::Condition& c) { return c.type != "Allocated" && c.type != "Bound"; });
  return status;
}

std::vector<IpAddress> parse_addresses(const std::vector<std::string>& texts) {
  std::vector<IpAddress> out;
  for (const std::string& text : texts)
    if (auto address = IpAddress::parse(text)) out.push_back(*address);
  return out;
}

}  // namespace nanika::network
