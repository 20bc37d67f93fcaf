// JSON <-> typed kinds, and the CRD schema of a described type.
//
//   api::Service service = TRY(api::decode<api::Service>(value));
//   json::value body = api::encode(service);              // with apiVersion and kind
//   json::value part = api::encode_part(ip, {"status"});  // apiVersion, kind,
//   metadata.{name,namespace}, status: for apply
//
// Projections: our structs of upstream kinds hold the fields that nanika reads. Never PUT what
// encode() makes of one.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "api/describe.h"
#include "base/json.h"

namespace nanika::api {

namespace json = boost::json;

/// Instantiated once a kind, in the .cc beside its header (codec_impl.h): users compile fast.
template <class T>
struct Codec {
  static base::Result<T> decode(const json::value& value);
  static json::object encode(const T& object);
  /// The OpenAPI v3 schema as it stands in a CRD (no apiVersion, kind; metadata as an object).
  static json::object schema();
};

/// Unknown fields are ignored; a wrong type is kInvalid with its path: "spec.ports[0].port: want an
/// integer, got a string". apiVersion and kind are not looked at.
template <class T>
base::Result<T> decode(const json::value& value) {
  return Codec<T>::decode(value);
}

/// With apiVersion and kind.
template <class T>
json::object encode(const T& object) {
  return Codec<T>::encode(object);
}

template <class T>
json::object encode_part(const T& object, std::initializer_list<std::string_view> parts) {
  json::object whole = Codec<T>::encode(object);
  json::object out{{"apiVersion", whole["apiVersion"]}, {"kind", whole["kind"]}};
  json::object& metadata = out["metadata"].emplace_object();
  const json::object& from = whole["metadata"].get_object();
  for (std::string_view key : {"name", "namespace"})
    if (const json::value* value = from.if_contains(key)) metadata[key] = *value;
  for (std::string_view part : parts)
    if (json::value* value = whole.if_contains(part)) out[part] = std::move(*value);
  return out;
}

/// "v1", "network.nanika.dev/v1alpha1".
std::string api_version(const KindInfo& kind);

}  // namespace nanika::api
