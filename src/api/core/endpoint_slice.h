// discovery.k8s.io/v1 EndpointSlice.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/codec.h"
#include "api/meta.h"

namespace nanika::api {

struct EndpointConditions {
  std::optional<bool> ready;        ///< absent counts as true
  std::optional<bool> serving;      ///< absent: as ready
  std::optional<bool> terminating;  ///< absent counts as false
  bool operator==(const EndpointConditions&) const = default;
};
constexpr auto describe(const EndpointConditions*) {
  using T = EndpointConditions;
  return object("", field("ready", &T::ready, ""), field("serving", &T::serving, ""),
                field("terminating", &T::terminating, ""));
}

struct Endpoint {
  std::vector<std::string> addresses;
  EndpointConditions conditions;
  std::string hostname;
  std::string node_name;
  bool operator==(const Endpoint&) const = default;
};
constexpr auto describe(const Endpoint*) {
  using T = Endpoint;
  return object("", field("addresses", &T::addresses, ""), field("conditions", &T::conditions, ""),
                field("hostname", &T::hostname, ""), field("nodeName", &T::node_name, ""));
}

struct EndpointPort {
  std::string name;
  std::string protocol = "TCP";
  std::optional<int32_t> port;
  bool operator==(const EndpointPort&) const = default;
};
constexpr auto describe(const EndpointPort*) {
  using T = EndpointPort;
  return object("", field("name", &T::name, ""), field("protocol", &T::protocol, ""),
                field("port", &T::port, ""));
}

struct EndpointSlice {
  static constexpr KindInfo kKind{.group = "discovery.k8s.io",
                                  .version = "v1",
                                  .kind = "EndpointSlice",
                                  .plural = "endpointslices"};
  static constexpr std::string_view kServiceNameLabel = "kubernetes.io/service-name";
  ObjectMeta metadata;
  std::string address_type;  ///< IPv4, IPv6, FQDN
  std::vector<Endpoint> endpoints;
  std::vector<EndpointPort> ports;
};
constexpr auto describe(const EndpointSlice*) {
  using T = EndpointSlice;
  return object("", field("metadata", &T::metadata, ""), field("addressType", &T::address_type, ""),
                field("endpoints", &T::endpoints, ""), field("ports", &T::ports, ""));
}

extern template struct Codec<EndpointSlice>;

}  // namespace nanika::api
