// What several network kinds share.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "api/codec.h"
#include "api/meta.h"

namespace nanika::api {

inline constexpr std::string_view kNetworkGroup = "network.nanika.dev";
inline constexpr std::string_view kNetworkVersion = "v1alpha1";
/// On Services and TrafficIPs while they hold an address.
inline constexpr std::string_view kAddressFinalizer = "network.nanika.dev/address";
/// On Networks, pools and peers while others use them.
inline constexpr std::string_view kInUseFinalizer = "network.nanika.dev/in-use";

/// Free addresses of a family are counted up to 2^53-1, the largest integer that every JSON reader
/// keeps.
inline constexpr int64_t kMaxCount = (int64_t{1} << 53) - 1;

struct NameRef {
  std::string name;
  bool operator==(const NameRef&) const = default;
};
constexpr auto describe(const NameRef*) {
  return object("A reference by name.",
                field("name", &NameRef::name, "The name of the object referred to.",
                      {.required = true, .max_length = 253, .min_length = 1}));
}

enum class Family : uint8_t { kIPv4, kIPv6 };
constexpr std::array<std::string_view, 2> enum_names(const Family*) {
  return {"IPv4", "IPv6"};
}

struct NamespacePermission {
  std::optional<LabelSelector> namespace_selector;  ///< absent: all
  bool operator==(const NamespacePermission&) const = default;
};
constexpr auto describe(const NamespacePermission*) {
  return object("Who may take addresses.",
                field("namespaceSelector", &NamespacePermission::namespace_selector,
                      "Namespaces with these labels; absent or empty: all namespaces."));
}

struct FamilyUsage {
  Family family = Family::kIPv4;
  int64_t capacity = 0;
  int64_t allocated = 0;
  int64_t available = 0;
  bool operator==(const FamilyUsage&) const = default;
};
constexpr auto describe(const FamilyUsage*) {
  using T = FamilyUsage;
  return object(
      "Addresses of one family.", field("family", &T::family, "IPv4 or IPv6.", {.required = true}),
      field("capacity", &T::capacity, "Addresses that may be given, up to 2^53-1.",
            {.keep = true, .min = 0}),
      field("allocated", &T::allocated, "Addresses that are held.", {.keep = true, .min = 0}),
      field("available", &T::available, "Addresses that can be given now, up to 2^53-1.",
            {.keep = true, .min = 0}));
}

/// A prefix, or first and last address.
struct AddressRange {
  std::string cidr;
  std::string start;
  std::string end;
  bool operator==(const AddressRange&) const = default;
};
constexpr auto describe(const AddressRange*) {
  using T = AddressRange;
  return object(
      "Addresses of one family: either cidr, or start and end.",
      field("cidr", &T::cidr, "A prefix such as 203.0.113.0/28 or 2001:db8:0:1::/64.",
            {.max_length = 43}),
      field("start", &T::start, "The first address of the range.", {.max_length = 39}),
      field("end", &T::end, "The last address of the range, included.", {.max_length = 39}));
}

inline constexpr Rules kConditionsRules{.max_items = 16, .map_keys = "type"};
inline constexpr std::string_view kConditionsText = "The state of the object, one entry a type.";
inline constexpr std::string_view kObservedText =
    "The metadata.generation that this status speaks of.";

}  // namespace nanika::api
