#include "apiserver/loops/loops.h"

#include "apiserver/loops/endpoints_mirroring.h"
#include "apiserver/loops/event_expiry.h"
#include "apiserver/loops/garbage_collector.h"
#include "apiserver/loops/namespace_defaults.h"
#include "apiserver/loops/namespace_termination.h"
#include "apiserver/loops/service_endpoints.h"

namespace nanika::apiserver::loops {

Loops::Loops(const Registry& registry, Operations& operations, LoopsOptions options)
    : api_(registry, operations) {
  reconcilers_.push_back(std::make_unique<SystemObjects>(api_, std::move(options.system)));
  reconcilers_.push_back(std::make_unique<NamespaceDefaults>(api_, std::move(options.ca_pem)));
  reconcilers_.push_back(std::make_unique<NamespaceTermination>(api_));
  reconcilers_.push_back(std::make_unique<GarbageCollector>(api_));
  reconcilers_.push_back(std::make_unique<ServiceEndpoints>(api_));
  reconcilers_.push_back(std::make_unique<EndpointsMirroring>(api_));
  reconcilers_.push_back(std::make_unique<EventExpiry>(api_));
  for (const auto& reconciler : reconcilers_)
    workers_.push_back(std::make_unique<Worker>(*reconciler, api_.store(), api_.clock()));
}

Loops::~Loops() = default;

void Loops::start() {
  for (const auto& worker : workers_) worker->start();
}

}  // namespace nanika::apiserver::loops
