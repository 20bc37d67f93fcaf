// EndpointSlices from Endpoints that people wrote for Services without selectors
// (upstream: endpointslicemirroring). Endpoints labelled `endpointslice.kubernetes.io/skip-mirror:
// "true"`, or used for leader election, are left alone.
#pragma once

#include <string>

#include "apiserver/loops/api.h"
#include "apiserver/loops/worker.h"

namespace nanika::apiserver::loops {

class EndpointsMirroring final : public Reconciler {
 public:
  explicit EndpointsMirroring(Api& api) : api_(api) {}
  std::string_view name() const override { return "endpoints-mirroring"; }
  void begin(Feed& feed, KeyQueue& queue) override;
  /// Key: "namespace/name" of both the Service and the Endpoints.
  base::Result<base::Duration> reconcile(const std::string& key) override;

 private:
  Api& api_;
};

}  // namespace nanika::apiserver::loops
