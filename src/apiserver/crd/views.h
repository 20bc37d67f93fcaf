// What the registry needs of a CustomResourceDefinition to serve its custom resources.
//
//   auto views = TRY(crd::build_views(crd_object));
//   for (const CrdView& view : views->versions) registry.serve(view);
//
// A CRD's versions are views of one stored resource: with conversion strategy None only apiVersion
// differs. Upstream: apiextensions-apiserver/pkg/apiserver/customresource_handler.go.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apiserver/schema/columns.h"
#include "apiserver/schema/jsonpath.h"
#include "apiserver/schema/structural.h"
#include "base/json.h"
#include "base/result.h"

namespace nanika::apiserver::crd {

namespace json = boost::json;

/// spec.subresources.scale: fields under .spec, .status and .status, as plain paths.
struct ScaleView {
  std::vector<std::string> spec_replicas;    ///< {"spec", "replicas"}
  std::vector<std::string> status_replicas;  ///< {"status", "replicas"}
  std::vector<std::string> label_selector;   ///< empty: none; a string field
};

struct SelectableField {
  std::string name;  ///< as in a field selector: "spec.color"
  std::vector<std::string> path;
};

/// One version of a CRD.
struct CrdView {
  std::string version;  ///< "v1alpha1"
  bool served = false;
  bool storage = false;
  bool deprecated = false;
  std::string deprecation_warning;  ///< what the Warning header says when `deprecated`
  schema::Structural structural;    ///< prune, default and validate with structural.root
  json::value openapi_schema;       ///< openAPIV3Schema as written, for OpenAPI documents
  schema::Columns columns;
  bool has_status = false;  ///< subresources.status
  std::optional<ScaleView> scale;
  std::vector<SelectableField> selectable_fields;
};

/// A CRD as served: spec.names as accepted in status, never as merely asked for.
struct CrdViews {
  std::string name;  ///< "networks.network.nanika.dev"
  std::string group;
  std::string kind, list_kind, plural, singular;
  std::vector<std::string> short_names, categories;
  bool namespaced = true;
  bool established = false;       ///< condition Established: serve it only when true
  bool preserve_unknown = false;  ///< spec.preserveUnknownFields of old CRDs: nothing is pruned
  std::vector<CrdView> versions;  ///< as in the CRD, unserved ones too; each converts to each

  const CrdView* storage() const;
  const CrdView* find(std::string_view version) const;  ///< served or not; null when unknown
};

/// `crd` is a valid, defaulted apiextensions.k8s.io/v1 object (crd/validate.h). kInvalid only when
/// it is not.
base::Result<std::shared_ptr<const CrdViews>> build_views(const json::value& crd);

/// The same object as another version: apiVersion is rewritten (strategy None).
void convert_version(json::value& object, const CrdViews& views, std::string_view version);

}  // namespace nanika::apiserver::crd
