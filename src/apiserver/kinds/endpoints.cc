#include "apiserver/kinds/access.h"
#include "apiserver/kinds/ip_fields.h"
#include "apiserver/kinds/object_meta.h"
#include "apiserver/kinds/rows.h"

namespace nanika::apiserver::kinds {

namespace {

void set_defaults(json::value& object) {
  json::value* subsets = object.as_object().if_contains("subsets");
  if (subsets == nullptr || !subsets->is_array()) return;
  for (json::value& subset : subsets->get_array()) {
    json::value* ports = subset.is_object() ? subset.get_object().if_contains("ports") : nullptr;
    if (ports == nullptr || !ports->is_array()) continue;
    for (json::value& port : ports->get_array()) {
      if (string_at(port, "protocol").empty()) port.as_object()["protocol"] = "TCP";
    }
  }
}

void validate_address(const json::value& address, const Path& path, Causes& causes) {
  std::string_view ip = string_at(address, "ip"), host = string_at(address, "hostname");
  validate_ip(ip, path.child("ip"), causes);
  if (!host.empty()) invalid(causes, path.child("hostname"), host, dns1123_label(host));
  if (has(address, "nodeName")) {
    std::string_view node = string_at(address, "nodeName");
    invalid(causes, path.child("nodeName"), node, dns1123_subdomain(node));
  }
  validate_endpoint_ip(ip, path.child("ip"), causes);
}

void validate_port(const json::value& port, bool name_needed, const Path& path, Causes& causes) {
  std::string_view name = string_at(port, "name"), protocol = string_at(port, "protocol");
  if (name_needed && name.empty()) {
    required(causes, path.child("name"));
  } else if (!name.empty()) {
    invalid(causes, path.child("name"), name, dns1123_label(name));
  }
  int64_t number = int_at(port, "port");
  for (const std::string& problem : port_number(number)) {
    invalid(causes, path.child("port"), json::value(number), problem);
  }
  if (protocol.empty()) {
    required(causes, path.child("protocol"));
  } else if (protocol != "TCP" && protocol != "UDP" && protocol != "SCTP") {
    not_supported(causes, path.child("protocol"), protocol, {"SCTP", "TCP", "UDP"});
  }
  if (has(port, "appProtocol")) {
    std::string_view app = string_at(port, "appProtocol");
    invalid(causes, path.child("appProtocol"), app, label_key(app));
  }
}

void validate(const json::value& object, Causes& causes) {
  const json::array& subsets = array_at(object, "subsets");
  Path root("subsets");
  for (size_t i = 0; i < subsets.size(); ++i) {
    Path path = root.at(i);
    if (array_at(subsets[i], "addresses").empty() &&
        array_at(subsets[i], "notReadyAddresses").empty()) {
      required(causes, path, "must specify `addresses` or `notReadyAddresses`");
    }
    for (std::string_view key : {"addresses", "notReadyAddresses"}) {
      const json::array& addresses = array_at(subsets[i], key);
      Path list = path.child(key);
      for (size_t j = 0; j < addresses.size(); ++j) {
        validate_address(addresses[j], list.at(j), causes);
      }
    }
    const json::array& ports = array_at(subsets[i], "ports");
    Path list = path.child("ports");
    for (size_t j = 0; j < ports.size(); ++j) {
      validate_port(ports[j], ports.size() > 1, list.at(j), causes);
    }
  }
}

std::string join_host_port(std::string_view ip, int64_t port) {
  return ip.contains(':') ? fmt::format("[{}]:{}", ip, port) : fmt::format("{}:{}", ip, port);
}

// The first three endpoints, and how many more there are.
std::string endpoints(const json::value& object) {
  const json::array& subsets = array_at(object, "subsets");
  if (subsets.empty()) return "<none>";
  constexpr size_t kShown = 3;
  std::string out;
  size_t count = 0;
  auto add = [&](std::string endpoint) {
    if (count++ < kShown) out += (out.empty() ? "" : ",") + endpoint;
  };
  for (const json::value& subset : subsets) {
    const json::array& ports = array_at(subset, "ports");
    for (size_t i = 0; i < std::max<size_t>(ports.size(), 1); ++i) {
      for (const json::value& address : array_at(subset, "addresses")) {
        std::string_view ip = string_at(address, "ip");
        add(ports.empty() ? std::string(ip) : join_host_port(ip, int_at(ports[i], "port")));
      }
    }
  }
  if (count > kShown) out += fmt::format(" + {} more...", count - kShown);
  return out;
}

json::array row(const json::value& object, base::WallTime now) {
  return {base::find_string(object, "metadata", "name"), endpoints(object), age_of(object, now)};
}

}  // namespace

Kind endpoints_kind(const schema::SchemaSet& schemas) {
  Kind kind =
      make_kind(schemas, "", "v1", "io.k8s.api.core.v1.Endpoints", "Endpoints", "endpoints", true);
  kind.short_names = {"ep"};
  kind.create_on_update = true;
  fill_in(kind.views[0], {{"metadata", json::object()}}, set_defaults);
  kind.strategy = meta_strategy(true, name_is_dns_subdomain, validate);
  kind.warnings = [](const json::value&, const json::value*) -> std::vector<std::string> {
    return {"v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"};
  };
  kind.columns = {name_column(),
                  {.name = "Endpoints", .description = "The addresses and ports that serve."},
                  age_column()};
  kind.row = row;
  return kind;
}

}  // namespace nanika::apiserver::kinds
