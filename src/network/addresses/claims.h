// AddressClaims in the API: the lock on each address. POST makes one, PUT with resourceVersion
// changes it, DELETE names uid and resourceVersion: whoever is slower is refused, whatever any
// cache says.
#pragma once

#include <optional>
#include <string>

#include "api/network/address_claim.h"
#include "api/network/traffic_ip.h"
#include "base/ip.h"
#include "kube/client.h"

namespace nanika::network {

struct ClaimRequest {
  std::string address_space;
  base::IpAddress address;
  std::string network;
  std::string pool;
  bool published = true;  ///< false: it may be given back before anybody saw it
};

class Claims {
 public:
  explicit Claims(const kube::Client& client) : client_(client.as("nanika-addresses")) {}

  /// Makes the claim for `holder`. A claim that names `holder` already is ours from before a crash:
  /// a success. kAlreadyExists: another one holds the address.
  kube::Result<api::AddressClaim> take(const kube::Context& ctx, const ClaimRequest& request,
                                       const api::TrafficIP& holder) const;
  /// Takes a freed claim again. kAlreadyExists: another was faster; kNotFound: it is gone, make it
  /// anew.
  kube::Result<api::AddressClaim> take_again(const kube::Context& ctx, const ClaimRequest& request,
                                             const api::TrafficIP& holder) const;
  /// As it stands in the API; nothing where there is none.
  kube::Result<std::optional<api::AddressClaim>> get(const kube::Context& ctx,
                                                     const std::string& claim_name) const;
  /// Says that the address stands in a status from now on, so that it rests when it is freed.
  kube::Result<void> publish(const kube::Context& ctx, api::AddressClaim claim) const;
  /// `uid` holds it no longer. Where nobody does then, the claim rests, or goes when it was never
  /// published. kConflict: it is not `claim` any more. Answers the revision of the write, for
  /// AddressBook::released().
  kube::Result<uint64_t> release(const kube::Context& ctx, api::AddressClaim claim,
                                 const std::string& uid) const;
  /// Removes a freed claim, that very version.
  kube::Result<void> remove(const kube::Context& ctx, const api::AddressClaim& claim) const;

 private:
  kube::Client client_;
};

bool holds(const api::AddressClaim& claim, const std::string& uid);

}  // namespace nanika::network
