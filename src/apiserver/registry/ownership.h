// metadata.managedFields of an endpoint's objects: what merge/managed_fields.h needs to know of it.
#pragma once

#include <string>
#include <string_view>

#include "apiserver/merge/managed_fields.h"
#include "apiserver/registry/catalog.h"

namespace nanika::apiserver {

/// The endpoint as the target of a write; it and its resource must outlive the target.
merge::Target target_of(const Endpoint& endpoint, std::string_view subresource);

}  // namespace nanika::apiserver
