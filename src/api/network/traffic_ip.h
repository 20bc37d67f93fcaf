// TrafficIP: a standing claim on an address of a Network, apart from its consumer.
#pragma once

#include "api/network/common.h"
#include "api/network/network.h"

namespace nanika::api {

enum class FamilyPolicy : uint8_t { kSingleStack, kPreferDualStack, kRequireDualStack };
constexpr std::array<std::string_view, 3> enum_names(const FamilyPolicy*) {
  return {"SingleStack", "PreferDualStack", "RequireDualStack"};
}

struct TargetRef {
  std::string kind;
  std::string name;
  bool operator==(const TargetRef&) const = default;
};
constexpr auto describe(const TargetRef*) {
  using T = TargetRef;
  return object(
      "The consumer, in the same namespace.",
      field("kind", &T::kind, "Service, Gateway or Gate.",
            {.required = true, .max_length = 63, .pattern = "^(Service|Gateway|Gate)$"}),
      field("name", &T::name, "Its name.", {.required = true, .max_length = 253, .min_length = 1}));
}

struct TrafficIPSpec {
  std::optional<NameRef> network_ref;
  std::vector<Family> families;
  FamilyPolicy family_policy = FamilyPolicy::kSingleStack;
  std::vector<std::string> addresses;
  std::vector<NameRef> pool_refs;
  std::optional<LabelSelector> pool_selector;
  std::optional<TargetRef> target_ref;
  std::string sharing_key;
  ReclaimPolicy reclaim_policy = ReclaimPolicy::kRelease;
  bool operator==(const TrafficIPSpec&) const = default;
};
constexpr auto describe(const TrafficIPSpec*) {
  using T = TrafficIPSpec;
  return object(
      "Which addresses are wanted.",
      field("networkRef", &T::network_ref,
            "The Network; absent: the default one. Immutable once allocated."),
      field("families", &T::families,
            "The families wanted, the primary one first; absent: those of the Network.",
            {.max_items = 2, .set = true}),
      field("familyPolicy", &T::family_policy,
            "SingleStack: one address of the first family. PreferDualStack: both where they are to "
            "be had. "
            "RequireDualStack: both, or nothing is published.",
            {.defaulted = true}),
      field("addresses", &T::addresses, "Exactly these addresses, or none; at most one a family.",
            {.max_length = 39, .max_items = 2, .set = true}),
      field("poolRefs", &T::pool_refs, "Only from these pools.", {.max_items = 16}),
      field("poolSelector", &T::pool_selector, "Only from pools with these labels."),
      field("targetRef", &T::target_ref, "Who uses the address; absent: a standing claim."),
      field("sharingKey", &T::sharing_key,
            "Consumers with the same key share one address, where their ports do not clash and the "
            "Network allows.",
            {.max_length = 63, .pattern = "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$"}),
      field("reclaimPolicy", &T::reclaim_policy,
            "Retain keeps the claim when its Service goes; Release gives the address back.",
            {.defaulted = true}));
}

struct TrafficIPSummary {
  std::string addresses;
  std::string target;
  bool operator==(const TrafficIPSummary&) const = default;
};
constexpr auto describe(const TrafficIPSummary*) {
  using T = TrafficIPSummary;
  return object(
      "For people and printer columns; programs read the rest of the status.",
      field("addresses", &T::addresses, "All addresses, joined by commas.", {.max_length = 128}),
      field("target", &T::target, "Kind/name of the consumer.", {.max_length = 320}));
}

struct TrafficIPStatus {
  int64_t observed_generation = 0;
  std::vector<std::string> addresses;
  TrafficIPSummary summary;
  std::vector<Condition> conditions;
  bool operator==(const TrafficIPStatus&) const = default;
};
constexpr auto describe(const TrafficIPStatus*) {
  using T = TrafficIPStatus;
  return object("What is the case.",
                field("observedGeneration", &T::observed_generation, kObservedText),
                field("addresses", &T::addresses, "The addresses held, the primary family first.",
                      {.max_length = 39, .max_items = 2}),
                field("summary", &T::summary, ""),
                field("conditions", &T::conditions,
                      "Allocated: the addresses are held. Bound: the consumer uses them. "
                      "Advertised: routers learn "
                      "them.",
                      kConditionsRules));
}

struct TrafficIP {
  static constexpr Column kColumns[] = {
      {"Network", "string", ".spec.networkRef.name", "The Network of the addresses."},
      {"Addresses", "string", ".status.summary.addresses", "The addresses held."},
      {"Target", "string", ".status.summary.target", "Who uses them."},
      {"Allocated", "string", ".status.conditions[?(@.type==\"Allocated\")].status",
       "The addresses are held."},
      {"Advertised", "string", ".status.conditions[?(@.type==\"Advertised\")].status",
       "Routers learn them."},
      {"Age", "date", ".metadata.creationTimestamp", "Time since creation."},
  };
  static constexpr KindInfo kKind{.group = kNetworkGroup,
                                  .version = kNetworkVersion,
                                  .kind = "TrafficIP",
                                  .plural = "trafficips",
                                  .short_name = "tip",
                                  .columns = kColumns};
  ObjectMeta metadata;
  TrafficIPSpec spec;
  TrafficIPStatus status;
};
constexpr auto describe(const TrafficIP*) {
  using T = TrafficIP;
  return object("A standing claim on an address of a Network.", field("metadata", &T::metadata, ""),
                field("spec", &T::spec, "", {.required = true}), field("status", &T::status, ""));
}

extern template struct Codec<TrafficIP>;

}  // namespace nanika::api
