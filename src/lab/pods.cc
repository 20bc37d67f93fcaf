#include "lab/pods.h"

#include "api/core/pod.h"

namespace nanika::lab {

using base::Code;
using base::Result;

namespace {

constexpr std::string_view kMark = "lab.nanika.dev/name";

api::Pod pod_of(const LabSpec& spec, const WorkloadSpec& workload, const base::Clock& clock) {
  api::Pod pod;
  pod.metadata.namespace_ = workload.pod_namespace;
  pod.metadata.name = workload.pod.empty() ? workload.name : workload.pod;
  pod.metadata.labels = workload.labels;
  pod.metadata.labels[std::string(kMark)] = spec.name;
  pod.spec.node_name = spec.node_of(workload.name);
  pod.spec.containers = {{.name = "page",
                          .image = "nanika/lab-serve",
                          .ports = {{.name = "http", .container_port = workload.port}}}};
  pod.status.phase = "Running";
  for (const AddressSpec& address : spec.addresses_of(workload.name))
    pod.status.pod_ips.push_back({address.address.str()});
  if (!pod.status.pod_ips.empty()) pod.status.pod_ip = pod.status.pod_ips.front().ip;
  for (const char* type : {"Initialized", "ContainersReady", "Ready", "PodScheduled"})
    pod.status.conditions.push_back(
        {.type = type, .status = "True", .last_transition_time = {clock.wall()}});
  return pod;
}

}  // namespace

Result<void> publish_pods(const kube::Client& client, const kube::Context& ctx,
                          const LabSpec& spec) {
  for (const WorkloadSpec& workload : spec.workloads) {
    const api::Pod pod = pod_of(spec, workload, client.clock());
    api::json::object body = api::encode_part(pod, {"spec"});
    body["metadata"] = api::encode(pod)["metadata"];
    TRY(base::in_context(client.apply<api::Pod>(ctx, std::move(body)),
                         fmt::format("Pod {}", pod.metadata.key())));
    TRY(client.apply_status<api::Pod>(ctx, api::encode_part(pod, {"status"})));
  }
  return {};
}

Result<void> remove_pods(const kube::Client& client, const kube::Context& ctx,
                         const LabSpec& spec) {
  for (const WorkloadSpec& workload : spec.workloads) {
    const kube::Key key{workload.pod_namespace,
                        workload.pod.empty() ? workload.name : workload.pod};
    auto pod = client.get<api::Pod>(ctx, key);
    if (!pod && pod.error().code == Code::kNotFound) continue;
    if (!pod) return std::unexpected(pod.error());
    auto mark = pod->metadata.labels.find(std::string(kMark));
    if (mark == pod->metadata.labels.end() || mark->second != spec.name) continue;
    TRY(client.remove<api::Pod>(ctx, key, {.uid = pod->metadata.uid}));
  }
  return {};
}

}  // namespace nanika::lab
