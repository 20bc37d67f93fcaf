// What a request is about, read off its method and URL as upstream's RequestInfoFactory does: who
// authorizes, counts and routes needs no more.
//
//   RequestInfo info = RequestInfo::parse(request, query);
//   // GET /api/v1/namespaces/shop/pods/web/status -> {verb get, version v1, namespace shop,
//   //   resource pods, name web, subresource status}
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/http.h"

namespace nanika::apiserver {

struct RequestInfo {
  bool is_resource = false;  ///< else `path` alone matters: /version, /healthz, /api, /apis/apps/v1
  std::string verb;          ///< get, list, watch, create, update, patch, delete, deletecollection;
                             ///< of other paths the method in lower case
  std::string path;
  std::string group, version;
  std::string namespace_;     ///< "" for cluster-scoped requests and all namespaces
  bool in_namespace = false;  ///< the path goes through namespaces/{ns}
  std::string resource, subresource, name;
  std::vector<std::string> parts;  ///< after the version, decoded

  static RequestInfo parse(const base::http::Request& request, const base::http::Query& query);
};

/// "true" and "1" are true, "false", "0" and absence are not: of watch= and pretty=.
bool query_flag(const base::http::Query& query, std::string_view name);

}  // namespace nanika::apiserver
