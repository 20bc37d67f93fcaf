// Validation of one `openAPIV3Schema` of a CustomResourceDefinition. For validate.cc.
#pragma once

#include <string>

#include "apiserver/schema/schema.h"
#include "base/json.h"

namespace nanika::apiserver::crd {

namespace json = boost::json;
using schema::Causes;

/// All rules: structural ones, defaults, list types. `path` ends in ".openAPIV3Schema".
Causes validate_schema(const json::value& props, const std::string& path, bool status_subresource);

/// Calls visit(schema object) for `props` and every schema inside it.
template <class Visit>
void each_schema(const json::value& props, Visit&& visit, int depth = 0) {
  const json::object* object = props.if_object();
  if (object == nullptr || depth > 150) return;
  visit(*object);
  for (std::string_view key : {"items", "not", "additionalProperties"})
    if (const json::value* v = object->if_contains(key)) each_schema(*v, visit, depth + 1);
  for (std::string_view key : {"allOf", "anyOf", "oneOf"}) {
    const json::value* v = object->if_contains(key);
    if (v == nullptr || !v->is_array()) continue;
    for (const json::value& branch : v->get_array()) each_schema(branch, visit, depth + 1);
  }
  const json::value* properties = object->if_contains("properties");
  if (properties == nullptr || !properties->is_object()) return;
  for (const auto& member : properties->get_object()) each_schema(member.value(), visit, depth + 1);
}

}  // namespace nanika::apiserver::crd
