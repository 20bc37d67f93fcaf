// Structural schemas: the `openAPIV3Schema` of a CustomResourceDefinition's version as a Schema.
//
//   Causes causes = check_structural(props, "spec.validation.openAPIV3Schema");
//   if (causes.empty()) Structural s = TRY(build_structural(props));
//   Causes broken = validate(object, *s.root);
//
// Upstream: k8s.io/apiextensions-apiserver/pkg/apiserver/schema.
#pragma once

#include <string>
#include <string_view>

#include "apiserver/schema/schema.h"
#include "base/json.h"
#include "base/result.h"

namespace nanika::apiserver::schema {

/// A JSONSchemaProps turned into Schemas. The root's `fields` may or may not hold apiVersion, kind
/// and metadata: the functions that walk custom resources know them. Movable; `root` stays valid.
struct Structural {
  SchemaSet set;
  const Schema* root = nullptr;
  bool has_rules = false;  ///< x-kubernetes-validations stand in it; they are not evaluated yet
};

/// Builds the schema of one `openAPIV3Schema`. kInvalid for what is no JSONSchemaProps at all
/// (wrong JSON types, deeper than the limit); rules that check_structural() reports are not checked
/// again.
base::Result<Structural> build_structural(const json::value& props);

/// Upstream's rules for a structural schema, with its texts. `path` is where `props` stands in the
/// CRD: "spec.versions[0].schema.openAPIV3Schema". Causes are sorted as upstream sorts them.
Causes check_structural(const json::value& props, std::string_view path);

}  // namespace nanika::apiserver::schema
