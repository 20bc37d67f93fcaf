// Rules of Pods: see pod.h. Containers and volumes are in pod_containers.cc.
#include <algorithm>
#include <set>

#include "apiserver/kinds/access.h"
#include "apiserver/kinds/ip_fields.h"
#include "apiserver/kinds/object_meta.h"
#include "apiserver/kinds/pod.h"
#include "apiserver/kinds/taints.h"

namespace nanika::apiserver::kinds {

namespace {

constexpr int64_t kMaxInt32 = 2147483647;

void one_of(const json::value& spec, std::string_view key, const Path& path,
            std::initializer_list<std::string_view> allowed, Causes& causes) {
  std::string_view text = string_at(spec, key);
  if (text.empty()) return required(causes, path.child(key));
  if (std::ranges::find(allowed, text) == allowed.end()) {
    not_supported(causes, path.child(key), text, allowed);
  }
}

void named(const json::value& spec, std::string_view key, const Path& path,
           Problems (*rule)(std::string_view), Causes& causes) {
  std::string_view text = string_at(spec, key);
  if (!text.empty()) invalid(causes, path.child(key), text, rule(text));
}

void validate_toleration(const json::value& toleration, const Path& path, Causes& causes) {
  std::string_view key = string_at(toleration, "key"), value = string_at(toleration, "value");
  std::string_view op = string_at(toleration, "operator");
  std::string_view effect = string_at(toleration, "effect");
  if (!key.empty()) invalid(causes, path.child("key"), key, label_key(key));
  if (key.empty() && op != "Exists") {
    invalid(causes, path.child("operator"), op,
            "operator must be Exists when `key` is empty, which means \"match all values and all "
            "keys\"");
  }
  if (has(toleration, "tolerationSeconds") && effect != "NoExecute") {
    invalid(causes, path.child("effect"), effect,
            "effect must be 'NoExecute' when `tolerationSeconds` is set");
  }
  if (op.empty() || op == "Equal") {
    if (Problems problems = label_value(value); !problems.empty()) {
      invalid(causes, path.child("operator"), value, fmt::format("{}", fmt::join(problems, ";")));
    }
  } else if (op == "Exists") {
    if (!value.empty()) {
      invalid(causes, path.child("operator"), value,
              "value must be empty when `operator` is 'Exists'");
    }
  } else {
    not_supported(causes, path.child("operator"), op, {"Equal", "Exists"});
  }
  if (!effect.empty()) validate_taint_effect(effect, path.child("effect"), causes);
}

void validate_tolerations(const json::value& spec, const Path& spec_path, Causes& causes) {
  const json::array& tolerations = array_at(spec, "tolerations");
  Path path = spec_path.child("tolerations");
  for (size_t i = 0; i < tolerations.size(); ++i) {
    validate_toleration(tolerations[i], path.at(i), causes);
  }
}

void validate_host_aliases(const json::value& spec, const Path& spec_path, Causes& causes) {
  const json::array& aliases = array_at(spec, "hostAliases");
  Path path = spec_path.child("hostAliases");
  for (size_t i = 0; i < aliases.size(); ++i) {
    Path at = path.at(i);
    validate_ip(string_at(aliases[i], "ip"), at.child("ip"), causes);
    Path names = at.child("hostnames");
    for (const json::value& name : array_at(aliases[i], "hostnames")) {
      if (!name.is_string()) continue;
      invalid(causes, names, name.get_string(), dns1123_subdomain(name.get_string()));
    }
  }
}

// With the host's network every container port is a port of the host.
void validate_host_ports(const json::value& spec, const Path& path, Causes& causes) {
  if (!bool_at(spec, "hostNetwork")) return;
  for (std::string_view key : {"containers", "initContainers"}) {
    const json::array& containers = array_at(spec, key);
    Path list = path.child(key);
    for (size_t i = 0; i < containers.size(); ++i) {
      Path container = list.at(i), ports_path = container.child("ports");
      const json::array& ports = array_at(containers[i], "ports");
      for (size_t j = 0; j < ports.size(); ++j) {
        int64_t host = int_at(ports[j], "hostPort"), own = int_at(ports[j], "containerPort");
        if (host == own) continue;
        Path at = ports_path.at(j);
        invalid(causes, at.child("hostPort"), json::value(host),
                "must match `containerPort` when `hostNetwork` is true");
      }
    }
  }
}

// What may change in a running Pod is set to what it was, so that what is left must be equal.
json::value without_mutable(const json::value& spec, const json::value& before) {
  json::value out = spec;
  for (std::string_view key : {"containers", "initContainers"}) {
    json::value* containers = out.as_object().if_contains(key);
    const json::array& old = array_at(before, key);
    if (containers == nullptr || !containers->is_array()) continue;
    json::array& list = containers->get_array();
    for (size_t i = 0; i < std::min(list.size(), old.size()); ++i) {
      if (list[i].is_object()) copy_member(list[i], old[i], "image");
    }
  }
  for (std::string_view key : {"activeDeadlineSeconds", "tolerations", "schedulingGates"}) {
    copy_member(out, before, key);
  }
  if (int_at(before, "terminationGracePeriodSeconds") < 0 &&
      int_at(out, "terminationGracePeriodSeconds") == 1) {
    copy_member(out, before, "terminationGracePeriodSeconds");
  }
  return out;
}

// True when the lists have the same length: else there is no comparing them.
bool validate_images(const json::value& spec, const json::value& before, std::string_view key,
                     const Path& spec_path, Causes& causes) {
  const json::array& containers = array_at(spec, key);
  Path path = spec_path.child(key);
  if (containers.size() != array_at(before, key).size()) {
    forbidden(causes, path, "pod updates may not add or remove containers");
    return false;
  }
  for (size_t i = 0; i < containers.size(); ++i) {
    std::string_view image = string_at(containers[i], "image");
    Path at = path.at(i);
    if (image.empty()) required(causes, at.child("image"));
    constexpr std::string_view kSpace = " \t\r\n";
    if (!image.empty() && (kSpace.contains(image.front()) || kSpace.contains(image.back()))) {
      invalid(causes, at.child("image"), image, "must not have leading or trailing whitespace");
    }
  }
  return true;
}

void validate_deadline_change(const json::value& spec, const json::value& before, const Path& path,
                              Causes& causes) {
  Path deadline = path.child("activeDeadlineSeconds");
  if (!has(before, "activeDeadlineSeconds")) return;
  if (!has(spec, "activeDeadlineSeconds")) {
    return invalid(causes, deadline, json::value(),
                   "must not update from a positive integer to nil value");
  }
  int64_t now = int_at(spec, "activeDeadlineSeconds");
  if (now > int_at(before, "activeDeadlineSeconds")) {
    invalid(causes, deadline, json::value(now), "must be less than or equal to previous value");
  }
}

void validate_kept_tolerations(const json::value& spec, const json::value& before, const Path& path,
                               Causes& causes) {
  for (const json::value& old : array_at(before, "tolerations")) {
    bool kept = std::ranges::any_of(array_at(spec, "tolerations"), [&](const json::value& now) {
      if (!old.is_object() || !now.is_object()) return false;
      json::value a = old, b = now;
      remove_member(a, "tolerationSeconds");
      remove_member(b, "tolerationSeconds");
      return base::json_equal(a, b);
    });
    if (kept) continue;
    return forbidden(causes, path.child("tolerations"),
                     "existing toleration can not be modified except its tolerationSeconds");
  }
}

std::string changed_members(const json::value& a, const json::value& b) {
  std::set<std::string> out;
  for (const json::value* each : {&a, &b}) {
    for (const auto& [key, value] : each->as_object()) {
      if (!same_member(a, b, key)) out.emplace(key);
    }
  }
  return fmt::format("{}", fmt::join(out, ", "));
}

}  // namespace

void validate_pod(const json::value& pod, Causes& causes) {
  const json::value& spec = member(pod, "spec");
  Path path("spec");
  validate_containers(spec, path, causes);
  validate_host_ports(spec, path, causes);
  one_of(spec, "restartPolicy", path, {"Always", "OnFailure", "Never"}, causes);
  one_of(spec, "dnsPolicy", path, {"ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"},
         causes);
  validate_labels(object_at(spec, "nodeSelector"), path.child("nodeSelector"), causes);
  for (std::string_view key :
       {"serviceAccountName", "nodeName", "priorityClassName", "runtimeClassName"}) {
    named(spec, key, path, dns1123_subdomain, causes);
  }
  for (std::string_view key : {"hostname", "subdomain"}) {
    named(spec, key, path, dns1123_label, causes);
  }
  if (has(spec, "activeDeadlineSeconds")) {
    int64_t seconds = int_at(spec, "activeDeadlineSeconds");
    for (const std::string& problem : in_range(seconds, 1, kMaxInt32)) {
      invalid(causes, path.child("activeDeadlineSeconds"), json::value(seconds), problem);
    }
  }
  validate_tolerations(spec, path, causes);
  validate_host_aliases(spec, path, causes);
  if (int64_t grace = int_at(spec, "terminationGracePeriodSeconds"); grace < 0) {
    invalid(causes, path.child("terminationGracePeriodSeconds"), json::value(grace),
            "must be greater than or equal to 0");
  }
}

void validate_pod_create(const json::value& pod, Causes& causes) {
  validate_pod(pod, causes);
  const json::value& spec = member(pod, "spec");
  Path path("spec");
  if (!array_at(spec, "ephemeralContainers").empty()) {
    forbidden(causes, path.child("ephemeralContainers"), "cannot be set on create");
  }
  if (!string_at(spec, "nodeName").empty() && !array_at(spec, "schedulingGates").empty()) {
    forbidden(causes, path.child("nodeName"),
              "cannot be set until all schedulingGates have been cleared");
  }
}

void validate_pod_update(const json::value& pod, const json::value& old, Causes& causes) {
  validate_object_meta_update(pod, old, causes);
  validate_builtin_meta(pod, true, name_is_dns_subdomain, causes);
  validate_pod(pod, causes);
  const json::value& spec = member(pod, "spec");
  const json::value& before = member(old, "spec");
  if (!spec.is_object() || !before.is_object()) return;
  Path path("spec");
  for (std::string_view key : {"containers", "initContainers"}) {
    if (!validate_images(spec, before, key, path, causes)) return;
  }
  validate_deadline_change(spec, before, path, causes);
  validate_kept_tolerations(spec, before, path, causes);
  json::value kept = without_mutable(spec, before);
  std::string changed = changed_members(kept, before);
  if (changed.empty()) return;
  forbidden(causes, path,
            "pod updates may not change fields other than `spec.containers[*].image`,"
            "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
            "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to "
            "be set to 1 if it was previously negative)\nchanged: " +
                changed);
}

void validate_pod_status(const json::value& pod, const json::value& old, Causes& causes) {
  validate_object_meta_update(pod, old, causes);
  const json::value& status = member(pod, "status");
  const json::value& before = member(old, "status");
  Path path("status");
  if (!same_member(status, before, "nominatedNodeName")) {
    named(status, "nominatedNodeName", path, dns1123_subdomain, causes);
  }
  if (int64_t generation = int_at(status, "observedGeneration"); generation < 0) {
    invalid(causes, path.child("observedGeneration"), json::value(generation),
            "must be a non-negative integer");
  }
  validate_immutable(status, before, "qosClass", path.child("qosClass"), causes);
  for (std::string_view key : {"podIPs", "hostIPs"}) {
    const json::array& ips = array_at(status, key);
    Path list = path.child(key);
    for (size_t i = 0; i < ips.size(); ++i) {
      validate_ip(string_at(ips[i], "ip"), list.at(i), causes);
    }
  }
  if (string_at(member(old, "spec"), "restartPolicy") == "Always") return;
  // A container that ended for good stays so.
  bool on_failure = string_at(member(old, "spec"), "restartPolicy") == "OnFailure";
  const json::array& statuses = array_at(before, "containerStatuses");
  Path list = path.child("containerStatuses");
  for (size_t i = 0; i < statuses.size(); ++i) {
    const json::value& ended = member(member(statuses[i], "state"), "terminated");
    if (ended.is_null() || (on_failure && int_at(ended, "exitCode") != 0)) continue;
    for (const json::value& now : array_at(status, "containerStatuses")) {
      bool same = string_at(now, "name") == string_at(statuses[i], "name");
      if (same && !has(member(now, "state"), "terminated")) {
        Path at = list.at(i);
        forbidden(causes, at.child("state"), "may not be transitioned to non-terminated state");
      }
    }
  }
}

}  // namespace nanika::apiserver::kinds
