#include "apiserver/registry/pod_admission.h"

#include "apiserver/kinds/access.h"
#include "apiserver/kinds/names.h"
#include "base/random.h"

namespace nanika::apiserver {

namespace {

constexpr std::string_view kMountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
constexpr std::string_view kVolumePrefix = "kube-api-access-";
constexpr int64_t kTokenSeconds = 3607;  // an hour, and 7 to tell it from tokens of other makers
constexpr int64_t kMode = 0644;

json::object token_volume(std::string_view name) {
  json::object token{{"path", "token"}, {"expirationSeconds", kTokenSeconds}};
  json::object root{{"name", "kube-root-ca.crt"},
                    {"items", json::array{json::object{{"key", "ca.crt"}, {"path", "ca.crt"}}}}};
  json::object field{{"apiVersion", "v1"}, {"fieldPath", "metadata.namespace"}};
  json::object space{
      {"items", json::array{json::object{{"path", "namespace"}, {"fieldRef", std::move(field)}}}}};
  json::array sources;
  sources.push_back(json::object{{"serviceAccountToken", std::move(token)}});
  sources.push_back(json::object{{"configMap", std::move(root)}});
  sources.push_back(json::object{{"downwardAPI", std::move(space)}});
  json::object projected{{"sources", std::move(sources)}, {"defaultMode", kMode}};
  return {{"name", name}, {"projected", std::move(projected)}};
}

json::array& list_in(json::object& parent, std::string_view key) {
  json::value& value = parent[key];
  if (!value.is_array()) value.emplace_array();
  return value.get_array();
}

bool mounts_token(const json::value& container) {
  for (const json::value& mount : kinds::array_at(container, "volumeMounts"))
    if (base::find_string(mount, "mountPath") == kMountPath) return true;
  return false;
}

// Mounts the volume where nothing is mounted at its path; true when it did.
bool mount_token(json::object& spec, std::string_view volume) {
  bool mounted = false;
  for (const char* key : {"initContainers", "containers"}) {
    json::value* containers = spec.if_contains(key);
    if (containers == nullptr || !containers->is_array()) continue;
    for (json::value& container : containers->get_array()) {
      if (!container.is_object() || mounts_token(container)) continue;
      list_in(container.get_object(), "volumeMounts")
          .push_back(json::object{{"name", volume}, {"readOnly", true}, {"mountPath", kMountPath}});
      mounted = true;
    }
  }
  return mounted;
}

void add_token(json::object& spec) {
  std::string volume;
  json::value* volumes = spec.if_contains("volumes");
  if (volumes != nullptr && volumes->is_array())
    for (const json::value& each : volumes->get_array())
      if (std::string_view name = base::find_string(each, "name"); name.starts_with(kVolumePrefix))
        volume = name;
  bool there = !volume.empty();
  if (!there) volume = kinds::generate_name(kVolumePrefix, base::random_below(UINT64_MAX));
  if (mount_token(spec, volume) && !there) list_in(spec, "volumes").push_back(token_volume(volume));
}

bool automounts(const json::object& spec, const json::value& account) {
  const json::value* asked = spec.if_contains("automountServiceAccountToken");
  if (asked == nullptr || !asked->is_bool())
    asked = base::find(account, "automountServiceAccountToken");
  return asked == nullptr || !asked->is_bool() || asked->get_bool();
}

}  // namespace

ApiResult<void> admit_pod(json::value& pod, std::string_view ns, const FindServiceAccount& find) {
  if (const json::value* notes = base::find(pod, "metadata", "annotations");
      notes != nullptr && base::find(*notes, "kubernetes.io/config.mirror") != nullptr)
    return {};
  json::value* found = pod.as_object().if_contains("spec");
  if (found == nullptr || !found->is_object()) return {};
  json::object& spec = found->get_object();
  std::string name(base::find_string(*found, "serviceAccountName"));
  if (name.empty()) {
    name = "default";
    spec["serviceAccountName"] = name;
    spec["serviceAccount"] = name;
  }
  std::optional<json::value> account = find(name);
  if (!account && name != "default")
    return api_fail(forbidden(
        {"", "pods"}, base::find_string(pod, "metadata", "name"),
        fmt::format("error looking up service account {}/{}: serviceaccount \"{}\" not found", ns,
                    name, name)));
  if (!account) account = json::object();
  if (automounts(spec, *account)) add_token(spec);
  const json::array& secrets = kinds::array_at(*account, "imagePullSecrets");
  if (!secrets.empty() && kinds::array_at(*found, "imagePullSecrets").empty())
    spec["imagePullSecrets"] = secrets;
  return {};
}

}  // namespace nanika::apiserver
