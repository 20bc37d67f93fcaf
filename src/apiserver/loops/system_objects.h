// What every cluster has: the system namespaces, Service `kubernetes` with its Endpoints and
// EndpointSlice, and ConfigMap `kube-public/nanika`, which tells controllers what this API is:
//
//   data: {mode: embedded, version: "0.1.0", uid: <uid of namespace kube-system>}
//
// Made at start, and again when somebody takes them away.
#pragma once

#include <string>

#include "apiserver/loops/api.h"
#include "apiserver/loops/worker.h"

namespace nanika::apiserver::loops {

struct SystemOptions {
  std::string version;     ///< of nanika
  std::string service_ip;  ///< of Service kubernetes; "": the API chooses
  std::string
      advertise_address;  ///< where the API listens; "": Service kubernetes has no endpoints
  int port = 6443;
};

class SystemObjects final : public Reconciler {
 public:
  SystemObjects(Api& api, SystemOptions options) : api_(api), options_(std::move(options)) {}
  std::string_view name() const override { return "system-objects"; }
  void begin(Feed& feed, KeyQueue& queue) override;
  base::Result<base::Duration> reconcile(const std::string& key) override;

 private:
  /// Creates the object, or puts `wanted`'s members (other than metadata) into the one that is
  /// there.
  Result<void> ensure(const Ref& ref, std::string_view ns, json::value wanted);
  Result<void> ensure_service();
  Result<void> ensure_endpoints();
  Result<void> ensure_identity();

  Api& api_;
  const SystemOptions options_;
};

}  // namespace nanika::apiserver::loops
