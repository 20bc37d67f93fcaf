// OpenAPI documents of what is served: v3 (`/openapi/v3`, a document a group and version) and v2
// (`/openapi/v2`, one document), for kubectl's explain, validation, apply and diff.
//
//   OpenApi openapi("v1.37.2");
//   openapi.serve(resources);                    // again whenever the set of resources changes
//   http::Response response = openapi.answer(request);         // of any path under /openapi/
//
// A document is made when it is first asked for and kept until a resource of its group and version
// changes. Answers are JSON; v2 also protobuf, for kubectl up to 1.28. Upstream:
// k8s.io/kube-openapi/pkg/handler{,3}; of custom resources
// apiextensions-apiserver/pkg/controller/openapi/builder.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apiserver/schema/schema.h"
#include "base/http.h"

namespace nanika::apiserver::schema {

struct ServedSubresource {
  std::string name;                  ///< "status", "token"
  std::vector<std::string> verbs;    ///< get, update, patch, create
  std::string group, version, kind;  ///< of what it takes and gives; kind "": the resource itself
  bool operator==(const ServedSubresource&) const = default;
};

/// A resource in one group and version, as discovery lists it.
struct ServedResource {
  std::string group, version;  ///< "" and "v1" for core
  std::string kind, list_kind, plural;
  bool namespaced = true;
  std::vector<std::string> verbs;
  std::vector<ServedSubresource> subresources;
  const Schema* schema = nullptr;  ///< of a built-in kind; lives as long as the process
  /// Of a custom resource: its openAPIV3Schema, or a null value when the CRD has none.
  std::shared_ptr<const json::value> custom;
  bool preserve_unknown = false;               ///< the CRD's spec.preserveUnknownFields
  std::vector<std::string> selectable_fields;  ///< JSON paths of a CRD: ".spec.color"
  bool operator==(const ServedResource&) const = default;
};

/// Threading: any thread; the one that asks first makes the document (some milliseconds).
class OpenApi {
 public:
  explicit OpenApi(std::string server_version);
  ~OpenApi();

  /// Replaces all that is served; documents of groups that stay the same are kept.
  void serve(std::vector<ServedResource> all);

  /// Answers GET /openapi/v2, /openapi/v3 and /openapi/v3/{api/v1,apis/GROUP/VERSION}, with ETag
  /// and If-None-Match; a document whose `hash` parameter is outdated is a redirect, as upstream's.
  /// 404 for other paths, 405 for other methods.
  base::http::Response answer(const base::http::Request& request) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nanika::apiserver::schema
