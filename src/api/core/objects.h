// The upstream kinds of which nanika reads little: Namespace, ConfigMap, Secret, Lease, Event.
#pragma once

#include <map>
#include <string>

#include "api/codec.h"
#include "api/meta.h"

namespace nanika::api {

struct Namespace {
  static constexpr KindInfo kKind{.group = "",
                                  .version = "v1",
                                  .kind = "Namespace",
                                  .plural = "namespaces",
                                  .namespaced = false};
  ObjectMeta metadata;
};
constexpr auto describe(const Namespace*) {
  return object("", field("metadata", &Namespace::metadata, ""));
}

struct ConfigMap {
  static constexpr KindInfo kKind{
      .group = "", .version = "v1", .kind = "ConfigMap", .plural = "configmaps"};
  ObjectMeta metadata;
  std::map<std::string, std::string> data;
};
constexpr auto describe(const ConfigMap*) {
  return object("", field("metadata", &ConfigMap::metadata, ""),
                field("data", &ConfigMap::data, ""));
}

struct Secret {
  static constexpr KindInfo kKind{
      .group = "", .version = "v1", .kind = "Secret", .plural = "secrets"};
  ObjectMeta metadata;
  std::string type;
  std::map<std::string, std::string> data;  ///< values in base64
};
constexpr auto describe(const Secret*) {
  return object("", field("metadata", &Secret::metadata, ""), field("type", &Secret::type, ""),
                field("data", &Secret::data, ""));
}

struct LeaseSpec {
  std::string holder_identity;
  int32_t lease_duration_seconds = 0;
  MicroTime acquire_time;
  MicroTime renew_time;
  int32_t lease_transitions = 0;
  bool operator==(const LeaseSpec&) const = default;
};
constexpr auto describe(const LeaseSpec*) {
  using T = LeaseSpec;
  return object("", field("holderIdentity", &T::holder_identity, "", {.keep = true}),
                field("leaseDurationSeconds", &T::lease_duration_seconds, ""),
                field("acquireTime", &T::acquire_time, ""), field("renewTime", &T::renew_time, ""),
                field("leaseTransitions", &T::lease_transitions, "", {.keep = true}));
}

struct Lease {
  static constexpr KindInfo kKind{
      .group = "coordination.k8s.io", .version = "v1", .kind = "Lease", .plural = "leases"};
  ObjectMeta metadata;
  LeaseSpec spec;
};
constexpr auto describe(const Lease*) {
  return object("", field("metadata", &Lease::metadata, ""), field("spec", &Lease::spec, ""));
}

struct ObjectReference {
  std::string api_version;
  std::string kind;
  std::string namespace_;
  std::string name;
  std::string uid;
  std::string resource_version;
  std::string field_path;
  bool operator==(const ObjectReference&) const = default;
};
constexpr auto describe(const ObjectReference*) {
  using T = ObjectReference;
  return object("", field("apiVersion", &T::api_version, ""), field("kind", &T::kind, ""),
                field("namespace", &T::namespace_, ""), field("name", &T::name, ""),
                field("uid", &T::uid, ""), field("resourceVersion", &T::resource_version, ""),
                field("fieldPath", &T::field_path, ""));
}

struct EventSource {
  std::string component;
  std::string host;
  bool operator==(const EventSource&) const = default;
};
constexpr auto describe(const EventSource*) {
  return object("", field("component", &EventSource::component, ""),
                field("host", &EventSource::host, ""));
}

struct Event {
  static constexpr KindInfo kKind{
      .group = "", .version = "v1", .kind = "Event", .plural = "events"};
  ObjectMeta metadata;
  ObjectReference involved_object;
  std::string type;  ///< Normal, Warning
  std::string reason;
  std::string message;
  EventSource source;
  Time first_timestamp;
  Time last_timestamp;
  int32_t count = 0;
  std::string reporting_component;
  std::string reporting_instance;
};
constexpr auto describe(const Event*) {
  using T = Event;
  return object("", field("metadata", &T::metadata, ""),
                field("involvedObject", &T::involved_object, "", {.keep = true}),
                field("type", &T::type, ""), field("reason", &T::reason, ""),
                field("message", &T::message, ""), field("source", &T::source, ""),
                field("firstTimestamp", &T::first_timestamp, ""),
                field("lastTimestamp", &T::last_timestamp, ""), field("count", &T::count, ""),
                field("reportingComponent", &T::reporting_component, "", {.keep = true}),
                field("reportingInstance", &T::reporting_instance, "", {.keep = true}));
}

extern template struct Codec<Namespace>;
extern template struct Codec<ConfigMap>;
extern template struct Codec<Secret>;
extern template struct Codec<Lease>;
extern template struct Codec<Event>;

}  // namespace nanika::api
