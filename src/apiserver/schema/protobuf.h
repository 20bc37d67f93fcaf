// Kubernetes' protobuf bodies, read into the JSON that a client would have sent instead. Clients
// send them for built-in kinds, DeleteOptions and reviews; custom resources are always JSON.
//
//   if (media_type == kProtobufMediaType)
//     object = TRY(decode_protobuf(body, {.api_version = "v1", .kind = "ConfigMap"}));
//
// A body is the four bytes "k8s\0" and a runtime.Unknown that names its kind and holds the message
// (k8s.io/apimachinery/pkg/runtime/serializer/protobuf). What the message says is read with the
// field numbers of builtin.schema: fields that are not there are skipped, and zero values are left
// out where Go's omitempty would.
#pragma once

#include <string>
#include <string_view>

#include "apiserver/schema/schema.h"
#include "base/result.h"

namespace nanika::apiserver::schema {

inline constexpr std::string_view kProtobufMediaType = "application/vnd.kubernetes.protobuf";

struct TypeMeta {
  std::string api_version, kind;
};

/// What is in an envelope; `message` points into the body.
struct Envelope {
  TypeMeta type;
  std::string_view message;
};
base::Result<Envelope> open_envelope(std::string_view body);

/// Decodes a whole body. `expected` is what the endpoint takes: it is used when the envelope does
/// not say, as upstream does. The object's first keys are kind and apiVersion. kInvalid: broken
/// bytes, or a kind that is not built in (a custom resource must be sent as JSON).
base::Result<json::value> decode_protobuf(std::string_view body, const TypeMeta& expected);

/// Decodes one message of that type. Nesting is bounded, memory by a small multiple of the input.
base::Result<json::object> decode_message(std::string_view message, const Schema& schema);

}  // namespace nanika::apiserver::schema
