#include "apiserver/kinds/rows.h"

namespace nanika::apiserver::kinds {

std::vector<Kind> builtin_kinds(const schema::SchemaSet& schemas) {
  std::vector<Kind> out;
  for (auto make :
       {config_map_kind, endpoint_slice_kind, endpoints_kind, event_kind, lease_kind,
        namespace_kind, node_kind, pod_kind, secret_kind, service_account_kind, service_kind}) {
    out.push_back(make(schemas));
  }
  return out;
}

}  // namespace nanika::apiserver::kinds
