// Network: a named network outside or inside the cluster; users name one and get an address that
// fits it.
#pragma once

#include "api/network/common.h"

namespace nanika::api {

enum class AllocationStrategy : uint8_t { kSequential, kRandom, kLeastRecentlyUsed };
constexpr std::array<std::string_view, 3> enum_names(const AllocationStrategy*) {
  return {"Sequential", "Random", "LeastRecentlyUsed"};
}
enum class ReclaimPolicy : uint8_t { kRelease, kRetain };
constexpr std::array<std::string_view, 2> enum_names(const ReclaimPolicy*) {
  return {"Release", "Retain"};
}
enum class Sharing : uint8_t { kNone, kNamespace, kNetwork };
constexpr std::array<std::string_view, 3> enum_names(const Sharing*) {
  return {"None", "Namespace", "Network"};
}

struct Allocation {
  AllocationStrategy strategy = AllocationStrategy::kSequential;
  Duration release_cooldown{std::chrono::seconds(60)};
  ReclaimPolicy reclaim_policy = ReclaimPolicy::kRelease;
  bool operator==(const Allocation&) const = default;
};
constexpr auto describe(const Allocation*) {
  using T = Allocation;
  return object(
      "How addresses are given and taken back.",
      field("strategy", &T::strategy,
            "Which free address is given: Sequential (the lowest), Random, or LeastRecentlyUsed.",
            {.defaulted = true}),
      field(
          "releaseCooldown", &T::release_cooldown,
          "How long a freed address rests before it goes to another; one that was never published "
          "skips it.",
          {.defaulted = true}),
      field("reclaimPolicy", &T::reclaim_policy,
            "What becomes of a TrafficIP that a Service made, when the Service goes: Release gives "
            "the "
            "address back, Retain keeps the TrafficIP.",
            {.defaulted = true}));
}

struct NetworkSpec {
  std::string address_space = "default";
  std::vector<Family> families{Family::kIPv4, Family::kIPv6};
  bool is_default = false;
  std::optional<NamespacePermission> allowed;
  Allocation allocation;
  Sharing sharing = Sharing::kNamespace;
  bool operator==(const NetworkSpec&) const = default;
};
constexpr auto describe(const NetworkSpec*) {
  using T = NetworkSpec;
  return object("What the network is.",
                field("addressSpace", &T::address_space,
                      "Addresses are unique within a space; customers' networks that overlap have "
                      "one each. Immutable.",
                      {.defaulted = true,
                       .max_length = 63,
                       .min_length = 1,
                       .pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
                       .immutable = true}),
                field("families", &T::families,
                      "The address families of the network; the first is the primary one.",
                      {.defaulted = true, .max_items = 2, .min_items = 1, .set = true}),
                field("isDefault", &T::is_default,
                      "Serves those who name no Network. Of two defaults the older one wins and "
                      "the younger one says so."),
                field("allowed", &T::allowed, "Who may take addresses; absent: everybody."),
                field("allocation", &T::allocation, "How addresses are given and taken back."),
                field("sharing", &T::sharing,
                      "Who may share one address by a sharing key: None, consumers of one "
                      "Namespace, or of the whole Network.",
                      {.defaulted = true}));
}

struct NetworkSummary {
  std::string families;
  std::string used;
  bool operator==(const NetworkSummary&) const = default;
};
constexpr auto describe(const NetworkSummary*) {
  using T = NetworkSummary;
  return object("For people and printer columns; programs read the rest of the status.",
                field("families", &T::families, "IPv4,IPv6", {.max_length = 64}),
                field("used", &T::used, "Held addresses of all, a family each: 3/26, 1/2^64.",
                      {.max_length = 128}));
}

struct NetworkStatus {
  int64_t observed_generation = 0;
  std::vector<FamilyUsage> families;
  NetworkSummary summary;
  std::vector<Condition> conditions;
  bool operator==(const NetworkStatus&) const = default;
};
constexpr auto describe(const NetworkStatus*) {
  using T = NetworkStatus;
  return object("What is the case.",
                field("observedGeneration", &T::observed_generation, kObservedText),
                field("families", &T::families, "Addresses by family.",
                      {.max_items = 2, .map_keys = "family"}),
                field("summary", &T::summary, ""),
                field("conditions", &T::conditions,
                      "Ready: pools give addresses. Exhausted: some family has none left.",
                      kConditionsRules));
}

struct Network {
  static constexpr Column kColumns[] = {
      {"Families", "string", ".status.summary.families", "The address families."},
      {"Default", "boolean", ".spec.isDefault", "Serves those who name no Network."},
      {"Used", "string", ".status.summary.used", "Held addresses of all."},
      {"Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status",
       "Pools give addresses."},
      {"Age", "date", ".metadata.creationTimestamp", "Time since creation."},
  };
  static constexpr KindInfo kKind{.group = kNetworkGroup,
                                  .version = kNetworkVersion,
                                  .kind = "Network",
                                  .plural = "networks",
                                  .namespaced = false,
                                  .short_name = "net",
                                  .columns = kColumns};
  ObjectMeta metadata;
  NetworkSpec spec;
  NetworkStatus status;
};
constexpr auto describe(const Network*) {
  using T = Network;
  return object("A named network. Users name it and get an address that fits.",
                field("metadata", &T::metadata, ""),
                field("spec", &T::spec, "", {.required = true}), field("status", &T::status, ""));
}

extern template struct Codec<Network>;

}  // namespace nanika::api
