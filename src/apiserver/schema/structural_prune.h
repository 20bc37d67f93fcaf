// Pruning, metadata and defaults of custom resources: what happens between parsing and validation.
//
//   CustomDecoded d = TRY(decode_custom(object, *structural.root, object_meta));   // on write
//   apply_defaults(object, *structural.root);                    // on write, and on read from the
//   store
//
// Upstream: apiextensions-apiserver/pkg/apiserver/schema/{pruning,objectmeta,defaulting} and
// unstructuredSchemaCoercer.
#pragma once

#include <string>
#include <vector>

#include "apiserver/schema/schema.h"
#include "base/json.h"
#include "base/result.h"

namespace nanika::apiserver::schema {

/// Everything that upstream does when it decodes a custom resource, in place: apiVersion, kind and
/// metadata take their types (`object_meta` is ObjectMeta's built-in schema), fields that the
/// schema does not know are dropped, embedded resources likewise, and nulls that may not be.
/// Returns what was dropped as strict decoding names it: "metadata.foo", "spec.foo[0].bar".
/// kInvalid: a type error in metadata, with upstream's text.
base::Result<std::vector<std::string>> decode_custom(json::value& object, const Schema& schema,
                                                     const Schema& object_meta,
                                                     bool preserve_unknown = false);

/// Drops the fields that `schema` does not know; apiVersion, kind and metadata of a resource root
/// stay. Returns their paths, sorted.
std::vector<std::string> prune(json::value& object, const Schema& schema, bool resource_root);

/// Drops nulls that are neither nullable nor defaulted; decode_custom() does it too.
void drop_forbidden_nulls(json::value& value, const Schema& schema);

/// Sets absent fields, and nulls that are not nullable, to their defaults, recursively.
void apply_defaults(json::value& value, const Schema& schema);

}  // namespace nanika::apiserver::schema
