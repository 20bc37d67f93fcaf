#include "apiserver/loops/slices.h"

namespace nanika::apiserver::loops {

namespace {

bool has_label(const store::Object& object, std::string_view name, std::string_view value) {
  const std::string* held = object.meta().labels.find(name);
  return held != nullptr && *held == value;
}

json::object new_slice(const SlicePlan::Slice& slice, const json::value& owner,
                       const json::object& labels) {
  std::string name(base::find_string(owner, "metadata", "name"));
  json::object reference{{"apiVersion", base::find_string(owner, "apiVersion")},
                         {"kind", base::find_string(owner, "kind")},
                         {"name", name},
                         {"uid", base::find_string(owner, "metadata", "uid")},
                         {"controller", true},
                         {"blockOwnerDeletion", true}};
  json::array references;
  references.push_back(std::move(reference));
  json::object meta{{"generateName", name + "-"},
                    {"namespace", base::find_string(owner, "metadata", "namespace")},
                    {"labels", labels}};
  meta["ownerReferences"] = std::move(references);
  json::object out{{"apiVersion", "discovery.k8s.io/v1"},
                   {"kind", "EndpointSlice"},
                   {"addressType", slice.address_type}};
  out["metadata"] = std::move(meta);
  out["endpoints"] = slice.endpoints;
  out["ports"] = slice.ports;
  return out;
}

}  // namespace

Result<std::vector<json::value>> managed_slices(const Api& api, std::string_view ns,
                                                std::string_view service,
                                                std::string_view manager) {
  auto ours = [&](const store::Object& object) {
    return has_label(object, kServiceNameLabel, service) &&
           has_label(object, kManagedByLabel, manager) && !object.meta().deleting;
  };
  std::vector<json::value> out;
  for (const store::ObjectPtr& object : api.list(kEndpointSlices, ns, ours))
    out.push_back(TRY(parse(*object)));
  return out;
}

json::object slice_labels(const json::value& owner, bool headless, std::string_view service,
                          std::string_view manager) {
  json::object out;
  const json::value* labels = base::find(owner, "metadata", "labels");
  if (labels != nullptr && labels->is_object()) out = labels->get_object();
  for (std::string_view reserved : {kServiceNameLabel, kManagedByLabel, kHeadlessLabel})
    out.erase(reserved);
  if (headless) out[kHeadlessLabel] = "";
  out[kServiceNameLabel] = service;
  out[kManagedByLabel] = manager;
  return out;
}

Result<void> apply_slices(Api& api, const SlicePlan& plan, const json::value& owner,
                          const json::object& labels) {
  std::string_view ns = base::find_string(owner, "metadata", "namespace");
  for (const SlicePlan::Slice& slice : plan.create)
    TRY(api.create(kEndpointSlices, ns, new_slice(slice, owner, labels)));
  for (const SlicePlan::Slice& slice : plan.update)
    TRY(api.update(kEndpointSlices, ns, slice.name, "", [&](json::value& object) -> Result<void> {
      object.as_object()["endpoints"] = slice.endpoints;
      metadata(object)["labels"] = labels;
      return {};
    }));
  for (const std::string& name : plan.remove) TRY(api.remove(kEndpointSlices, ns, name));
  return {};
}

}  // namespace nanika::apiserver::loops
