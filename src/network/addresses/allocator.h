// Which addresses a TrafficIP gets: pure, exact, and it never enumerates addresses.
//
// It proposes; the API decides: each choice becomes an AddressClaim by POST (or by PUT of a rested
// one), and where that is refused because another was faster, the caller notes the address in its
// Ledger and asks again.
#pragma once

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "api/network/network.h"
#include "api/network/traffic_ip.h"
#include "network/addresses/ledger.h"
#include "network/addresses/pool_view.h"

namespace nanika::network {

/// What a TrafficIP asks for, with its references resolved.
struct Want {
  std::string uid;                     ///< of the TrafficIP
  std::vector<base::Family> families;  ///< primary first; one or two
  api::FamilyPolicy policy = api::FamilyPolicy::kSingleStack;
  std::vector<IpAddress> addresses;  ///< these or none; at most one a family
  std::vector<std::string> pools;    ///< only from these; empty: any
  std::optional<api::LabelSelector> pool_selector;
  std::map<std::string, std::string> namespace_labels;
};

/// A Network and what its pools can give now.
struct NetworkView {
  std::string name;
  api::NetworkSpec spec;
  std::vector<const PoolView*> pools;  ///< the Network's own, in any order
};

/// Why there is no address: reason is one of api.md's words; the message says what to do.
struct Refusal {
  std::string reason;
  std::string message;
  bool operator==(const Refusal&) const = default;
};

struct Choice {
  IpAddress address;
  std::string pool;
  bool reuse = false;  ///< a freed claim stands there: take it by PUT
};

/// What to do for one TrafficIP.
struct AllocationPlan {
  std::vector<IpAddress> keep;  ///< held already and right
  std::vector<Choice> take;
  std::vector<IpAddress>
      release;  ///< held and no longer asked for: only after all of `take` succeeded
  std::optional<Refusal>
      refusal;  ///< nothing is taken then, save for PreferDualStack's second family
};

/// `held` are the addresses whose claims name want.uid. Threading: pure but for `random`.
AllocationPlan plan_allocation(const Want& want, const std::vector<IpAddress>& held,
                               const NetworkView& network, const Ledger& ledger, base::MonoTime now,
                               std::mt19937_64& random);

}  // namespace nanika::network
