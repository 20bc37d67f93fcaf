#include "apiserver/registry/served.h"

namespace nanika::apiserver {

namespace {

schema::ServedResource served(const Endpoint& endpoint) {
  const kinds::Kind& kind = endpoint.kind();
  schema::ServedResource out{.group = endpoint.view().group,
                             .version = endpoint.view().version,
                             .kind = kind.kind,
                             .list_kind = kind.list_kind,
                             .plural = kind.plural,
                             .namespaced = kind.namespaced,
                             .verbs = kind.verbs};
  for (const kinds::Subresource& sub : kind.subresources)
    if (endpoint.serves(sub.name))
      out.subresources.push_back({sub.name, sub.verbs, sub.group, sub.version, sub.kind});
  const crd::CrdView* custom = endpoint.custom();
  if (custom == nullptr) {
    out.schema = endpoint.view().schema;
    return out;
  }
  // The document lives as long as the CRD's views that hold it.
  out.custom = {endpoint.resource->crd, &custom->openapi_schema};
  out.preserve_unknown = endpoint.resource->crd->preserve_unknown;
  for (const crd::SelectableField& field : custom->selectable_fields)
    out.selectable_fields.push_back("." + field.name);
  return out;
}

}  // namespace

std::vector<schema::ServedResource> served_resources(const Catalog& catalog) {
  std::vector<schema::ServedResource> out;
  for (const Group& group : catalog.groups())
    for (const std::string& version : group.versions)
      for (const Endpoint* endpoint : catalog.in(group.name, version))
        out.push_back(served(*endpoint));
  return out;
}

}  // namespace nanika::apiserver
