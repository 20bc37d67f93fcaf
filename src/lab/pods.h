// A lab's workloads as Pods of the API: the lab plays the kubelet, so that Services find them by
// their labels.
#pragma once

#include "kube/client.h"
#include "lab/spec.h"

namespace nanika::lab {

/// Applies one Pod a workload, bound to its node and Ready with its addresses. Idempotent.
base::Result<void> publish_pods(const kube::Client& client, const kube::Context& ctx,
                                const LabSpec& spec);

/// Removes the Pods that publish_pods() made.
base::Result<void> remove_pods(const kube::Client& client, const kube::Context& ctx,
                               const LabSpec& spec);

}  // namespace nanika::lab
