// apiserver_storage_objects: how many objects of each resource are stored.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "apiserver/registry/catalog.h"
#include "apiserver/store/store.h"
#include "base/metrics.h"

namespace nanika::apiserver {

/// Threading: all members from any thread. The registry of metrics and the store outlive it.
class ObjectMetrics {
 public:
  ObjectMetrics(base::Registry& metrics, const store::Store& store);
  /// Counts the resources of this catalog from now on, and those of earlier ones.
  void follow(const Catalog& catalog);

 private:
  base::Registry& metrics_;
  const store::Store& store_;
  std::mutex mutex_;
  std::map<store::ResourceId, base::Gauge*> counted_;  // guarded by mutex_
  std::shared_ptr<void> refresh_;
};

}  // namespace nanika::apiserver
