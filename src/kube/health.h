// /healthz, /livez, /readyz and /metrics of a process, as the kubelet and Prometheus ask for them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/http_server.h"
#include "kube/context.h"
#include "kube/metrics.h"

namespace nanika::kube {

/// Threading: all members from any thread. Checks run on the server's thread and must not block.
class Health {
 public:
  explicit Health(Metrics& metrics) : metrics_(metrics) {}
  /// /readyz fails while any check does, and says which and why.
  void add_ready_check(std::string name, std::function<Result<void>()> check);
  /// "" when ready; else the failing checks, a line each.
  std::string unready() const;

  /// Serves on HOST:PORT until the server is destroyed; this must outlive it.
  Result<std::unique_ptr<base::http::Server>> serve(const std::string& listen);
  base::http::Response answer(std::string_view path) const;

 private:
  Metrics& metrics_;
  mutable std::mutex mutex_;
  std::map<std::string, std::function<Result<void>()>> checks_;  // guarded by mutex_
};

}  // namespace nanika::kube
