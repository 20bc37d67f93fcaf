// Value validation of OpenAPI v3 with the texts of kube-openapi, as custom resources get it.
//
//   Causes causes = validate(object, *structural.root);                 // create
//   Causes causes = validate_update(object, stored, *structural.root);  // update: ratcheting
//   causes += validate_lists(object, *structural.root), validate_embedded(...)
//   if (!causes.empty()) -> 422 Invalid with details.causes
//
// Upstream: k8s.io/kube-openapi/pkg/validation, apiextensions-apiserver/pkg/apiserver/validation
// and
// .../schema/listtype.
#pragma once

#include <string_view>

#include "apiserver/schema/schema.h"
#include "base/json.h"

namespace nanika::apiserver::schema {

/// All causes, parents before children, in the order of the data; at most 200. `path` is put before
/// every field ("" for a whole object).
Causes validate(const json::value& value, const Schema& schema, std::string_view path = {});

/// As validate(), but values that did not change since `old` pass though they are invalid, as
/// upstream does since 1.30 (map keys and list-map items are matched with their old selves).
Causes validate_update(const json::value& value, const json::value& old, const Schema& schema,
                       std::string_view path = {});

/// Duplicates in lists of type set and map: asked besides validate().
Causes validate_lists(const json::value& value, const Schema& schema, std::string_view path = {});

/// metadata, apiVersion and kind of embedded resources (x-kubernetes-embedded-resource); with
/// `resource_root` the value itself is one.
Causes validate_embedded(const json::value& value, const Schema& schema, std::string_view path = {},
                         bool resource_root = false);

/// Whether a string satisfies a format; unknown formats are satisfied by everything.
bool matches_format(std::string_view format, std::string_view text);
/// Whether upstream knows the format for a type; it ignores those it does not.
bool format_is_known(Type type, std::string_view format);

}  // namespace nanika::apiserver::schema
