// Namespaces that are being deleted: their content goes, their conditions say what is left, and at
// last their finalizer `kubernetes` (upstream: namespaced_resources_deleter.go). Pods go first; the
// rest when no Pod is left.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "apiserver/loops/api.h"
#include "apiserver/loops/worker.h"

namespace nanika::apiserver::loops {

class NamespaceTermination final : public Reconciler {
 public:
  explicit NamespaceTermination(Api& api) : api_(api) {}
  std::string_view name() const override { return "namespace-termination"; }
  void begin(Feed& feed, KeyQueue& queue) override;
  base::Result<base::Duration> reconcile(const std::string& ns) override;

 private:
  /// What is left in a namespace after its content was told to go.
  struct Left {
    std::map<std::string, size_t> resources;   ///< by "plural.group"
    std::map<std::string, size_t> finalizers;  ///< objects that each of them holds
    std::vector<std::string> errors;
  };
  Left empty(const std::string& ns);
  void empty(const Resource& resource, const std::string& ns, Left& left);
  Result<void> report(const std::string& ns, const Left& left);
  Result<void> finalize(const std::string& ns);

  Api& api_;
  std::mutex mutex_;
  std::set<std::string, std::less<>> waiting_;  // guarded by mutex_; whose content goes
};

}  // namespace nanika::apiserver::loops
