#include "apiserver/registry/object_metrics.h"

namespace nanika::apiserver {

ObjectMetrics::ObjectMetrics(base::Registry& metrics, const store::Store& store)
    : metrics_(metrics), store_(store) {
  refresh_ = metrics_.before_expose([this] {
    std::lock_guard lock(mutex_);
    for (auto& [id, gauge] : counted_) gauge->set(static_cast<double>(store_.count(id)));
  });
}

void ObjectMetrics::follow(const Catalog& catalog) {
  for (const ResourcePtr& resource : catalog.resources()) {
    if (!resource->stored) continue;
    base::Gauge& gauge = metrics_.gauge("apiserver_storage_objects", "Objects that are stored.",
                                        {{"resource", resource->name().str()}});
    std::lock_guard lock(mutex_);
    counted_[resource->id] = &gauge;
  }
}

}  // namespace nanika::apiserver
