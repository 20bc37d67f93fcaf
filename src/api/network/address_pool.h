// AddressPool: the ranges of a Network; the single authority for addresses.
#pragma once

#include "api/network/common.h"

namespace nanika::api {

enum class Assignment : uint8_t { kAutomatic, kManual, kDisabled };
constexpr std::array<std::string_view, 3> enum_names(const Assignment*) {
  return {"Automatic", "Manual", "Disabled"};
}
enum class PoolPurpose : uint8_t { kLoadBalancer, kPod, kGate };
constexpr std::array<std::string_view, 3> enum_names(const PoolPurpose*) {
  return {"LoadBalancer", "Pod", "Gate"};
}

struct AddressPoolSpec {
  NameRef network_ref;
  std::vector<AddressRange> ranges;
  std::vector<AddressRange> excludes;
  int32_t priority = 0;
  Assignment assignment = Assignment::kAutomatic;
  bool reserve_edge_addresses = false;
  std::optional<NamespacePermission> allowed;
  PoolPurpose purpose = PoolPurpose::kLoadBalancer;
  bool operator==(const AddressPoolSpec&) const = default;
};
constexpr auto describe(const AddressPoolSpec*) {
  using T = AddressPoolSpec;
  return object("Which addresses, and for what.",
                field("networkRef", &T::network_ref, "The Network that these addresses belong to.",
                      {.required = true}),
                field("ranges", &T::ranges, "The addresses; both families may be mixed.",
                      {.required = true, .max_items = 256, .min_items = 1}),
                field("excludes", &T::excludes, "Addresses within the ranges that are never given.",
                      {.max_items = 1024}),
                field("priority", &T::priority,
                      "Of several pools that fit, the one with the higher priority gives first."),
                field("assignment", &T::assignment,
                      "Automatic: gives to everybody; Manual: only what is asked for by pool or "
                      "address; Disabled: gives "
                      "nothing, to drain the pool. Held addresses stay.",
                      {.defaulted = true}),
                field("reserveEdgeAddresses", &T::reserve_edge_addresses,
                      "Keeps the first and the last address of each IPv4 CIDR free."),
                field("allowed", &T::allowed,
                      "Narrows who may take addresses, further than the Network does."),
                field("purpose", &T::purpose, "LoadBalancer, Pod (blocks for nodes) or Gate.",
                      {.defaulted = true}));
}

struct PoolSummary {
  std::string used;
  bool operator==(const PoolSummary&) const = default;
};
constexpr auto describe(const PoolSummary*) {
  return object("For people and printer columns; programs read the rest of the status.",
                field("used", &PoolSummary::used,
                      "Held addresses of all, a family each: 3/26, 1/2^64.", {.max_length = 128}));
}

struct AddressPoolStatus {
  int64_t observed_generation = 0;
  std::vector<FamilyUsage> families;
  PoolSummary summary;
  std::vector<Condition> conditions;
  bool operator==(const AddressPoolStatus&) const = default;
};
constexpr auto describe(const AddressPoolStatus*) {
  using T = AddressPoolStatus;
  return object("What is the case.",
                field("observedGeneration", &T::observed_generation, kObservedText),
                field("families", &T::families, "Addresses by family.",
                      {.max_items = 2, .map_keys = "family"}),
                field("summary", &T::summary, ""),
                field("conditions", &T::conditions,
                      "Ready: gives addresses. Conflicted: overlaps an older pool, and gives "
                      "nothing of that part. "
                      "Draining: Disabled, or being deleted while addresses are held. "
                      "OutOfRangeInUse: addresses "
                      "outside the ranges are still held.",
                      kConditionsRules));
}

struct AddressPool {
  static constexpr Column kColumns[] = {
      {"Network", "string", ".spec.networkRef.name", "The Network of the pool."},
      {"Assignment", "string", ".spec.assignment", "Automatic, Manual or Disabled."},
      {"Priority", "integer", ".spec.priority", "Higher gives first."},
      {"Used", "string", ".status.summary.used", "Held addresses of all."},
      {"Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status", "Gives addresses."},
      {"Age", "date", ".metadata.creationTimestamp", "Time since creation."},
      {"Purpose", "string", ".spec.purpose", "LoadBalancer, Pod or Gate.", 1},
  };
  static constexpr KindInfo kKind{.group = kNetworkGroup,
                                  .version = kNetworkVersion,
                                  .kind = "AddressPool",
                                  .plural = "addresspools",
                                  .namespaced = false,
                                  .short_name = "pool",
                                  .columns = kColumns};
  ObjectMeta metadata;
  AddressPoolSpec spec;
  AddressPoolStatus status;
};
constexpr auto describe(const AddressPool*) {
  using T = AddressPool;
  return object("Addresses of a Network that nanika may give.", field("metadata", &T::metadata, ""),
                field("spec", &T::spec, "", {.required = true}), field("status", &T::status, ""));
}

extern template struct Codec<AddressPool>;

}  // namespace nanika::api
