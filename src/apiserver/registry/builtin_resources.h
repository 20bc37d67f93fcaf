// The built-in kinds as resources of a store.
#pragma once

#include <vector>

#include "apiserver/registry/catalog.h"
#include "apiserver/store/store.h"

namespace nanika::apiserver {

/// Every kind of kinds::builtin_kinds(), and the reviews, which are answered but never stored.
std::vector<ResourcePtr> builtin_resources(store::Store& store);

/// A row as a resource: its key in the store and the id of that.
ResourcePtr make_resource(store::Store& store, kinds::Kind kind,
                          std::shared_ptr<const crd::CrdViews> crd = nullptr, bool ending = false);

}  // namespace nanika::apiserver
