// RouteAdvertisement: what is announced to which routers, and how.
#pragma once

#include "api/network/common.h"

namespace nanika::api {

enum class SourceKind : uint8_t { kTrafficIP, kPrefix, kPodBlock, kNodeRoute, kGate };
constexpr std::array<std::string_view, 5> enum_names(const SourceKind*) {
  return {"TrafficIP", "Prefix", "PodBlock", "NodeRoute", "Gate"};
}
enum class AdvertiseWhen : uint8_t { kEndpointsReady, kAllocated };
constexpr std::array<std::string_view, 2> enum_names(const AdvertiseWhen*) {
  return {"EndpointsReady", "Allocated"};
}

struct AdvertisementSource {
  SourceKind kind = SourceKind::kTrafficIP;
  std::optional<NameRef> network_ref;
  std::optional<LabelSelector> pool_selector;
  std::optional<LabelSelector> namespace_selector;
  std::vector<std::string> prefixes;
  bool operator==(const AdvertisementSource&) const = default;
};
constexpr auto describe(const AdvertisementSource*) {
  using T = AdvertisementSource;
  return object(
      "What is announced.",
      field("kind", &T::kind, "TrafficIP, Prefix, PodBlock, NodeRoute or Gate.",
            {.required = true}),
      field("networkRef", &T::network_ref, "For TrafficIP: of this Network alone."),
      field("poolSelector", &T::pool_selector, "For TrafficIP: from pools with these labels."),
      field("namespaceSelector", &T::namespace_selector,
            "For TrafficIP: in namespaces with these labels."),
      field("prefixes", &T::prefixes, "For Prefix.", {.max_length = 43, .max_items = 256}));
}

struct Aggregation {
  int32_t ipv4_prefix_length = 32;
  int32_t ipv6_prefix_length = 128;
  bool operator==(const Aggregation&) const = default;
};
constexpr auto describe(const Aggregation*) {
  using T = Aggregation;
  return object("Announces the covering prefix of this length instead of each address.",
                field("ipv4PrefixLength", &T::ipv4_prefix_length, "",
                      {.defaulted = true, .min = 1, .max = 32}),
                field("ipv6PrefixLength", &T::ipv6_prefix_length, "",
                      {.defaulted = true, .min = 1, .max = 128}));
}

struct RouteAttributes {
  std::vector<std::string> communities;
  std::vector<std::string> large_communities;
  std::optional<int64_t> local_pref;
  std::optional<int64_t> med;
  int32_t prepend = 0;
  bool operator==(const RouteAttributes&) const = default;
};
constexpr auto describe(const RouteAttributes*) {
  using T = RouteAttributes;
  return object(
      "BGP attributes of the routes. A change keeps the session.",
      field("communities", &T::communities,
            "64500:100, or no-export, no-advertise, no-peer, graceful-shutdown, blackhole.",
            {.max_length = 21,
             .max_items = 64,
             .pattern = "^([0-9]{1,5}:[0-9]{1,5}|no-export|no-advertise|no-export-subconfed|no-"
                        "peer|graceful-shutdown|"
                        "blackhole)$"}),
      field(
          "largeCommunities", &T::large_communities, "64500:1:2 (RFC 8092).",
          {.max_length = 32, .max_items = 64, .pattern = "^[0-9]{1,10}:[0-9]{1,10}:[0-9]{1,10}$"}),
      field("localPref", &T::local_pref, "For iBGP peers.", {.min = 0, .max = 4294967295}),
      field("med", &T::med, "Multi-exit discriminator.", {.min = 0, .max = 4294967295}),
      field("prepend", &T::prepend, "Times that our AS number is prepended, for eBGP peers.",
            {.min = 0, .max = 16}));
}

struct RouteAdvertisementSpec {
  std::vector<AdvertisementSource> sources;
  std::optional<LabelSelector> peer_selector;
  std::optional<LabelSelector> node_selector;
  Aggregation aggregation;
  RouteAttributes attributes;
  AdvertiseWhen advertise_when = AdvertiseWhen::kEndpointsReady;
  bool withdraw_on_cordon = false;
  bool operator==(const RouteAdvertisementSpec&) const = default;
};
constexpr auto describe(const RouteAdvertisementSpec*) {
  using T = RouteAdvertisementSpec;
  return object(
      "Which routes go to which routers.",
      field("sources", &T::sources, "What is announced.",
            {.required = true, .max_items = 32, .min_items = 1}),
      field("peerSelector", &T::peer_selector, "BGPPeers with these labels; absent or empty: all."),
      field("nodeSelector", &T::node_selector, "Nodes with these labels; absent or empty: all."),
      field("aggregation", &T::aggregation, ""), field("attributes", &T::attributes, ""),
      field("advertiseWhen", &T::advertise_when,
            "EndpointsReady: while the Service has an endpoint that answers; Allocated: always. A "
            "standing "
            "TrafficIP without target counts as ready.",
            {.defaulted = true}),
      field("withdrawOnCordon", &T::withdraw_on_cordon, "A cordoned node withdraws these routes."));
}

struct RouteAdvertisementStatus {
  int64_t observed_generation = 0;
  std::vector<Condition> conditions;
  bool operator==(const RouteAdvertisementStatus&) const = default;
};
constexpr auto describe(const RouteAdvertisementStatus*) {
  using T = RouteAdvertisementStatus;
  return object("What is the case.",
                field("observedGeneration", &T::observed_generation, kObservedText),
                field("conditions", &T::conditions,
                      "Accepted: sources and attributes are valid and peers are selected.",
                      kConditionsRules));
}

struct RouteAdvertisement {
  static constexpr Column kColumns[] = {
      {"Source", "string", ".spec.sources[0].kind", "The first source."},
      {"Accepted", "string", ".status.conditions[?(@.type==\"Accepted\")].status",
       "It is valid and selects peers."},
      {"Age", "date", ".metadata.creationTimestamp", "Time since creation."},
  };
  static constexpr KindInfo kKind{.group = kNetworkGroup,
                                  .version = kNetworkVersion,
                                  .kind = "RouteAdvertisement",
                                  .plural = "routeadvertisements",
                                  .namespaced = false,
                                  .columns = kColumns};
  ObjectMeta metadata;
  RouteAdvertisementSpec spec;
  RouteAdvertisementStatus status;
};
constexpr auto describe(const RouteAdvertisement*) {
  using T = RouteAdvertisement;
  return object("Which routes nodes announce to which routers.",
                field("metadata", &T::metadata, ""),
                field("spec", &T::spec, "", {.required = true}), field("status", &T::status, ""));
}

extern template struct Codec<RouteAdvertisement>;

}  // namespace nanika::api
