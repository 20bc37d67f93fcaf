// Request bodies: JSON, YAML and Kubernetes' protobuf, as JSON values.
#pragma once

#include <string>
#include <string_view>

#include "apiserver/registry/api_error.h"
#include "apiserver/registry/decode.h"
#include "base/http.h"
#include "base/json.h"

namespace nanika::apiserver {

struct Body {
  json::value value;  ///< null when there was none
  Duplicates duplicates;
};

/// What a body should hold: used in messages, and for protobuf that does not say.
struct BodyType {
  std::string api_version, kind;
  bool protobuf = true;  ///< false of custom resources: 415
};

/// 415 for another Content-Type, 400 for text that does not parse.
ApiResult<Body> read_body(const base::http::Request& request, const BodyType& type);

}  // namespace nanika::apiserver
