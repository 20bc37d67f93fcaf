// EndpointSlices and Endpoints of Services with selectors, from their Pods
// (upstream: endpointslice_controller.go, endpoints_controller.go).
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "apiserver/loops/api.h"
#include "apiserver/loops/backends.h"
#include "apiserver/loops/worker.h"

namespace nanika::apiserver::loops {

class ServiceEndpoints final : public Reconciler {
 public:
  explicit ServiceEndpoints(Api& api) : api_(api) {}
  std::string_view name() const override { return "service-endpoints"; }
  void begin(Feed& feed, KeyQueue& queue) override;
  /// Key: "namespace/service".
  base::Result<base::Duration> reconcile(const std::string& key) override;

 private:
  using Selector = std::vector<std::pair<std::string, std::string>>;
  void note_service(const Seen& seen);
  void add_services_of(const store::Object* pod, KeyQueue& queue);
  Result<void> write_endpoints(const json::value& service, const std::vector<Backend>& backends);
  std::string zone_of(std::string_view node) const;

  Api& api_;
  std::mutex mutex_;
  /// Of each namespace, by name of the Service.
  std::map<std::string, std::map<std::string, Selector>, std::less<>>
      selectors_;  // guarded by mutex_
};

}  // namespace nanika::apiserver::loops
