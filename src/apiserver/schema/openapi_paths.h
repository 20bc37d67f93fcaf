// The paths of an OpenAPI document: which requests a resource takes.
#pragma once

#include "apiserver/schema/openapi.h"
#include "apiserver/schema/openapi_components.h"

namespace nanika::apiserver::schema {

/// The OpenAPI name of what the resource (or a kind of `group`, `version`) is made of.
std::string body_name(const ServedResource& resource);

/// Adds the paths of a resource and of its subresources; the types they name must be in
/// `components` already or be built in, and are added then.
void add_paths(const ServedResource& resource, Components& components, json::object& paths);

/// "/api/v1", "/apis/apps/v1".
std::string group_path(std::string_view group, std::string_view version);

}  // namespace nanika::apiserver::schema
