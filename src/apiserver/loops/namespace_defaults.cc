#include "apiserver/loops/namespace_defaults.h"

namespace nanika::apiserver::loops {

namespace {

constexpr std::string_view kAccount = "default";
constexpr std::string_view kRootCa = "kube-root-ca.crt";
constexpr std::string_view kDescriptionKey = "kubernetes.io/description";
constexpr std::string_view kDescription =
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal "
    "endpoints such as the internal service IP or kubernetes.default.svc. No other usage is "
    "guaranteed across distributions of Kubernetes clusters.";

/// Somebody else made it, or the namespace went meanwhile: both are fine.
Result<void> settled(Result<json::value> created) {
  if (created || created.error().code == Code::kAlreadyExists) return {};
  return std::unexpected(created.error());
}

}  // namespace

void NamespaceDefaults::begin(Feed& feed, KeyQueue& queue) {
  auto add_name = [&queue](const Seen& seen) { queue.add(std::string(seen.any().name())); };
  auto add_namespace_of = [&queue](std::string_view name) {
    return [&queue, name](const Seen& seen) {
      if (seen.before != nullptr && seen.any().name() == name)
        queue.add(std::string(seen.any().ns()));
    };
  };
  feed.watch(api_.id(kNamespaces), add_name);
  feed.watch(api_.id(kServiceAccounts), add_namespace_of(kAccount));
  feed.watch(api_.id(kConfigMaps), add_namespace_of(kRootCa));
}

Result<base::Duration> NamespaceDefaults::reconcile(const std::string& ns) {
  if (!api_.lives(ns)) return base::Duration(0);
  // Neither waits for the other.
  Result<void> account = ensure_account(ns);
  TRY(publish_ca(ns));
  TRY(account);
  return base::Duration(0);
}

Result<void> NamespaceDefaults::ensure_account(const std::string& ns) {
  if (api_.find(kServiceAccounts, ns, kAccount)) return {};
  return settled(api_.create(kServiceAccounts, ns,
                             {{"apiVersion", "v1"},
                              {"kind", "ServiceAccount"},
                              {"metadata", {{"name", kAccount}, {"namespace", ns}}}}));
}

Result<void> NamespaceDefaults::publish_ca(const std::string& ns) {
  json::object data{{"ca.crt", ca_pem_}};
  store::ObjectPtr found = api_.find(kConfigMaps, ns, kRootCa);
  if (!found)
    return settled(api_.create(kConfigMaps, ns,
                               {{"apiVersion", "v1"},
                                {"kind", "ConfigMap"},
                                {"metadata",
                                 {{"name", kRootCa},
                                  {"namespace", ns},
                                  {"annotations", {{kDescriptionKey, kDescription}}}}},
                                {"data", data}}));
  json::value live = TRY(parse(*found));
  const json::value* held = base::find(live, "data");
  if (held != nullptr && *held == data) return {};
  return api_.update(kConfigMaps, ns, kRootCa, "", [&](json::value& object) -> Result<void> {
    object.as_object()["data"] = data;
    object_at(metadata(object), "annotations")[kDescriptionKey] = kDescription;
    return {};
  });
}

}  // namespace nanika::apiserver::loops
