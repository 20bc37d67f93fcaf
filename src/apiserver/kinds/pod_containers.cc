// Rules of a Pod's containers and volumes: see pod.h.
#include <set>

#include "apiserver/kinds/access.h"
#include "apiserver/kinds/names.h"
#include "apiserver/kinds/object_meta.h"
#include "apiserver/kinds/pod.h"

namespace nanika::apiserver::kinds {

namespace {

using Names = std::set<std::string>;

void validate_number(int64_t number, const Path& path, Causes& causes) {
  for (const std::string& problem : port_number(number)) {
    invalid(causes, path, json::value(number), problem);
  }
}

void validate_port_or_name(const json::value& port, const Path& path, Causes& causes) {
  if (port.is_string()) {
    invalid(causes, path, port.get_string(), port_name(port.get_string()));
  } else {
    validate_number(port.is_int64() ? port.get_int64() : 0, path, causes);
  }
}

void validate_ports(const json::value& container, const Path& container_path, Causes& causes) {
  const json::array& ports = array_at(container, "ports");
  Path list = container_path.child("ports");
  Names names;
  for (size_t i = 0; i < ports.size(); ++i) {
    Path path = list.at(i);
    std::string_view name = string_at(ports[i], "name");
    std::string_view protocol = string_at(ports[i], "protocol");
    if (Problems problems = name.empty() ? Problems() : port_name(name); !problems.empty()) {
      invalid(causes, path.child("name"), name, problems);
    } else if (!name.empty() && !names.emplace(name).second) {
      duplicate(causes, path.child("name"), name);
    }
    int64_t number = int_at(ports[i], "containerPort"), host = int_at(ports[i], "hostPort");
    if (number == 0) {
      required(causes, path.child("containerPort"));
    } else {
      validate_number(number, path.child("containerPort"), causes);
    }
    if (host != 0) validate_number(host, path.child("hostPort"), causes);
    if (protocol.empty()) {
      required(causes, path.child("protocol"));
    } else if (protocol != "TCP" && protocol != "UDP" && protocol != "SCTP") {
      not_supported(causes, path.child("protocol"), protocol, {"SCTP", "TCP", "UDP"});
    }
  }
}

void validate_env(const json::value& container, const Path& container_path, Causes& causes) {
  const json::array& env = array_at(container, "env");
  Path list = container_path.child("env");
  for (size_t i = 0; i < env.size(); ++i) {
    Path path = list.at(i), from_path = path.child("valueFrom");
    std::string_view name = string_at(env[i], "name");
    if (name.empty()) {
      required(causes, path.child("name"));
    } else {
      invalid(causes, path.child("name"), name, env_var_name(name));
    }
    const json::value& from = member(env[i], "valueFrom");
    if (!from.is_object()) continue;
    size_t sources = 0;
    for (std::string_view key :
         {"fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"}) {
      sources += has(from, key) ? 1 : 0;
    }
    std::string_view problem;
    if (sources == 0) {
      problem =
          "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` "
          "or `fileKeyRef`";
    } else if (!string_at(env[i], "value").empty()) {
      problem = "may not be specified when `value` is not empty";
    } else if (sources > 1) {
      problem = "may not have more than one field specified at a time";
    }
    if (!problem.empty()) invalid(causes, from_path, std::string_view(), problem);
  }
}

void validate_mounts(const json::value& container, const Names& volumes, const Path& container_path,
                     Causes& causes) {
  const json::array& mounts = array_at(container, "volumeMounts");
  Path list = container_path.child("volumeMounts");
  Names points;
  for (size_t i = 0; i < mounts.size(); ++i) {
    Path path = list.at(i);
    std::string_view name = string_at(mounts[i], "name"), point = string_at(mounts[i], "mountPath");
    if (name.empty()) required(causes, path.child("name"));
    if (!volumes.contains(std::string(name))) not_found(causes, path.child("name"), name);
    if (point.empty()) required(causes, path.child("mountPath"));
    if (!points.emplace(point).second) {
      invalid(causes, path.child("mountPath"), point, "must be unique");
    }
  }
}

void validate_http_get(const json::value& get, const Path& path, Causes& causes) {
  if (string_at(get, "path").empty()) required(causes, path.child("path"));
  validate_port_or_name(member(get, "port"), path.child("port"), causes);
  std::string_view scheme = string_at(get, "scheme");
  if (scheme != "HTTP" && scheme != "HTTPS") {
    not_supported(causes, path.child("scheme"), scheme, {"HTTP", "HTTPS"});
  }
  for (const json::value& header : array_at(get, "httpHeaders")) {
    std::string_view name = string_at(header, "name");
    invalid(causes, path.child("httpHeaders"), name, http_header_name(name));
  }
}

void validate_handler(const json::value& handler, const Path& path, Causes& causes) {
  bool found = false;
  for (std::string_view key : {"exec", "httpGet", "tcpSocket", "grpc", "sleep"}) {
    if (!has(handler, key)) continue;
    Path at = path.child(key);
    if (found) {
      forbidden(causes, at, "may not specify more than 1 handler type");
      continue;
    }
    found = true;
    const json::value& action = member(handler, key);
    if (key == "exec" && array_at(action, "command").empty()) {
      required(causes, at.child("command"));
    } else if (key == "httpGet") {
      validate_http_get(action, at, causes);
    } else if (key == "tcpSocket" || key == "grpc") {
      validate_port_or_name(member(action, "port"), at.child("port"), causes);
    }
  }
  if (!found) required(causes, path, "must specify a handler type");
}

void validate_probes(const json::value& container, const Path& container_path, Causes& causes) {
  for (std::string_view key : {"livenessProbe", "readinessProbe", "startupProbe"}) {
    const json::value& probe = member(container, key);
    if (!probe.is_object()) continue;
    Path path = container_path.child(key);
    validate_handler(probe, path, causes);
    for (std::string_view number : {"initialDelaySeconds", "timeoutSeconds", "periodSeconds",
                                    "successThreshold", "failureThreshold"}) {
      if (int64_t value = int_at(probe, number); value < 0) {
        invalid(causes, path.child(number), json::value(value),
                "must be greater than or equal to 0");
      }
    }
    if (int64_t successes = int_at(probe, "successThreshold");
        key != "readinessProbe" && successes != 1) {
      invalid(causes, path.child("successThreshold"), json::value(successes), "must be 1");
    }
  }
  const json::value& lifecycle = member(container, "lifecycle");
  Path path = container_path.child("lifecycle");
  for (std::string_view key : {"postStart", "preStop"}) {
    if (has(lifecycle, key)) validate_handler(member(lifecycle, key), path.child(key), causes);
  }
}

void validate_policies(const json::value& container, const Path& path, Causes& causes) {
  std::string_view message = string_at(container, "terminationMessagePolicy");
  if (message.empty()) {
    required(causes, path.child("terminationMessagePolicy"));
  } else if (message != "File" && message != "FallbackToLogsOnError") {
    not_supported(causes, path.child("terminationMessagePolicy"), message,
                  {"File", "FallbackToLogsOnError"});
  }
  std::string_view pull = string_at(container, "imagePullPolicy");
  if (pull.empty()) {
    required(causes, path.child("imagePullPolicy"));
  } else if (pull != "Always" && pull != "IfNotPresent" && pull != "Never") {
    not_supported(causes, path.child("imagePullPolicy"), pull, {"Always", "IfNotPresent", "Never"});
  }
}

void validate_container(const json::value& container, const Names& volumes, const Path& path,
                        Causes& causes) {
  std::string_view name = string_at(container, "name"), image = string_at(container, "image");
  if (name.empty()) {
    required(causes, path.child("name"));
  } else {
    invalid(causes, path.child("name"), name, dns1123_label(name));
  }
  if (image.empty()) {
    required(causes, path.child("image"));
  } else if (image.front() == ' ' || image.back() == ' ') {
    invalid(causes, path.child("image"), image, "must not have leading or trailing whitespace");
  }
  validate_ports(container, path, causes);
  validate_env(container, path, causes);
  validate_mounts(container, volumes, path, causes);
  validate_policies(container, path, causes);
}

Names validate_volumes(const json::value& spec, const Path& spec_path, Causes& causes) {
  const json::array& volumes = array_at(spec, "volumes");
  Path list = spec_path.child("volumes");
  Names out;
  for (size_t i = 0; i < volumes.size(); ++i) {
    Path path = list.at(i);
    std::string_view name = string_at(volumes[i], "name");
    std::string_view source;
    if (volumes[i].is_object()) {
      for (const auto& [key, value] : volumes[i].get_object()) {
        if (key == "name" || value.is_null()) continue;
        if (!source.empty()) {
          forbidden(causes, path.child(key), "may not specify more than 1 volume type");
        }
        source = key;
      }
    }
    if (source.empty()) required(causes, path, "must specify a volume type");
    if (name.empty()) {
      required(causes, path.child("name"));
    } else {
      invalid(causes, path.child("name"), name, dns1123_label(name));
    }
    if (!out.emplace(name).second) duplicate(causes, path.child("name"), name);
  }
  return out;
}

void validate_init_container(const json::value& container, const Path& path, Causes& causes) {
  if (string_at(container, "restartPolicy") == "Always") {
    return validate_probes(container, path, causes);
  }
  for (std::string_view key : {"lifecycle", "livenessProbe", "readinessProbe", "startupProbe"}) {
    if (has(container, key)) {
      forbidden(causes, path.child(key),
                "may not be set for init containers without restartPolicy=Always");
    }
  }
}

}  // namespace

void validate_containers(const json::value& spec, const Path& path, Causes& causes) {
  Names volumes = validate_volumes(spec, path, causes);
  const json::array& containers = array_at(spec, "containers");
  Path list = path.child("containers");
  if (containers.empty()) required(causes, list);
  Names names, host_ports;
  for (size_t i = 0; i < containers.size(); ++i) {
    Path at = list.at(i);
    validate_container(containers[i], volumes, at, causes);
    std::string_view name = string_at(containers[i], "name");
    if (!names.emplace(name).second) duplicate(causes, at.child("name"), name);
    validate_probes(containers[i], at, causes);
    const json::array& ports = array_at(containers[i], "ports");
    Path ports_path = at.child("ports");
    for (size_t j = 0; j < ports.size(); ++j) {
      int64_t host = int_at(ports[j], "hostPort");
      if (host == 0) continue;
      std::string key = fmt::format("{}/{}/{}", string_at(ports[j], "protocol"),
                                    string_at(ports[j], "hostIP"), host);
      Path port = ports_path.at(j);
      if (!host_ports.insert(key).second) duplicate(causes, port.child("hostPort"), key);
    }
  }
  const json::array& inits = array_at(spec, "initContainers");
  Path init_list = path.child("initContainers");
  for (size_t i = 0; i < inits.size(); ++i) {
    Path at = init_list.at(i);
    validate_container(inits[i], volumes, at, causes);
    std::string_view name = string_at(inits[i], "name");
    if (!name.empty() && !names.emplace(name).second) duplicate(causes, at.child("name"), name);
    validate_init_container(inits[i], at, causes);
  }
}

}  // namespace nanika::apiserver::kinds
