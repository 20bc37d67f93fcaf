// Validation of CustomResourceDefinitions (apiextensions.k8s.io/v1) in upstream's words.
//
//   Causes causes = validate_crd(crd);              // after set_defaults() and prepare_create()
//   Causes causes = validate_crd_update(crd, old);
//
// What all versions share is checked once and named as upstream's internal version has it:
// spec.validation, spec.subresources, spec.additionalPrinterColumns, spec.selectableFields.
// Metadata is the registry's to check, but for the name, which follows from the spec. Not evaluated
// yet: CEL rules (a warning says so) and conversion webhooks (refused). Upstream:
// apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go.
#pragma once

#include <string>
#include <vector>

#include "apiserver/schema/schema.h"
#include "base/json.h"

namespace nanika::apiserver::crd {

namespace json = boost::json;
using schema::Causes;

Causes validate_crd(const json::value& crd);
/// validate_crd(), and what may not change: group, plural; scope and kind once established.
Causes validate_crd_update(const json::value& crd, const json::value& old);
/// Of the status subresource.
Causes validate_crd_status(const json::value& crd);

/// Sentences for the Warning header; `old` is null on create, else only new ones are told.
std::vector<std::string> crd_warnings(const json::value& crd, const json::value* old);

}  // namespace nanika::apiserver::crd
