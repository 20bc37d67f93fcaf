// Validation of what a version of a CustomResourceDefinition has beside its schema. For
// validate.cc.
#pragma once

#include <string>

#include "apiserver/schema/schema.h"
#include "base/json.h"

namespace nanika::apiserver::crd {

namespace json = boost::json;
using schema::Causes;

/// Each `path` is that of the member itself: "spec.versions[0].additionalPrinterColumns".
void validate_columns(const json::array& columns, const std::string& path, Causes& causes);
void validate_subresources(const json::value& subresources, const std::string& path,
                           Causes& causes);
/// `props`: the openAPIV3Schema they must point into.
void validate_selectable_fields(const json::array& fields, const json::value& props,
                                const std::string& path, Causes& causes);
void validate_deprecation(const json::value& version, const std::string& path, Causes& causes);
void validate_conversion(const json::value* conversion, const std::string& path, Causes& causes);

}  // namespace nanika::apiserver::crd
