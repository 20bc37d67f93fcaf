// The parts of the Pod kind: pod.cc has its strategy and the row of the registry.
#pragma once

#include "apiserver/kinds/field_error.h"
#include "apiserver/kinds/kind.h"

namespace nanika::apiserver::kinds {

void default_pod(json::value& pod);
/// Guaranteed, Burstable or BestEffort, after what the containers ask for.
std::string_view qos_class(const json::value& pod);

/// The whole Pod but its metadata.
void validate_pod(const json::value& pod, Causes& causes);
/// Volumes and containers of a Pod's spec: for validate_pod.
void validate_containers(const json::value& spec, const Path& path, Causes& causes);
void validate_pod_create(const json::value& pod, Causes& causes);
void validate_pod_update(const json::value& pod, const json::value& old, Causes& causes);
void validate_pod_status(const json::value& pod, const json::value& old, Causes& causes);

std::vector<Column> pod_columns();
json::array pod_row(const json::value& pod, base::WallTime now);

}  // namespace nanika::apiserver::kinds
