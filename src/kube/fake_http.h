// FakeApi's HTTP: from a request to what the store does. Included by fake_*.cc alone; all want the
// store's mutex held.
#pragma once

#include "kube/fake_store.h"

namespace nanika::kube {

base::http::Response fake_answer(FakeStore& store, const base::http::Request& request);
Result<std::unique_ptr<base::http::BodyStream>> fake_open(const std::shared_ptr<FakeStore>& store,
                                                          const base::http::Request& request,
                                                          const base::Clock* clock);
/// Where an object belongs by its apiVersion, kind and metadata. The plural is guessed from the
/// kind as Kubernetes names its own (Service, NetworkPolicy, Ingress, TrafficIP; Endpoints).
FakePath fake_path_of(const json::value& object);
/// Objects that have owners, none of which is left.
std::vector<std::pair<std::string, Key>> fake_orphans(const FakeStore& store);

}  // namespace nanika::kube
