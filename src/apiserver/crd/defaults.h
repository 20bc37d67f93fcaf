// What the server itself puts into a CustomResourceDefinition before it validates and stores it.
//
//   set_defaults(crd);                    // both on create and on update
//   prepare_create(crd);                  // or prepare_update(crd, old)
//   Causes causes = validate_crd(crd);    // validate.h
//
// Upstream: apiextensions-apiserver/pkg/apis/apiextensions/v1/defaults.go and
// pkg/registry/customresourcedefinition/strategy.go.
#pragma once

#include "base/json.h"

namespace nanika::apiserver::crd {

namespace json = boost::json;

/// spec.names.singular, spec.names.listKind, spec.conversion.
void set_defaults(json::value& crd);
/// The status is the server's: emptied, but for the storage version in storedVersions.
void prepare_create(json::value& crd);
/// The old status, with the storage version added to storedVersions. Generation is the caller's.
void prepare_update(json::value& crd, const json::value& old);
/// Of the status subresource: the old spec.
void prepare_status_update(json::value& crd, const json::value& old);

}  // namespace nanika::apiserver::crd
