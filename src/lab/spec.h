// The lab file, read. Every list may be left out; names are DNS labels, unique in the lab.
//
//   name: quickstart
//   nodes:
//   - name: node-1
//     sysctls: {net.ipv4.fib_multipath_hash_policy: "1"}   # forwarding is on for nodes and routers
//     routes: [{to: 10.0.0.0/8, via: 192.0.2.1}, {to: "2001:db8:f::/48", type: Blackhole}]
//   routers:
//   - name: edge-1
//     engine: FRR                                          # the only one so far
//     asn: 64500
//     routerID: 192.0.2.1
//     networks: [198.51.100.0/24]                          # announced to all neighbors
//     neighbors:
//     - {address: 192.0.2.10, asn: 64512, families: [IPv4, IPv6], password: x, bfd: true, passive:
//     true} extraConfig: |                                       # more lines of FRR's
//     configuration
//       ip prefix-list any permit any
//   sites:                                                 # customers: routes, and nothing that
//   runs
//   - name: client-1
//     routes: [{to: 0.0.0.0/0, via: 198.51.100.1}]
//   workloads:                                             # each serves a page that says who it is
//   - {name: www-1, namespace: shop, pod: www-1, labels: {app: www}, port: 8080}
//   links:                                                 # veth pairs
//   - - {member: node-1, addresses: [192.0.2.10/24, "2001:db8:2::10/64"]}
//     - {member: edge-1, interface: uplink, addresses: [192.0.2.1/24, "2001:db8:2::1/64"]}
//
// An interface is named after the member at its other end, when the file does not name it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ip.h"
#include "base/result.h"

namespace nanika::lab {

struct RouteSpec {
  base::IpPrefix to;
  std::optional<base::IpAddress> via;  ///< none: blackhole
};

/// What all members have.
struct MemberSpec {
  std::string name;
  std::map<std::string, std::string> sysctls;  ///< net.* only
  std::vector<RouteSpec> routes;
};

struct NodeSpec : MemberSpec {};
struct SiteSpec : MemberSpec {};

struct NeighborSpec {
  base::IpAddress address;
  uint32_t asn = 0;
  bool ipv4 = true;  ///< families
  bool ipv6 = true;
  std::string password;
  bool bfd = false;
  bool passive = false;
};

struct RouterSpec : MemberSpec {
  uint32_t asn = 0;
  base::IpAddress router_id;
  std::vector<base::IpPrefix> networks;
  std::vector<NeighborSpec> neighbors;
  std::string extra_config;
};

/// Plays a Pod: whoever publishes it as one finds here what to write.
struct WorkloadSpec : MemberSpec {
  std::string pod_namespace = "default";  ///< `namespace`
  std::string pod;                        ///< the workload's name when left out
  std::map<std::string, std::string> labels;
  uint16_t port = 8080;
};

/// An address with the length of its link's prefix.
struct AddressSpec {
  base::IpAddress address;
  int length = 0;
  std::string str() const;
};
struct LinkEnd {
  std::string member;
  std::string interface;
  std::vector<AddressSpec> addresses;
};
using LinkSpec = std::pair<LinkEnd, LinkEnd>;

struct LabSpec {
  std::string name;
  std::vector<NodeSpec> nodes;
  std::vector<RouterSpec> routers;
  std::vector<SiteSpec> sites;
  std::vector<WorkloadSpec> workloads;
  std::vector<LinkSpec> links;

  /// Of all links of a member, in the file's order.
  std::vector<AddressSpec> addresses_of(std::string_view member) const;
  /// The node that a workload (or other member) is linked to; "" when there is none.
  std::string node_of(std::string_view member) const;
};

/// kInvalid: "lab.yaml:12:7: routers[0].asn: 0 is no AS number: want 1 to 4294967294". Unknown
/// fields are refused. `file` is for messages.
base::Result<LabSpec> parse_lab(std::string_view text, std::string_view file);

/// 1 to 23 small letters, digits and '-'.
bool is_lab_name(std::string_view text);
/// "<lab>-<member>"
std::string netns_of(std::string_view lab, std::string_view member);

}  // namespace nanika::lab
