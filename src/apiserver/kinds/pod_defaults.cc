// What a client may leave out of a Pod: see pod.h.
#include <algorithm>
#include <cctype>

#include "apiserver/kinds/access.h"
#include "apiserver/kinds/pod.h"

namespace nanika::apiserver::kinds {

namespace {

json::array* list_in(json::value& object, std::string_view key) {
  json::value* at = object.is_object() ? object.get_object().if_contains(key) : nullptr;
  return at != nullptr && at->is_array() ? &at->get_array() : nullptr;
}

json::value* object_in(json::value& object, std::string_view key) {
  json::value* at = object.is_object() ? object.get_object().if_contains(key) : nullptr;
  return at != nullptr && at->is_object() ? at : nullptr;
}

void set_if_empty(json::value& object, std::string_view key, std::string_view text) {
  if (string_at(object, key).empty()) object.as_object()[key] = text;
}

void set_if_zero(json::value& object, std::string_view key, int64_t number) {
  if (int_at(object, key) == 0) object.as_object()[key] = number;
}

// An image without tag and digest means its latest one. What is no reference at all does not.
bool is_latest(std::string_view image) {
  bool readable = std::ranges::all_of(image, [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("._-/:@").contains(static_cast<char>(c));
  });
  if (image.empty() || !readable) return false;
  size_t at = image.find('@');
  std::string_view name = image.substr(0, at);
  if (size_t slash = name.rfind('/'); slash != name.npos) name.remove_prefix(slash + 1);
  size_t colon = name.find(':');
  if (colon == name.npos) return at == image.npos;
  return name.substr(colon + 1) == "latest";
}

void default_http_get(json::value* handler) {
  json::value* get = handler != nullptr ? object_in(*handler, "httpGet") : nullptr;
  if (get == nullptr) return;
  set_if_empty(*get, "path", "/");
  set_if_empty(*get, "scheme", "HTTP");
}

void default_probe(json::value& container, std::string_view key) {
  json::value* probe = object_in(container, key);
  if (probe == nullptr) return;
  set_if_zero(*probe, "timeoutSeconds", 1);
  set_if_zero(*probe, "periodSeconds", 10);
  set_if_zero(*probe, "successThreshold", 1);
  set_if_zero(*probe, "failureThreshold", 3);
  default_http_get(probe);
  if (json::value* grpc = object_in(*probe, "grpc")) set_default(*grpc, "service", "");
}

void default_field_ref(json::value* source) {
  json::value* field = source != nullptr ? object_in(*source, "fieldRef") : nullptr;
  if (field != nullptr) set_if_empty(*field, "apiVersion", "v1");
}

void default_container(json::value& container) {
  set_if_empty(container, "imagePullPolicy",
               is_latest(string_at(container, "image")) ? "Always" : "IfNotPresent");
  set_if_empty(container, "terminationMessagePath", "/dev/termination-log");
  set_if_empty(container, "terminationMessagePolicy", "File");
  make_object(container, "resources");  // Go always writes it
  if (json::array* ports = list_in(container, "ports")) {
    for (json::value& port : *ports) {
      if (port.is_object()) set_if_empty(port, "protocol", "TCP");
    }
  }
  if (json::array* env = list_in(container, "env")) {
    for (json::value& each : *env) default_field_ref(object_in(each, "valueFrom"));
  }
  for (std::string_view key : {"livenessProbe", "readinessProbe", "startupProbe"}) {
    default_probe(container, key);
  }
  if (json::value* lifecycle = object_in(container, "lifecycle")) {
    default_http_get(object_in(*lifecycle, "postStart"));
    default_http_get(object_in(*lifecycle, "preStop"));
  }
}

// Requests default to limits; of Pods alone, not of templates.
void default_requests(json::value& container) {
  json::value& resources = make_object(container, "resources");
  if (!member(resources, "limits").is_object()) return;
  json::object limits = object_at(resources, "limits");
  json::value& requests = make_object(resources, "requests");
  for (auto& [key, value] : limits) set_default(requests, key, std::move(value));
}

void default_host_ports(json::value& container) {
  json::array* ports = list_in(container, "ports");
  if (ports == nullptr) return;
  for (json::value& port : *ports) {
    if (port.is_object()) set_if_zero(port, "hostPort", int_at(port, "containerPort"));
  }
}

void default_items(json::value& source) {
  if (json::array* items = list_in(source, "items")) {
    for (json::value& item : *items) default_field_ref(&item);
  }
}

void default_volume(json::value& volume) {
  if (!volume.is_object()) return;
  bool has_source = false;
  for (const auto& [key, value] : volume.get_object()) {
    has_source = has_source || (key != "name" && !value.is_null());
  }
  if (!has_source) volume.get_object()["emptyDir"] = json::object();
  for (std::string_view key : {"secret", "configMap", "downwardAPI", "projected"}) {
    if (json::value* source = object_in(volume, key)) set_default(*source, "defaultMode", 0644);
  }
  if (json::value* path = object_in(volume, "hostPath")) set_default(*path, "type", "");
  if (json::value* downward = object_in(volume, "downwardAPI")) default_items(*downward);
  json::value* projected = object_in(volume, "projected");
  json::array* sources = projected != nullptr ? list_in(*projected, "sources") : nullptr;
  if (sources == nullptr) return;
  for (json::value& source : *sources) {
    if (json::value* downward = object_in(source, "downwardAPI")) default_items(*downward);
    if (json::value* token = object_in(source, "serviceAccountToken")) {
      set_default(*token, "expirationSeconds", 3600);
    }
  }
}

bool is_zero(std::string_view quantity) {
  return quantity.empty() || quantity.find_first_of("123456789") == quantity.npos;
}

std::string_view container_qos(const json::value& container) {
  const json::value& resources = member(container, "resources");
  const json::value& requests = member(resources, "requests");
  const json::value& limits = member(resources, "limits");
  bool any = false, all = true;
  for (std::string_view key : {"cpu", "memory"}) {
    std::string_view limit = string_at(limits, key), request = string_at(requests, key);
    any = any || !is_zero(limit) || !is_zero(request);
    all = all && !is_zero(limit) && limit == request;
  }
  return !any ? "BestEffort" : all ? "Guaranteed" : "Burstable";
}

}  // namespace

void default_pod(json::value& pod) {
  json::value& spec = make_object(pod, "spec");
  bool host_network = bool_at(spec, "hostNetwork");
  for (std::string_view key : {"containers", "initContainers", "ephemeralContainers"}) {
    json::array* containers = list_in(spec, key);
    if (containers == nullptr) continue;
    for (json::value& container : *containers) {
      if (!container.is_object()) continue;
      default_container(container);
      if (key == "ephemeralContainers") continue;
      default_requests(container);
      if (host_network) default_host_ports(container);
    }
  }
  if (json::array* volumes = list_in(spec, "volumes")) {
    for (json::value& volume : *volumes) default_volume(volume);
  }
  if (int_at(spec, "terminationGracePeriodSeconds") < 0) {
    spec.get_object()["terminationGracePeriodSeconds"] = 1;
  }
  set_default(spec, "enableServiceLinks", true);
  set_if_empty(spec, "dnsPolicy", "ClusterFirst");
  set_if_empty(spec, "restartPolicy", "Always");
  set_default(spec, "securityContext", json::object());
  set_default(spec, "terminationGracePeriodSeconds", 30);
  set_if_empty(spec, "schedulerName", "default-scheduler");
  // An older name for the same.
  std::string account(string_at(spec, "serviceAccountName"));
  if (account.empty()) account = string_at(spec, "serviceAccount");
  if (account.empty()) return;
  spec.get_object()["serviceAccountName"] = account;
  spec.get_object()["serviceAccount"] = account;
}

std::string_view qos_class(const json::value& pod) {
  const json::value& spec = member(pod, "spec");
  std::string_view out;
  for (std::string_view key : {"initContainers", "containers"}) {
    for (const json::value& container : array_at(spec, key)) {
      std::string_view its = container_qos(container);
      if (its == "Burstable" || (!out.empty() && its != out)) return "Burstable";
      out = its;
    }
  }
  return out.empty() ? "BestEffort" : out;
}

}  // namespace nanika::apiserver::kinds
