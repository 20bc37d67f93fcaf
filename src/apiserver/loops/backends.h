// What a Service with a selector points at: pure, from the Service's and its Pods' JSON.
// Upstream: k8s.io/endpointslice (podToEndpoint, getEndpointPorts), pkg/controller/endpoint.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace nanika::apiserver::loops {

namespace json = boost::json;

/// One address family and one set of ports: what fills EndpointSlices of its own.
struct BackendGroup {
  std::string address_type;  ///< IPv4 or IPv6
  json::array ports;         ///< of EndpointSlices
  std::vector<json::object> endpoints;
};

/// A Pod as endpoints see it.
struct Backend {
  const json::value* pod = nullptr;
  std::string zone;  ///< of its node; may be empty
};

/// True for kinds of Services that get endpoints by their selector.
bool selects_pods(const json::value& service);
/// ["IPv4"], ["IPv6"] or both, the first one primary.
std::vector<std::string> families_of(const json::value& service);
bool is_headless(const json::value& service);

/// Groups for EndpointSlices; of each family one at least, maybe without endpoints and ports.
std::vector<BackendGroup> groups_of(const json::value& service,
                                    const std::vector<Backend>& backends);
/// `subsets` of the Endpoints object: the primary family, at most 1,000 addresses.
json::array subsets_of(const json::value& service, const std::vector<Backend>& backends);

}  // namespace nanika::apiserver::loops
