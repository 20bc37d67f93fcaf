// An OpenAPI v2 document as protobuf: kubectl up to 1.28 reads no other form. The messages are
// openapi.v2 of gnostic
// (https://github.com/google/gnostic-models/blob/main/openapiv2/OpenAPIv2.proto).
#pragma once

#include <string>

#include <boost/json/object.hpp>

namespace nanika::apiserver::schema {

/// Of the answer. Clients ask for it with "v2@v1.0", which is no valid media type: Go's parser
/// refuses it in an answer.
inline constexpr std::string_view kOpenApiV2Protobuf =
    "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// What of the document Kubernetes uses is written: paths, definitions, security; nothing else may
/// be in it. Strings must be UTF-8.
std::string openapi_v2_protobuf(const boost::json::object& document);

}  // namespace nanika::apiserver::schema
