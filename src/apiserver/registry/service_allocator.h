// Cluster IPs and node ports of Services: who has which is known from memory, rebuilt from the
// stored Services at start. Also what depends on it: ipFamilies, ipFamilyPolicy, clusterIP beside
// clusterIPs. Upstream: k8s.io/kubernetes/pkg/registry/core/service/storage/alloc.go.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "apiserver/registry/operations.h"
#include "base/ip.h"

namespace nanika::apiserver {

/// Threading: any thread.
class ServiceAllocator final : public Allocator {
 public:
  struct Ranges {
    base::IpPrefix ipv4, ipv6;  ///< the first family of new Services is IPv4
    int first_port = 30000, last_port = 32767;
  };
  explicit ServiceAllocator(Ranges ranges) : ranges_(ranges) {}

  /// Takes what a stored Service has.
  void take(const json::value& service);
  ApiResult<std::unique_ptr<Reservation>> allocate(json::value& service,
                                                   const json::value* old) override;
  void release(const json::value& service) override;

 private:
  class Taken;
  using Families = std::vector<base::Family>;

  const base::IpPrefix& range(base::Family family) const;
  ApiResult<void> set_families(json::value& service, const json::value* old) const;
  ApiResult<void> give_addresses(json::value& service, const json::value* old, Taken& taken);
  ApiResult<void> give_ports(json::value& service, const json::value* old, Taken& taken);
  ApiResult<int> give_port(const json::value& service, std::string field, int wanted,
                           const std::set<int>& own, Taken& taken);
  ApiResult<std::string> free_address(base::Family family);

  const Ranges ranges_;
  std::mutex mutex_;
  std::set<base::IpAddress> addresses_;  // guarded by mutex_
  std::set<int> ports_;                  // guarded by mutex_
};

}  // namespace nanika::apiserver
