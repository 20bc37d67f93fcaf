// AddressClaim: the lock on one address. Written by nanika alone: POST makes it, PUT with
// resourceVersion changes it, never apply. Its name is <space>.<address>, IPv6 as eight groups of
// four digits joined by hyphens.
#pragma once

#include "api/network/common.h"

namespace nanika::api {

struct ClaimHolder {
  std::string namespace_;
  std::string name;
  std::string uid;
  bool operator==(const ClaimHolder&) const = default;
};
constexpr auto describe(const ClaimHolder*) {
  using T = ClaimHolder;
  return object(
      "A TrafficIP that holds the address.",
      field("namespace", &T::namespace_, "Its namespace.", {.required = true, .max_length = 63}),
      field("name", &T::name, "Its name.", {.required = true, .max_length = 253}),
      field("uid", &T::uid, "Its uid.", {.required = true, .max_length = 64}));
}

struct AddressClaimSpec {
  std::string address;
  NameRef network_ref;
  NameRef pool_ref;
  std::vector<ClaimHolder> holders;
  std::string sharing_key;
  bool published = false;
  Time released_at;
  bool operator==(const AddressClaimSpec&) const = default;
};
constexpr auto describe(const AddressClaimSpec*) {
  using T = AddressClaimSpec;
  return object(
      "Who holds the address.",
      field("address", &T::address, "The address.", {.required = true, .max_length = 39}),
      field("networkRef", &T::network_ref, "Its Network.", {.required = true}),
      field("poolRef", &T::pool_ref, "The pool that gave it.", {.required = true}),
      field("holders", &T::holders,
            "The TrafficIPs that hold it; several share it by a sharing key; none: it rests.",
            {.keep = true, .max_items = 64, .map_keys = "uid"}),
      field("sharingKey", &T::sharing_key, "The sharing key of the holders.", {.max_length = 63}),
      field("published", &T::published,
            "It stood in a status; only such an address rests when it is freed."),
      field("releasedAt", &T::released_at,
            "When the last holder left; it is taken again after the cooldown."));
}

struct AddressClaim {
  static constexpr Column kColumns[] = {
      {"Address", "string", ".spec.address", "The address."},
      {"Network", "string", ".spec.networkRef.name", "Its Network."},
      {"Pool", "string", ".spec.poolRef.name", "The pool that gave it."},
      {"Namespace", "string", ".spec.holders[0].namespace", "The first holder's namespace."},
      {"Holder", "string", ".spec.holders[0].name", "The first holder."},
      {"Age", "date", ".metadata.creationTimestamp", "Time since creation."},
      {"Released", "date", ".spec.releasedAt", "When the last holder left.", 1},
  };
  static constexpr KindInfo kKind{.group = kNetworkGroup,
                                  .version = kNetworkVersion,
                                  .kind = "AddressClaim",
                                  .plural = "addressclaims",
                                  .namespaced = false,
                                  .columns = kColumns};
  ObjectMeta metadata;
  AddressClaimSpec spec;
};
constexpr auto describe(const AddressClaim*) {
  using T = AddressClaim;
  return object("The lock on one address, written by nanika alone.",
                field("metadata", &T::metadata, ""),
                field("spec", &T::spec, "", {.required = true}));
}

extern template struct Codec<AddressClaim>;

}  // namespace nanika::api
