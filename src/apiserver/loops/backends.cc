#include "apiserver/loops/backends.h"

#include <algorithm>
#include <map>
#include <optional>

#include "apiserver/loops/api.h"

namespace nanika::apiserver::loops {

namespace {

constexpr size_t kMaxAddresses = 1000;

bool flag(const json::value& root, std::string_view a, std::string_view b) {
  const json::value* at = base::find(root, a, b);
  return at != nullptr && at->is_bool() && at->get_bool();
}

bool is_ready(const json::value& pod) {
  for (const json::value& each : array_of(pod, "status", "conditions"))
    if (base::find_string(each, "type") == "Ready")
      return base::find_string(each, "status") == "True";
  return false;
}

bool is_terminating(const json::value& pod) {
  return !base::find_string(pod, "metadata", "deletionTimestamp").empty();
}

bool has_ended(const json::value& pod) {
  std::string_view phase = base::find_string(pod, "status", "phase");
  return phase == "Failed" || phase == "Succeeded";
}

std::string address_of(const json::value& pod, std::string_view family) {
  bool v6 = family == "IPv6";
  for (const json::value& each : array_of(pod, "status", "podIPs")) {
    std::string_view ip = base::find_string(each, "ip");
    if (!ip.empty() && ip.contains(':') == v6) return std::string(ip);
  }
  std::string_view ip = base::find_string(pod, "status", "podIP");
  return !ip.empty() && ip.contains(':') == v6 ? std::string(ip) : "";
}

std::optional<int64_t> named_port(const json::value& pod, std::string_view list,
                                  std::string_view name, std::string_view protocol) {
  for (const json::value& container : array_of(pod, "spec", list)) {
    // Of init containers only those that go on running (sidecars) serve.
    if (list == "initContainers" && base::find_string(container, "restartPolicy") != "Always")
      continue;
    for (const json::value& port : array_of(container, "ports")) {
      std::string_view has = base::find_string(port, "protocol");
      const json::value* number = base::find(port, "containerPort");
      if (base::find_string(port, "name") == name && (has.empty() ? "TCP" : has) == protocol &&
          number != nullptr && number->is_int64())
        return number->get_int64();
    }
  }
  return std::nullopt;
}

std::optional<int64_t> target_port(const json::value& port, const json::value& pod,
                                   std::string_view protocol) {
  const json::value* target = base::find(port, "targetPort");
  if (target == nullptr) target = base::find(port, "port");
  if (target == nullptr) return std::nullopt;
  if (target->is_int64()) return target->get_int64();
  if (!target->is_string()) return std::nullopt;
  std::string_view name = target->get_string();
  auto found = named_port(pod, "containers", name, protocol);
  return found ? found : named_port(pod, "initContainers", name, protocol);
}

/// The Service's ports as this Pod serves them; those that it does not are left out.
json::array ports_of(const json::value& service, const json::value& pod) {
  json::array out;
  for (const json::value& port : array_of(service, "spec", "ports")) {
    std::string_view protocol = base::find_string(port, "protocol");
    if (protocol.empty()) protocol = "TCP";
    auto number = target_port(port, pod, protocol);
    if (!number) continue;
    json::object made{
        {"name", base::find_string(port, "name")}, {"port", *number}, {"protocol", protocol}};
    std::string_view app = base::find_string(port, "appProtocol");
    if (!app.empty()) made["appProtocol"] = app;
    out.push_back(std::move(made));
  }
  return out;
}

json::object reference_to(const json::value& pod) {
  return {{"kind", "Pod"},
          {"namespace", base::find_string(pod, "metadata", "namespace")},
          {"name", base::find_string(pod, "metadata", "name")},
          {"uid", base::find_string(pod, "metadata", "uid")}};
}

std::string_view hostname_of(const json::value& service, const json::value& pod) {
  std::string_view subdomain = base::find_string(pod, "spec", "subdomain");
  if (subdomain.empty() || subdomain != base::find_string(service, "metadata", "name")) return "";
  return base::find_string(pod, "spec", "hostname");
}

json::object endpoint_of(const json::value& service, const Backend& backend, std::string address) {
  const json::value& pod = *backend.pod;
  bool serving = is_ready(pod);
  bool terminating = is_terminating(pod);
  bool ready = flag(service, "spec", "publishNotReadyAddresses") || (serving && !terminating);
  json::object out{
      {"addresses", json::array{json::value(address)}},
      {"conditions", {{"ready", ready}, {"serving", serving}, {"terminating", terminating}}}};
  if (std::string_view host = hostname_of(service, pod); !host.empty()) out["hostname"] = host;
  out["targetRef"] = reference_to(pod);
  std::string_view node = base::find_string(pod, "spec", "nodeName");
  if (!node.empty()) out["nodeName"] = node;
  if (!backend.zone.empty()) out["zone"] = backend.zone;
  return out;
}

}  // namespace

bool selects_pods(const json::value& service) {
  const json::value* selector = base::find(service, "spec", "selector");
  return selector != nullptr && selector->is_object() && !selector->get_object().empty() &&
         base::find_string(service, "spec", "type") != "ExternalName";
}

std::vector<std::string> families_of(const json::value& service) {
  std::vector<std::string> out;
  for (const json::value& each : array_of(service, "spec", "ipFamilies"))
    if (each.is_string()) out.emplace_back(each.get_string());
  if (out.empty())
    out.emplace_back(base::find_string(service, "spec", "clusterIP").contains(':') ? "IPv6"
                                                                                   : "IPv4");
  return out;
}

bool is_headless(const json::value& service) {
  return base::find_string(service, "spec", "clusterIP") == "None";
}

std::vector<BackendGroup> groups_of(const json::value& service,
                                    const std::vector<Backend>& backends) {
  std::vector<BackendGroup> out;
  for (const std::string& family : families_of(service)) {
    std::map<std::string, BackendGroup> groups;  // by their ports
    for (const Backend& backend : backends) {
      const json::value& pod = *backend.pod;
      std::string address = address_of(pod, family);
      if (address.empty() || has_ended(pod)) continue;
      json::array ports = ports_of(service, pod);
      // A Pod that serves none of the ports is no endpoint; a headless Service may have no ports.
      if (ports.empty() && !array_of(service, "spec", "ports").empty()) continue;
      BackendGroup& group = groups[base::to_json(ports)];
      group.address_type = family;
      group.ports = std::move(ports);
      group.endpoints.push_back(endpoint_of(service, backend, std::move(address)));
    }
    if (groups.empty()) groups[""].address_type = family;
    for (auto& [key, group] : groups) out.push_back(std::move(group));
  }
  return out;
}

json::array subsets_of(const json::value& service, const std::vector<Backend>& backends) {
  struct Address {
    json::object value;
    bool ready;
  };
  std::string family = families_of(service).front();
  bool publish = flag(service, "spec", "publishNotReadyAddresses");
  std::map<std::string, Address> addresses;                 // by text: their order
  std::map<std::string, std::vector<std::string>> of_port;  // port -> addresses that have it
  for (const Backend& backend : backends) {
    const json::value& pod = *backend.pod;
    std::string ip = address_of(pod, family);
    if (ip.empty() || has_ended(pod) || (is_terminating(pod) && !publish)) continue;
    json::array ports = ports_of(service, pod);
    if (ports.empty() && !array_of(service, "spec", "ports").empty()) continue;
    if (addresses.size() == kMaxAddresses) break;
    json::object address{{"ip", ip}};
    if (std::string_view host = hostname_of(service, pod); !host.empty())
      address["hostname"] = host;
    std::string_view node = base::find_string(pod, "spec", "nodeName");
    if (!node.empty()) address["nodeName"] = node;
    address["targetRef"] = reference_to(pod);
    std::string key = base::to_json(address);
    addresses[key] = {std::move(address), publish || is_ready(pod)};
    for (const json::value& port : ports) of_port[base::to_json(port)].push_back(key);
    if (ports.empty()) of_port[""].push_back(key);
  }
  // Ports that the same addresses have make one subset.
  std::map<std::vector<std::string>, json::array> subsets;
  for (auto& [port, keys] : of_port) {
    std::sort(keys.begin(), keys.end());
    json::array& ports = subsets[keys];
    if (port.empty()) continue;
    auto value = base::parse_json(port);
    if (base::find_string(*value, "name").empty()) value->as_object().erase("name");
    ports.push_back(std::move(*value));
  }
  json::array out;
  for (auto& [keys, ports] : subsets) {
    json::object subset;
    for (const std::string& key : keys) {
      const Address& address = addresses[key];
      json::value& list = subset[address.ready ? "addresses" : "notReadyAddresses"];
      if (!list.is_array()) list.emplace_array();
      list.get_array().push_back(address.value);
    }
    if (!ports.empty()) subset["ports"] = std::move(ports);
    out.push_back(std::move(subset));
  }
  return out;
}

}  // namespace nanika::apiserver::loops
