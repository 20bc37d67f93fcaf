// Reading and writing the parts of a Service that concern its addresses and ports. For
// service_allocator.cc.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "base/json.h"

namespace nanika::apiserver::service_spec {

namespace json = boost::json;

std::string_view type_of(const json::value& service);
std::vector<std::string> strings_at(const json::value& spec, std::string_view key);
/// Sets the list, or removes it when it is empty.
void set_strings(json::value& spec, std::string_view key, const std::vector<std::string>& list);

std::vector<std::string> cluster_ips(const json::value& service);
/// The cluster IPs that are addresses ("None" is not).
std::vector<base::IpAddress> addresses_of(const json::value& service);
/// Node ports and the health check's.
std::set<int> ports_of(const json::value& service);
bool needs_node_ports(const json::value& service);

/// clusterIP and clusterIPs say the same when a client changed only one (old clients know only the
/// first).
void normalize(json::value& service, const json::value* old);
/// A PUT that leaves out what was allocated keeps it.
void keep_allocated(json::value& service, const json::value& old);
/// Of an ExternalName: no addresses, no families.
void clear_addresses(json::value& service);

}  // namespace nanika::apiserver::service_spec
