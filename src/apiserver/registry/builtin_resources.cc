#include "apiserver/registry/builtin_resources.h"

#include "apiserver/registry/definition_kind.h"
#include "apiserver/registry/reviews.h"
#include "apiserver/schema/builtin.h"

namespace nanika::apiserver {

ResourcePtr make_resource(store::Store& store, kinds::Kind kind,
                          std::shared_ptr<const crd::CrdViews> crd, bool ending) {
  auto out = std::make_shared<Resource>();
  const std::string& group = kind.views.front().group;
  out->key = fmt::format("{}/{}", group.empty() ? "core" : group, kind.plural);
  out->id = store.resource(out->key);
  out->kind = std::move(kind);
  out->crd = std::move(crd);
  out->ending = ending;
  return out;
}

std::vector<ResourcePtr> builtin_resources(store::Store& store) {
  std::vector<ResourcePtr> out;
  for (kinds::Kind& kind : kinds::builtin_kinds(schema::builtin_schemas()))
    out.push_back(make_resource(store, std::move(kind)));
  out.push_back(make_resource(store, definition_kind(schema::builtin_schemas())));
  for (ResourcePtr& review : review_resources()) out.push_back(std::move(review));
  return out;
}

}  // namespace nanika::apiserver
