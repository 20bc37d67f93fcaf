#include "apiserver/loops/endpoints_mirroring.h"

#include <map>

#include "apiserver/loops/slices.h"

namespace nanika::apiserver::loops {

namespace {

constexpr std::string_view kManager = "endpointslicemirroring-controller.k8s.io";
constexpr std::string_view kSkip = "endpointslice.kubernetes.io/skip-mirror";
constexpr std::string_view kLeader = "control-plane.alpha.kubernetes.io/leader";

bool wants_mirror(const json::value& endpoints) {
  const json::value* labels = base::find(endpoints, "metadata", "labels");
  if (labels != nullptr && base::find_string(*labels, kSkip) == "true") return false;
  const json::value* annotations = base::find(endpoints, "metadata", "annotations");
  return annotations == nullptr || base::find(*annotations, kLeader) == nullptr;
}

bool has_selector(const json::value& service) {
  const json::value* selector = base::find(service, "spec", "selector");
  return selector != nullptr && selector->is_object() && !selector->get_object().empty();
}

json::object mirrored(const json::value& address, bool ready) {
  json::array addresses;
  addresses.emplace_back(base::find_string(address, "ip"));
  json::object out{{"conditions", {{"ready", ready}}}};
  out["addresses"] = std::move(addresses);
  for (const char* key : {"hostname", "nodeName", "targetRef"})
    if (const json::value* value = base::find(address, key)) out[key] = *value;
  return out;
}

std::vector<BackendGroup> groups_of_subsets(const json::value& endpoints) {
  std::map<std::string, BackendGroup> groups;
  for (const json::value& subset : array_of(endpoints, "subsets")) {
    json::array ports = array_of(subset, "ports");
    for (json::value& port : ports)
      if (base::find(port, "name") == nullptr) port.as_object()["name"] = "";
    for (bool ready : {true, false}) {
      for (const json::value& address :
           array_of(subset, ready ? "addresses" : "notReadyAddresses")) {
        std::string type = base::find_string(address, "ip").contains(':') ? "IPv6" : "IPv4";
        BackendGroup& group = groups[type + base::to_json(ports)];
        group.address_type = type;
        group.ports = ports;
        group.endpoints.push_back(mirrored(address, ready));
      }
    }
  }
  std::vector<BackendGroup> out;
  for (auto& [key, group] : groups) out.push_back(std::move(group));
  return out;
}

}  // namespace

void EndpointsMirroring::begin(Feed& feed, KeyQueue& queue) {
  auto add = [&queue](const Seen& seen) { queue.add(seen.any().path()); };
  feed.watch(api_.id(kEndpoints), add);
  feed.watch(api_.id(kServices), add);
  feed.watch(api_.id(kEndpointSlices), [&queue](const Seen& seen) {
    const std::string* manager = seen.any().meta().labels.find(kManagedByLabel);
    const std::string* service = seen.any().meta().labels.find(kServiceNameLabel);
    if (manager != nullptr && service != nullptr && *manager == kManager)
      queue.add(store::path_of(seen.any().ns(), *service));
  });
}

base::Result<base::Duration> EndpointsMirroring::reconcile(const std::string& key) {
  size_t slash = key.find('/');
  std::string ns = key.substr(0, slash);
  std::string name = key.substr(slash + 1);
  std::vector<json::value> slices = TRY(managed_slices(api_, ns, name, kManager));
  store::ObjectPtr service = api_.find(kServices, ns, name);
  store::ObjectPtr found = api_.find(kEndpoints, ns, name);
  json::value endpoints = found ? TRY(parse(*found)) : json::value();
  if (!api_.lives(ns)) return base::Duration(0);
  bool mirror = service && found && !found->meta().deleting && wants_mirror(endpoints) &&
                !has_selector(TRY(parse(*service)));
  json::object labels =
      slice_labels(endpoints, service && is_headless(TRY(parse(*service))), name, kManager);
  std::vector<BackendGroup> groups;
  if (mirror) groups = groups_of_subsets(endpoints);
  SlicePlan plan = plan_slices(std::move(groups), slices, labels);
  if (mirror) {
    TRY(apply_slices(api_, plan, endpoints, labels));
  } else {
    for (const std::string& gone : plan.remove) TRY(api_.remove(kEndpointSlices, ns, gone));
  }
  return base::Duration(0);
}

}  // namespace nanika::apiserver::loops
