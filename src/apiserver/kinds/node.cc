#include <set>

#include "apiserver/kinds/access.h"
#include "apiserver/kinds/ip_fields.h"
#include "apiserver/kinds/object_meta.h"
#include "apiserver/kinds/rows.h"
#include "apiserver/kinds/taints.h"

namespace nanika::apiserver::kinds {

namespace {

void set_defaults(json::value& object) {
  json::value& status = make_object(object, "status");
  if (!has(status, "allocatable") && has(status, "capacity")) {
    json::value capacity = member(status, "capacity");
    status.get_object()["allocatable"] = std::move(capacity);
  }
}

// Upstream writes down where taints do not stand: below metadata.
void validate_taints(const json::value& object, Causes& causes) {
  const json::array& taints = array_at(member(object, "spec"), "taints");
  Path meta("metadata"), list = meta.child("taints");
  std::set<std::pair<std::string, std::string>> seen;
  for (size_t i = 0; i < taints.size(); ++i) {
    Path path = list.at(i);
    std::string_view key = string_at(taints[i], "key"), value = string_at(taints[i], "value");
    std::string_view effect = string_at(taints[i], "effect");
    invalid(causes, path.child("key"), key, label_key(key));
    if (Problems problems = label_value(value); !problems.empty()) {
      invalid(causes, path.child("value"), value, fmt::format("{}", fmt::join(problems, ";")));
    }
    if (effect.empty()) {
      required(causes, path.child("effect"));
    } else {
      validate_taint_effect(effect, path.child("effect"), causes);
    }
    if (!seen.emplace(effect, key).second) {
      // Upstream prints its internal struct here.
      const json::value& added = member(taints[i], "timeAdded");
      duplicate(
          causes, path,
          json::value{{"Key", key}, {"Value", value}, {"Effect", effect}, {"TimeAdded", added}});
      causes.back().message += ": taints must be unique by key and effect pair";
    }
  }
}

void validate(const json::value& object, Causes& causes) {
  validate_taints(object, causes);
  const json::array& cidrs = array_at(member(object, "spec"), "podCIDRs");
  Path spec("spec"), path = spec.child("podCIDRs");
  std::set<bool> families;
  for (size_t i = 0; i < cidrs.size(); ++i) {
    if (!cidrs[i].is_string()) continue;
    validate_cidr(cidrs[i].get_string(), path.at(i), causes);
    families.insert(std::string_view(cidrs[i].get_string()).contains(':'));
  }
  if (cidrs.size() > 2 || (cidrs.size() == 2 && families.size() < 2)) {
    invalid(causes, path, json::value(cidrs),
            "may specify no more than one CIDR for each IP family");
  }
}

void validate_changes(const json::value& object, const json::value& old, Causes& causes) {
  validate_object_meta_update(object, old, causes);
  const json::value& spec = member(object, "spec");
  const json::value& before = member(old, "spec");
  Path path("spec"), status("status"), addresses_path = status.child("addresses");
  const json::array& addresses = array_at(member(object, "status"), "addresses");
  std::set<std::pair<std::string, std::string>> seen;
  for (size_t i = 0; i < addresses.size(); ++i) {
    std::string type(string_at(addresses[i], "type")), text(string_at(addresses[i], "address"));
    if (!seen.emplace(type, text).second) duplicate(causes, addresses_path.at(i), addresses[i]);
  }
  if (!array_at(before, "podCIDRs").empty() && !same_member(spec, before, "podCIDRs")) {
    forbidden(causes, path.child("podCIDRs"),
              "node updates may not change podCIDR except from \"\" to valid");
  }
  std::string_view provider = string_at(spec, "providerID");
  std::string_view old_provider = string_at(before, "providerID");
  if (!old_provider.empty() && provider != old_provider) {
    invalid(causes, path.child("providerID"), json::value(),
            provider.empty() ? "field cannot be cleared once set"
                             : "field cannot be modified once set");
  }
  if (!same_member(spec, before, "externalID")) {
    forbidden(causes, path.child("externalID"), "may not be updated");
  }
}

std::string status_text(const json::value& object) {
  std::string out = "Unknown";
  for (const json::value& condition : array_at(member(object, "status"), "conditions")) {
    if (string_at(condition, "type") != "Ready") continue;
    out = string_at(condition, "status") == "True" ? "Ready" : "NotReady";
  }
  if (bool_at(member(object, "spec"), "unschedulable")) out += ",SchedulingDisabled";
  return out;
}

std::string roles(const json::value& object) {
  constexpr std::string_view kPrefix = "node-role.kubernetes.io/";
  std::set<std::string> all;
  for (const auto& [key, value] : object_at(member(object, "metadata"), "labels")) {
    std::string_view name = key;
    if (name.starts_with(kPrefix) && name.size() > kPrefix.size()) {
      all.emplace(name.substr(kPrefix.size()));
    } else if (name == "kubernetes.io/role" && value.is_string() && !value.get_string().empty()) {
      all.emplace(value.get_string());
    }
  }
  return all.empty() ? "<none>" : fmt::format("{}", fmt::join(all, ","));
}

std::string address(const json::value& object, std::string_view type) {
  for (const json::value& each : array_at(member(object, "status"), "addresses")) {
    if (string_at(each, "type") == type) return std::string(string_at(each, "address"));
  }
  return "<none>";
}

json::array row(const json::value& object, base::WallTime now) {
  const json::value& info = member(member(object, "status"), "nodeInfo");
  auto known = [&](std::string_view key) {
    std::string_view text = string_at(info, key);
    return std::string(text.empty() ? "<unknown>" : text);
  };
  std::string kernel = known("kernelVersion");
  if (std::string_view arch = string_at(info, "architecture"); !arch.empty()) {
    kernel += fmt::format(" ({})", arch);
  }
  return {base::find_string(object, "metadata", "name"),
          status_text(object),
          roles(object),
          age_of(object, now),
          string_at(info, "kubeletVersion"),
          address(object, "InternalIP"),
          address(object, "ExternalIP"),
          known("osImage"),
          kernel,
          known("containerRuntimeVersion")};
}

json::value empty_node() {
  json::object info;
  for (const char* key :
       {"machineID", "systemUUID", "bootID", "kernelVersion", "osImage", "containerRuntimeVersion",
        "kubeletVersion", "kubeProxyVersion", "operatingSystem", "architecture"}) {
    info.emplace(key, "");
  }
  return {
      {"metadata", json::object()},
      {"spec", json::object()},
      {"status", {{"daemonEndpoints", {{"kubeletEndpoint", {{"Port", 0}}}}}, {"nodeInfo", info}}}};
}

}  // namespace

void validate_taint_effect(std::string_view effect, const Path& path, Causes& causes) {
  if (effect == "NoSchedule" || effect == "PreferNoSchedule" || effect == "NoExecute") return;
  not_supported(causes, path, effect, {"NoSchedule", "PreferNoSchedule", "NoExecute"});
}

Kind node_kind(const schema::SchemaSet& schemas) {
  Kind kind = make_kind(schemas, "", "v1", "io.k8s.api.core.v1.Node", "Node", "nodes", false);
  kind.short_names = {"no"};
  fill_in(kind.views[0], empty_node(), set_defaults);
  kind.strategy = meta_strategy(false, name_is_dns_subdomain, validate);
  kind.strategy.prepare_update = [](json::value& object, const json::value& old) {
    copy_member(object, old, "status");
  };
  kind.strategy.validate_update = [](const json::value& object, const json::value& old,
                                     Causes& causes) {
    validate_builtin_meta(object, false, name_is_dns_subdomain, causes);
    validate(object, causes);
    validate_changes(object, old, causes);
  };
  kind.strategy.reset_fields = {{"status"}};
  Subresource status = status_like("status", {"spec"});
  status.strategy.validate_update = validate_changes;
  kind.subresources = {std::move(status)};
  kind.field_labels.emplace_back("spec.unschedulable");
  kind.selectable_fields = [](const json::value& object) {
    SelectableFields out = meta_fields(object, false);
    bool unschedulable = bool_at(member(object, "spec"), "unschedulable");
    out.emplace_back("spec.unschedulable", unschedulable ? "true" : "false");
    return out;
  };
  kind.columns = {
      name_column(),
      {.name = "Status", .description = "Whether it is ready to run Pods."},
      {.name = "Roles", .description = "What it is for."},
      age_column(),
      {.name = "Version", .description = "The version of its kubelet."},
      {.name = "Internal-IP", .description = "Its address in the cluster.", .priority = 1},
      {.name = "External-IP", .description = "Its address for the outside.", .priority = 1},
      {.name = "OS-Image", .description = "Its operating system.", .priority = 1},
      {.name = "Kernel-Version", .description = "Its kernel.", .priority = 1},
      {.name = "Container-Runtime", .description = "What runs its containers.", .priority = 1}};
  kind.row = row;
  return kind;
}

}  // namespace nanika::apiserver::kinds
