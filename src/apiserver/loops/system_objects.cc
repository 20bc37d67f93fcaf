#include "apiserver/loops/system_objects.h"

namespace nanika::apiserver::loops {

namespace {

constexpr std::string_view kSystemNamespaces[] = {"kube-system", "default", "kube-public",
                                                  "kube-node-lease"};
constexpr std::string_view kKey = "all";

}  // namespace

void SystemObjects::begin(Feed& feed, KeyQueue& queue) {
  queue.add(std::string(kKey));
  auto watch = [&](const Ref& ref, std::string_view ns, std::string_view name) {
    feed.watch(api_.id(ref), [&queue, ns, name](const Seen& seen) {
      if (seen.any().ns() == ns && (name.empty() || seen.any().name() == name))
        queue.add(std::string(kKey));
    });
  };
  watch(kNamespaces, "", "");
  watch(kServices, "default", "kubernetes");
  watch(kEndpoints, "default", "kubernetes");
  watch(kEndpointSlices, "default", "kubernetes");
  watch(kConfigMaps, "kube-public", "nanika");
}

base::Result<base::Duration> SystemObjects::reconcile(const std::string&) {
  for (std::string_view name : kSystemNamespaces) {
    if (api_.find(kNamespaces, "", name)) continue;
    auto made =
        api_.create(kNamespaces, "",
                    {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", name}}}});
    if (!made && made.error().code != Code::kAlreadyExists) return std::unexpected(made.error());
  }
  TRY(ensure_identity());
  TRY(ensure_service());
  TRY(ensure_endpoints());
  return base::Duration(0);
}

Result<void> SystemObjects::ensure(const Ref& ref, std::string_view ns, json::value wanted) {
  std::string name(base::find_string(wanted, "metadata", "name"));
  store::ObjectPtr found = api_.find(ref, ns, name);
  if (!found) {
    TRY(api_.create(ref, ns, std::move(wanted)));
    return {};
  }
  json::value live = TRY(parse(*found));
  bool same = true;
  for (const auto& [key, value] : wanted.as_object()) {
    const json::value* held = base::find(live, key);
    same = same && (key == "metadata" || (held != nullptr && base::json_equal(*held, value)));
  }
  if (same) return {};
  return api_.update(ref, ns, name, "", [&](json::value& object) -> Result<void> {
    for (const auto& [key, value] : wanted.as_object())
      if (key != "metadata") object.as_object()[key] = value;
    return {};
  });
}

Result<void> SystemObjects::ensure_identity() {
  store::ObjectPtr system = api_.find(kNamespaces, "", "kube-system");
  if (!system) return fail(Code::kNotFound, "namespace kube-system is gone");
  return ensure(
      kConfigMaps, "kube-public",
      {{"apiVersion", "v1"},
       {"kind", "ConfigMap"},
       {"metadata", {{"name", "nanika"}, {"namespace", "kube-public"}}},
       {"data", {{"mode", "embedded"}, {"version", options_.version}, {"uid", system->uid()}}}});
}

Result<void> SystemObjects::ensure_service() {
  // Defaults and addresses are the API's to fill, so an existing Service is left as it is.
  if (api_.find(kServices, "default", "kubernetes")) return {};
  json::object spec{
      {"type", "ClusterIP"},
      {"sessionAffinity", "None"},
      {"ports",
       {{{"name", "https"}, {"protocol", "TCP"}, {"port", 443}, {"targetPort", options_.port}}}}};
  if (!options_.service_ip.empty()) {
    spec["clusterIP"] = options_.service_ip;
    spec["clusterIPs"] = json::array{json::value(options_.service_ip)};
  }
  TRY(api_.create(kServices, "default",
                  {{"apiVersion", "v1"},
                   {"kind", "Service"},
                   {"metadata",
                    {{"name", "kubernetes"},
                     {"namespace", "default"},
                     {"labels", {{"component", "apiserver"}, {"provider", "kubernetes"}}}}},
                   {"spec", std::move(spec)}}));
  return {};
}

Result<void> SystemObjects::ensure_endpoints() {
  if (options_.advertise_address.empty()) return {};
  bool v6 = options_.advertise_address.contains(':');
  json::object port{{"name", "https"}, {"port", options_.port}, {"protocol", "TCP"}};
  TRY(ensure(
      kEndpoints, "default",
      {{"apiVersion", "v1"},
       {"kind", "Endpoints"},
       {"metadata",
        {{"name", "kubernetes"},
         {"namespace", "default"},
         {"labels", {{"endpointslice.kubernetes.io/skip-mirror", "true"}}}}},
       {"subsets", json::array{{{"addresses", json::array{{{"ip", options_.advertise_address}}}},
                                {"ports", json::array{port}}}}}}));
  return ensure(kEndpointSlices, "default",
                {{"apiVersion", "discovery.k8s.io/v1"},
                 {"kind", "EndpointSlice"},
                 {"metadata",
                  {{"name", "kubernetes"},
                   {"namespace", "default"},
                   {"labels", {{"kubernetes.io/service-name", "kubernetes"}}}}},
                 {"addressType", v6 ? "IPv6" : "IPv4"},
                 {"endpoints",
                  json::array{{{"addresses", json::array{json::value(options_.advertise_address)}},
                               {"conditions", {{"ready", true}}}}}},
                 {"ports", json::array{port}}});
}

}  // namespace nanika::apiserver::loops
