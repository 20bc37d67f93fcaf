#include "apiserver/kinds/service.h"

#include <set>

#include "apiserver/kinds/access.h"
#include "apiserver/kinds/object_meta.h"
#include "apiserver/kinds/rows.h"

namespace nanika::apiserver::kinds {

bool is_headless(const json::value& service) {
  const json::array& ips = array_at(member(service, "spec"), "clusterIPs");
  return ips.size() == 1 && ips[0].is_string() && ips[0].get_string() == "None";
}

bool is_externally_accessible(const json::value& service) {
  const json::value& spec = member(service, "spec");
  std::string_view type = string_at(spec, "type");
  return type == "LoadBalancer" || type == "NodePort" ||
         (type == "ClusterIP" && !array_at(spec, "externalIPs").empty());
}

bool needs_health_check(const json::value& service) {
  const json::value& spec = member(service, "spec");
  return string_at(spec, "type") == "LoadBalancer" &&
         string_at(spec, "externalTrafficPolicy") == "Local";
}

bool needs_node_port(const json::value& service) {
  const json::value& spec = member(service, "spec");
  std::string_view type = string_at(spec, "type");
  return type == "NodePort" ||
         (type == "LoadBalancer" && bool_at(spec, "allocateLoadBalancerNodePorts", true));
}

namespace {

void default_port(json::value& port) {
  if (!port.is_object()) return;
  if (string_at(port, "protocol").empty()) port.get_object()["protocol"] = "TCP";
  const json::value& target = member(port, "targetPort");
  bool unset = target.is_null() || (target.is_int64() && target.get_int64() == 0) ||
               (target.is_string() && target.get_string().empty());
  if (unset) port.get_object()["targetPort"] = int_at(port, "port");
}

void default_affinity(json::value& spec) {
  if (string_at(spec, "sessionAffinity").empty()) spec.get_object()["sessionAffinity"] = "None";
  std::string_view affinity = string_at(spec, "sessionAffinity");
  if (affinity == "None") {
    remove_member(spec, "sessionAffinityConfig");
  } else if (affinity == "ClientIP") {
    const json::value& client = member(member(spec, "sessionAffinityConfig"), "clientIP");
    if (has(client, "timeoutSeconds")) return;
    spec.get_object()["sessionAffinityConfig"] = {{"clientIP", {{"timeoutSeconds", 10800}}}};
  }
}

void set_defaults(json::value& object) {
  json::value& spec = make_object(object, "spec");
  default_affinity(spec);
  if (string_at(spec, "type").empty()) spec.get_object()["type"] = "ClusterIP";
  std::string type(string_at(spec, "type"));
  if (json::value* ports = spec.get_object().if_contains("ports"); ports && ports->is_array()) {
    for (json::value& port : ports->get_array()) default_port(port);
  }
  if (is_externally_accessible(object)) set_default(spec, "externalTrafficPolicy", "Cluster");
  if (type != "ExternalName") set_default(spec, "internalTrafficPolicy", "Cluster");
  if (type != "LoadBalancer") return;
  set_default(spec, "allocateLoadBalancerNodePorts", true);
  json::value& balancer = make_object(make_object(object, "status"), "loadBalancer");
  json::value* ingress = balancer.get_object().if_contains("ingress");
  if (ingress == nullptr || !ingress->is_array()) return;
  for (json::value& each : ingress->get_array()) {
    if (!string_at(each, "ip").empty()) set_default(each, "ipMode", "VIP");
  }
}

const json::value& empty_status() {
  static const json::value kEmpty = {{"loadBalancer", json::object()}};
  return kEmpty;
}

std::set<int64_t> node_ports(const json::value& spec) {
  std::set<int64_t> out;
  for (const json::value& port : array_at(spec, "ports")) {
    if (int64_t number = int_at(port, "nodePort")) out.insert(number);
  }
  return out;
}

// What no longer applies after a change of type goes, unless the client changed it too: then it is
// a mistake, and validation says so.
void drop_type_dependent(json::value& object, const json::value& old) {
  json::value& spec = make_object(object, "spec");
  const json::value& before = member(old, "spec");
  auto drop_if_same = [&](std::initializer_list<std::string_view> keys) {
    for (std::string_view key : keys) {
      if (same_member(spec, before, key)) remove_member(spec, key);
    }
  };
  bool was_external = string_at(before, "type") == "ExternalName";
  bool is_external = string_at(spec, "type") == "ExternalName";
  if (!was_external && is_external) {
    if (same_member(spec, before, "clusterIP") && same_member(spec, before, "clusterIPs")) {
      remove_member(spec, "clusterIP");
      remove_member(spec, "clusterIPs");
    }
    drop_if_same({"ipFamilies", "ipFamilyPolicy"});
  }
  if (needs_node_port(old) && !needs_node_port(object) && node_ports(before) == node_ports(spec)) {
    if (json::value* ports = spec.get_object().if_contains("ports"); ports && ports->is_array()) {
      for (json::value& port : ports->get_array()) remove_member(port, "nodePort");
    }
  }
  if (needs_health_check(old) && !needs_health_check(object)) {
    drop_if_same({"healthCheckNodePort"});
  }
  bool balances = string_at(spec, "type") == "LoadBalancer";
  if (string_at(before, "type") == "LoadBalancer" && !balances) {
    drop_if_same({"allocateLoadBalancerNodePorts", "loadBalancerClass"});
  }
  if (is_externally_accessible(old) && !is_externally_accessible(object)) {
    drop_if_same({"externalTrafficPolicy"});
  }
  if (!balances) make_object(object, "status").get_object()["loadBalancer"] = json::object();
}

std::vector<std::string> warnings(const json::value& object, const json::value*) {
  std::vector<std::string> out;
  const json::value& spec = member(object, "spec");
  bool external_ips = !array_at(spec, "externalIPs").empty();
  bool headless = is_headless(object);
  std::string_view type = string_at(spec, "type");
  if (headless) {
    if (!string_at(spec, "loadBalancerIP").empty()) {
      out.emplace_back("spec.loadBalancerIP is ignored for headless services");
    }
    if (external_ips) out.emplace_back("spec.externalIPs is ignored for headless services");
    if (string_at(spec, "sessionAffinity") != "None") {
      out.emplace_back("spec.SessionAffinity is ignored for headless services");
    }
  }
  if (external_ips && !headless && type != "ExternalName") {
    out.emplace_back(
        "spec.externalIPs is deprecated and may no longer be implemented in some clusters");
  }
  if (type == "ExternalName" && external_ips) {
    out.emplace_back("spec.externalIPs is ignored when spec.type is \"ExternalName\"");
  }
  if (type != "ExternalName" && !string_at(spec, "externalName").empty()) {
    out.emplace_back("spec.externalName is ignored when spec.type is not \"ExternalName\"");
  }
  if (string_at(spec, "trafficDistribution") == "PreferClose") {
    out.emplace_back(
        "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"");
  }
  return out;
}

SelectableFields selectable(const json::value& object) {
  SelectableFields out = meta_fields(object, true);
  out.emplace_back("spec.clusterIP", base::find_string(object, "spec", "clusterIP"));
  out.emplace_back("spec.type", base::find_string(object, "spec", "type"));
  return out;
}

}  // namespace

Kind service_kind(const schema::SchemaSet& schemas) {
  Kind kind =
      make_kind(schemas, "", "v1", "io.k8s.api.core.v1.Service", "Service", "services", true);
  kind.short_names = {"svc"};
  kind.categories = {"all"};
  kind.create_on_update = true;
  kind.returns_deleted = true;
  fill_in(kind.views[0],
          {{"metadata", json::object()}, {"spec", json::object()}, {"status", empty_status()}},
          set_defaults);
  kind.strategy = meta_strategy(true, name_is_dns_label, validate_service);
  kind.strategy.prepare_create = [](json::value& object) {
    object.as_object()["status"] = empty_status();
    carry_allocations(object, nullptr);
  };
  kind.strategy.prepare_update = [](json::value& object, const json::value& old) {
    copy_member(object, old, "status");
    carry_allocations(object, &old);
    drop_type_dependent(object, old);
  };
  kind.strategy.validate_update = validate_service_update;
  kind.strategy.reset_fields = {{"status"}};
  Subresource status = status_like("status", {"spec"});
  status.strategy.validate_update = validate_service_status;
  kind.subresources = {std::move(status)};
  kind.warnings = warnings;
  for (const char* label : {"spec.clusterIP", "spec.type"}) kind.field_labels.emplace_back(label);
  kind.selectable_fields = selectable;
  kind.columns = {
      name_column(),
      {.name = "Type", .description = "How the Service is exposed."},
      {.name = "Cluster-IP", .description = "Its address inside the cluster."},
      {.name = "External-IP", .description = "Its addresses for clients outside the cluster."},
      {.name = "Port(s)", .description = "The ports it listens on, with node ports."},
      age_column(),
      {.name = "Selector", .description = "The Pods that serve it.", .priority = 1}};
  kind.row = service_row;
  return kind;
}

}  // namespace nanika::apiserver::kinds
