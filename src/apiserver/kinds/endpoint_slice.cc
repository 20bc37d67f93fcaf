#include <set>

#include "apiserver/kinds/access.h"
#include "apiserver/kinds/ip_fields.h"
#include "apiserver/kinds/object_meta.h"
#include "apiserver/kinds/rows.h"

namespace nanika::apiserver::kinds {

namespace {

constexpr size_t kMaxEndpoints = 1000, kMaxAddresses = 100, kMaxPorts = 20000, kMaxHints = 8;

void set_defaults(json::value& object) {
  json::value* ports = object.as_object().if_contains("ports");
  if (ports == nullptr || !ports->is_array()) return;
  for (json::value& port : ports->get_array()) {
    if (!port.is_object()) continue;
    set_default(port, "name", "");
    set_default(port, "protocol", "TCP");
  }
}

void validate_fqdn(std::string_view name, const Path& path, Causes& causes) {
  if (name.empty()) return required(causes, path);
  std::string_view bare = name.ends_with('.') ? name.substr(0, name.size() - 1) : name;
  std::string problem;
  for (const std::string& each : dns1123_subdomain(bare)) {
    problem += (problem.empty() ? "" : ",") + each;
  }
  if (problem.empty() && !bare.contains('.')) {
    problem = "should be a domain with at least two segments separated by dots";
  }
  if (!problem.empty()) invalid(causes, path, bare, problem);
}

void validate_address(std::string_view type, const json::value& value, const Path& list, size_t i,
                      Causes& causes) {
  if (!value.is_string()) return;
  std::string_view text = value.get_string();
  if (type == "FQDN") return validate_fqdn(text, list.at(i), causes);
  if (type != "IPv4" && type != "IPv6") return;
  auto ip = validate_ip(text, list.at(i), causes);
  if (!ip) return;
  if (base::name(ip->family()) != type) {
    invalid(causes, list, text, fmt::format("must be an {} address", type));
  }
  validate_endpoint_ip(text, list.at(i), causes);
}

void validate_hints(const json::value& hints, std::string_view key, const Path& hints_path,
                    Problems (*rule)(std::string_view), Causes& causes) {
  const json::array& list = array_at(hints, key);
  Path path = hints_path.child(key);
  if (list.size() > kMaxHints) return too_many(causes, path, list.size(), kMaxHints);
  std::set<std::string> seen;
  for (size_t i = 0; i < list.size(); ++i) {
    std::string_view name = string_at(list[i], "name");
    Path at = path.at(i);
    if (!seen.emplace(name).second) duplicate(causes, at.child("name"), name);
    invalid(causes, at.child("name"), name, rule(name));
  }
}

void validate_endpoint(const json::value& endpoint, std::string_view type, const Path& path,
                       Causes& causes) {
  const json::array& addresses = array_at(endpoint, "addresses");
  Path list = path.child("addresses");
  if (addresses.empty()) {
    required(causes, list, "must contain at least 1 address");
  } else if (addresses.size() > kMaxAddresses) {
    too_many(causes, list, addresses.size(), kMaxAddresses);
  }
  for (size_t i = 0; i < addresses.size(); ++i) {
    validate_address(type, addresses[i], list, i, causes);
  }
  if (has(endpoint, "nodeName")) {
    std::string_view node = string_at(endpoint, "nodeName");
    invalid(causes, path.child("nodeName"), node, dns1123_subdomain(node));
  }
  if (has(endpoint, "hostname")) {
    std::string_view host = string_at(endpoint, "hostname");
    invalid(causes, path.child("hostname"), host, dns1123_label(host));
  }
  const json::value& hints = member(endpoint, "hints");
  Path hints_path = path.child("hints");
  validate_hints(hints, "forZones", hints_path, label_value, causes);
  validate_hints(hints, "forNodes", hints_path, dns1123_subdomain, causes);
}

void validate_ports(const json::value& object, Causes& causes) {
  const json::array& ports = array_at(object, "ports");
  Path list("ports");
  if (ports.size() > kMaxPorts) return too_many(causes, list, ports.size(), kMaxPorts);
  std::set<std::string> names;
  for (size_t i = 0; i < ports.size(); ++i) {
    Path path = list.at(i);
    std::string_view name = string_at(ports[i], "name");
    std::string_view protocol = string_at(ports[i], "protocol");
    if (!name.empty()) invalid(causes, path.child("name"), name, dns1123_label(name));
    if (!names.emplace(name).second) duplicate(causes, path.child("name"), name);
    if (!has(ports[i], "protocol")) {
      required(causes, path.child("protocol"));
    } else if (protocol != "TCP" && protocol != "UDP" && protocol != "SCTP") {
      not_supported(causes, path.child("protocol"), protocol, {"SCTP", "TCP", "UDP"});
    }
    if (has(ports[i], "appProtocol")) {
      std::string_view app = string_at(ports[i], "appProtocol");
      invalid(causes, path.child("appProtocol"), app, label_key(app));
    }
  }
}

void validate(const json::value& object, Causes& causes) {
  std::string_view type = string_at(object, "addressType");
  Path type_path("addressType"), list("endpoints");
  if (type.empty()) {
    required(causes, type_path);
  } else if (type != "IPv4" && type != "IPv6" && type != "FQDN") {
    not_supported(causes, type_path, type, {"FQDN", "IPv4", "IPv6"});
  }
  validate_ports(object, causes);
  const json::array& endpoints = array_at(object, "endpoints");
  if (endpoints.size() > kMaxEndpoints) {
    return too_many(causes, list, endpoints.size(), kMaxEndpoints);
  }
  for (size_t i = 0; i < endpoints.size(); ++i) {
    validate_endpoint(endpoints[i], type, list.at(i), causes);
  }
}

void validate_update(const json::value& object, const json::value& old, Causes& causes) {
  validate_builtin_meta(object, true, name_is_dns_subdomain, causes);
  validate(object, causes);
  validate_immutable(object, old, "addressType", Path("addressType"), causes);
}

// v1 has no topology labels: they belonged to v1beta1.
void drop_topology(json::value& object) {
  json::value* endpoints = object.as_object().if_contains("endpoints");
  if (endpoints == nullptr || !endpoints->is_array()) return;
  for (json::value& each : endpoints->get_array()) remove_member(each, "deprecatedTopology");
}

// Everything but metadata counts, and the labels, which say whose endpoints these are.
void prepare_update(json::value& object, const json::value& old) {
  const json::value& meta = member(old, "metadata");
  int64_t generation = int_at(meta, "generation");
  bool same = same_member(member(object, "metadata"), meta, "labels");
  for (std::string_view key : {"addressType", "endpoints", "ports"}) {
    same = same && same_member(object, old, key);
  }
  make_object(object, "metadata").as_object()["generation"] = generation + (same ? 0 : 1);
  drop_topology(object);
}

std::string listed(const std::vector<std::string>& items) {
  constexpr size_t kShown = 3;
  if (items.empty()) return "<unset>";
  std::string out;
  for (size_t i = 0; i < std::min(kShown, items.size()); ++i) out += (i ? "," : "") + items[i];
  if (items.size() > kShown) out += fmt::format(" + {} more...", items.size() - kShown);
  return out;
}

json::array row(const json::value& object, base::WallTime now) {
  std::vector<std::string> ports, addresses;
  for (const json::value& port : array_at(object, "ports")) {
    if (has(port, "port")) {
      ports.push_back(std::to_string(int_at(port, "port")));
    } else {
      ports.emplace_back(has(port, "name") ? string_at(port, "name") : "*");
    }
  }
  for (const json::value& endpoint : array_at(object, "endpoints")) {
    for (const json::value& address : array_at(endpoint, "addresses")) {
      if (address.is_string()) addresses.emplace_back(address.get_string());
    }
  }
  return {base::find_string(object, "metadata", "name"), string_at(object, "addressType"),
          listed(ports), listed(addresses), age_of(object, now)};
}

}  // namespace

Kind endpoint_slice_kind(const schema::SchemaSet& schemas) {
  Kind kind = make_kind(schemas, "discovery.k8s.io", "v1", "io.k8s.api.discovery.v1.EndpointSlice",
                        "EndpointSlice", "endpointslices", true);
  fill_in(kind.views[0],
          {{"metadata", json::object()},
           {"addressType", ""},
           {"endpoints", nullptr},
           {"ports", nullptr}},
          set_defaults);
  kind.strategy = meta_strategy(true, name_is_dns_subdomain, validate);
  kind.strategy.prepare_create = [](json::value& object) {
    start_generation(object);
    drop_topology(object);
  };
  kind.strategy.prepare_update = prepare_update;
  kind.strategy.validate_update = validate_update;
  kind.warnings = [](const json::value& object,
                     const json::value* old) -> std::vector<std::string> {
    if (old != nullptr || string_at(object, "addressType") != "FQDN") return {};
    return {"spec.addressType: FQDN endpoints are deprecated"};
  };
  kind.columns = {name_column(),
                  {.name = "AddressType", .description = "IPv4, IPv6 or FQDN."},
                  {.name = "Ports", .description = "The ports of every endpoint here."},
                  {.name = "Endpoints", .description = "The addresses that serve."},
                  age_column()};
  kind.row = row;
  return kind;
}

}  // namespace nanika::apiserver::kinds
