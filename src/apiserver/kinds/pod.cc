#include "apiserver/kinds/pod.h"

#include "apiserver/kinds/access.h"
#include "apiserver/kinds/object_meta.h"
#include "apiserver/kinds/rows.h"

namespace nanika::apiserver::kinds {

namespace {

// podIP is the first of podIPs, and hostIP of hostIPs; the singular one wins.
void sync_ips(json::value& status, std::string_view one, std::string_view all) {
  std::string ip(string_at(status, one));
  const json::array& list = array_at(status, all);
  std::string first(list.empty() ? std::string_view() : string_at(list[0], "ip"));
  if (ip.empty() && !first.empty()) {
    status.as_object()[one] = first;
  } else if (!ip.empty() && ip != first) {
    status.as_object()[all] = json::array{json::object{{"ip", ip}}};
  }
}

void set_defaults(json::value& pod) {
  default_pod(pod);
  json::value& status = make_object(pod, "status");
  sync_ips(status, "podIP", "podIPs");
  sync_ips(status, "hostIP", "hostIPs");
}

// The condition is as old as the Pod.
void copy_time(json::object& condition, const json::value& pod) {
  const json::value& created = member(member(pod, "metadata"), "creationTimestamp");
  if (!created.is_null()) condition.emplace("lastTransitionTime", created);
}

void prepare_create(json::value& pod) {
  start_generation(pod);
  json::object status{{"phase", "Pending"}};
  if (!array_at(member(pod, "spec"), "schedulingGates").empty()) {
    json::object condition{{"type", "PodScheduled"},
                           {"status", "False"},
                           {"reason", "SchedulingGated"},
                           {"message", "Scheduling is blocked due to non-empty scheduling gates"}};
    copy_time(condition, pod);
    status.emplace("conditions", json::array{std::move(condition)});
  }
  status.emplace("qosClass", qos_class(pod));
  pod.as_object()["status"] = std::move(status);
}

void prepare_update(json::value& pod, const json::value& old) {
  copy_member(pod, old, "status");
  carry_generation(pod, old, {"spec"});
}

void prepare_status(json::value& pod, const json::value& old) {
  copy_member(pod, old, "spec");
  json::value& meta = make_object(pod, "metadata");
  copy_member(meta, member(old, "metadata"), "ownerReferences");
  json::value& status = make_object(pod, "status");
  const json::value& before = member(old, "status");
  if (string_at(status, "qosClass").empty()) copy_member(status, before, "qosClass");
  if (int_at(status, "observedGeneration") == 0) copy_member(status, before, "observedGeneration");
}

std::vector<std::string> warnings(const json::value& pod, const json::value* old) {
  if (old != nullptr) return {};
  Problems problems = dns1123_label(base::find_string(pod, "metadata", "name"));
  if (problems.empty()) return {};
  return {
      fmt::format("metadata.name: this is used in the Pod's hostname, which can result in "
                  "surprising behavior; a DNS label is recommended: [{}]",
                  fmt::join(problems, " "))};
}

int64_t grace_period(const json::value& pod, int64_t asked) {
  const json::value& spec = member(pod, "spec");
  std::string_view phase = string_at(member(pod, "status"), "phase");
  // Nobody runs it, or it has ended: there is nothing to wait for.
  if (string_at(spec, "nodeName").empty() || phase == "Failed" || phase == "Succeeded") return 0;
  int64_t period = asked >= 0 ? asked : int_at(spec, "terminationGracePeriodSeconds");
  return period < 0 ? 1 : period;
}

constexpr std::pair<std::string_view, std::string_view> kFields[] = {
    {"spec", "nodeName"},           {"spec", "restartPolicy"}, {"spec", "schedulerName"},
    {"spec", "serviceAccountName"}, {"status", "phase"},       {"status", "podIP"},
    {"status", "nominatedNodeName"}};

SelectableFields selectable(const json::value& pod) {
  SelectableFields out = meta_fields(pod, true);
  for (auto [part, key] : kFields) {
    out.emplace_back(fmt::format("{}.{}", part, key), string_at(member(pod, part), key));
  }
  bool host_network = bool_at(member(pod, "spec"), "hostNetwork");
  out.emplace_back("spec.hostNetwork", host_network ? "true" : "false");
  return out;
}

}  // namespace

Kind pod_kind(const schema::SchemaSet& schemas) {
  Kind kind = make_kind(schemas, "", "v1", "io.k8s.api.core.v1.Pod", "Pod", "pods", true);
  kind.short_names = {"po"};
  kind.categories = {"all"};
  kind.returns_deleted = true;
  fill_in(kind.views[0],
          {{"metadata", json::object()},
           {"spec", {{"containers", nullptr}}},
           {"status", json::object()}},
          set_defaults);
  kind.strategy = meta_strategy(true, name_is_dns_subdomain, validate_pod_create);
  kind.strategy.prepare_create = prepare_create;
  kind.strategy.prepare_update = prepare_update;
  kind.strategy.validate_update = validate_pod_update;
  kind.strategy.reset_fields = {{"status"}};
  Subresource status{.name = "status", .verbs = update_verbs()};
  status.strategy.prepare_update = prepare_status;
  status.strategy.validate_update = validate_pod_status;
  status.strategy.reset_fields = {
      {"spec"}, {"metadata", "deletionTimestamp"}, {"metadata", "ownerReferences"}};
  kind.subresources = {std::move(status)};
  kind.warnings = warnings;
  kind.grace_period = grace_period;
  for (auto [part, key] : kFields) kind.field_labels.push_back(fmt::format("{}.{}", part, key));
  kind.field_labels.emplace_back("spec.hostNetwork");
  kind.selectable_fields = selectable;
  kind.columns = pod_columns();
  kind.row = pod_row;
  return kind;
}

}  // namespace nanika::apiserver::kinds
