#include "apiserver/loops/service_endpoints.h"

#include <algorithm>

#include "apiserver/loops/slices.h"

namespace nanika::apiserver::loops {

namespace {

constexpr std::string_view kManager = "endpointslice-controller.k8s.io";
constexpr std::string_view kEndpointsManagedBy = "endpoints.kubernetes.io/managed-by";

using Selector = std::vector<std::pair<std::string, std::string>>;

Selector selector_of(const json::value& service) {
  Selector out;
  if (!selects_pods(service)) return out;
  for (const auto& [key, value] : base::find(service, "spec", "selector")->get_object())
    if (value.is_string()) out.emplace_back(key, value.get_string());
  return out;
}

bool matches(const Selector& selector, const store::Pairs& labels) {
  return !selector.empty() && std::ranges::all_of(selector, [&](const auto& pair) {
    const std::string* held = labels.find(pair.first);
    return held != nullptr && *held == pair.second;
  });
}

std::pair<std::string, std::string> split(const std::string& key) {
  size_t slash = key.find('/');
  return {key.substr(0, slash), key.substr(slash + 1)};
}

}  // namespace

void ServiceEndpoints::begin(Feed& feed, KeyQueue& queue) {
  feed.watch(api_.id(kServices), [this, &queue](const Seen& seen) {
    note_service(seen);
    queue.add(seen.any().path());
  });
  feed.watch(api_.id(kPods), [this, &queue](const Seen& seen) {
    add_services_of(seen.before, queue);
    add_services_of(seen.after, queue);
  });
  // Ours that somebody else changed or deleted.
  feed.watch(api_.id(kEndpointSlices), [&queue](const Seen& seen) {
    const std::string* manager = seen.any().meta().labels.find(kManagedByLabel);
    const std::string* service = seen.any().meta().labels.find(kServiceNameLabel);
    if (manager != nullptr && service != nullptr && *manager == kManager)
      queue.add(store::path_of(seen.any().ns(), *service));
  });
  // Without a Service of their name they are somebody's own: only what we wrote is put right.
  feed.watch(api_.id(kEndpoints), [&queue](const Seen& seen) {
    bool ours = seen.any().meta().labels.find(kEndpointsManagedBy) != nullptr;
    if (seen.after == nullptr || ours) queue.add(seen.any().path());
  });
}

void ServiceEndpoints::note_service(const Seen& seen) {
  Selector selector;
  if (seen.after != nullptr)
    if (auto service = parse(*seen.after)) selector = selector_of(*service);
  std::lock_guard lock(mutex_);
  auto& of_namespace = selectors_[std::string(seen.any().ns())];
  if (selector.empty()) {
    of_namespace.erase(std::string(seen.any().name()));
  } else {
    of_namespace[std::string(seen.any().name())] = std::move(selector);
  }
  if (of_namespace.empty()) selectors_.erase(std::string(seen.any().ns()));
}

void ServiceEndpoints::add_services_of(const store::Object* pod, KeyQueue& queue) {
  if (pod == nullptr) return;
  std::lock_guard lock(mutex_);
  auto it = selectors_.find(pod->ns());
  if (it == selectors_.end()) return;
  for (const auto& [name, selector] : it->second)
    if (matches(selector, pod->meta().labels)) queue.add(store::path_of(pod->ns(), name));
}

std::string ServiceEndpoints::zone_of(std::string_view node) const {
  if (node.empty()) return "";
  store::ObjectPtr found = api_.find(kNodes, "", node);
  const std::string* zone =
      found ? found->meta().labels.find("topology.kubernetes.io/zone") : nullptr;
  return zone != nullptr ? *zone : "";
}

base::Result<base::Duration> ServiceEndpoints::reconcile(const std::string& key) {
  auto [ns, name] = split(key);
  store::ObjectPtr found = api_.find(kServices, ns, name);
  if (!found) {
    for (const json::value& slice : TRY(managed_slices(api_, ns, name, kManager)))
      TRY(api_.remove(kEndpointSlices, ns, base::find_string(slice, "metadata", "name")));
    TRY(api_.remove(kEndpoints, ns, name));
    return base::Duration(0);
  }
  json::value service = TRY(parse(*found));
  Selector selector = selector_of(service);
  // Without a selector the endpoints are somebody else's to write.
  if (selector.empty() || found->meta().deleting || !api_.lives(ns)) return base::Duration(0);

  std::vector<json::value> pods;
  for (const store::ObjectPtr& object : api_.list(kPods, ns, [&](const store::Object& pod) {
         return matches(selector, pod.meta().labels);
       }))
    pods.push_back(TRY(parse(*object)));
  std::vector<Backend> backends;
  for (const json::value& pod : pods)
    backends.push_back({&pod, zone_of(base::find_string(pod, "spec", "nodeName"))});

  json::object labels = slice_labels(service, is_headless(service), name, kManager);
  SlicePlan plan = plan_slices(groups_of(service, backends),
                               TRY(managed_slices(api_, ns, name, kManager)), labels);
  TRY(apply_slices(api_, plan, service, labels));
  TRY(write_endpoints(service, backends));
  return base::Duration(0);
}

Result<void> ServiceEndpoints::write_endpoints(const json::value& service,
                                               const std::vector<Backend>& backends) {
  std::string ns(base::find_string(service, "metadata", "namespace"));
  std::string name(base::find_string(service, "metadata", "name"));
  json::object labels;
  const json::value* own = base::find(service, "metadata", "labels");
  if (own != nullptr && own->is_object()) labels = own->get_object();
  labels.erase(kHeadlessLabel);
  if (is_headless(service)) labels[kHeadlessLabel] = "";
  labels[kEndpointsManagedBy] = "endpoint-controller";
  json::array subsets = subsets_of(service, backends);

  if (!api_.find(kEndpoints, ns, name)) {
    json::object meta{{"name", name}, {"namespace", ns}, {"labels", labels}};
    json::object object{{"apiVersion", "v1"}, {"kind", "Endpoints"}};
    object["metadata"] = std::move(meta);
    object["subsets"] = std::move(subsets);
    TRY(api_.create(kEndpoints, ns, std::move(object)));
    return {};
  }
  return api_.update(kEndpoints, ns, name, "", [&](json::value& object) -> Result<void> {
    metadata(object)["labels"] = labels;
    if (subsets.empty()) {
      object.as_object().erase("subsets");
    } else {
      object.as_object()["subsets"] = subsets;
    }
    return {};
  });
}

}  // namespace nanika::apiserver::loops
