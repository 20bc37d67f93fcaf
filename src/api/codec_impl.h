// The codec's templates; include it in the .cc that instantiates Codec<Kind>, and nowhere else.
#pragma once

#include "api/codec.h"
#include "api/meta.h"
#include "api/schema_codec.h"
#include "api/types.h"

namespace nanika::api {

template <class T>
base::Result<T> Codec<T>::decode(const json::value& value) {
  T out;
  Path path;
  if (!decode_value(value, out, path))
    return base::fail(base::Code::kInvalid, "{}", path.message());
  return out;
}

template <class T>
json::object Codec<T>::encode(const T& object) {
  json::object out{{"apiVersion", api_version(T::kKind)}, {"kind", json::string(T::kKind.kind)}};
  json::value body = encode_value(object);
  for (auto& [key, value] : body.get_object()) out[key] = std::move(value);
  return out;
}

template <class T>
json::object Codec<T>::schema() {
  json::object out = schema_value<T>(Rules{}, "");
  json::object& properties = out["properties"].get_object();
  properties["metadata"] = json::object{{"type", "object"}};
  properties["apiVersion"] = json::object{{"type", "string"}};
  properties["kind"] = json::object{{"type", "string"}};
  return out;
}

}  // namespace nanika::api
