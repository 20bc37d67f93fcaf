// From parsed JSON to an object of an endpoint's kind: apiVersion and kind, types, unknown and
// duplicate fields, defaults. What comes out has the shape of the endpoint's view.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apiserver/registry/catalog.h"
#include "base/json.h"

namespace nanika::apiserver {

/// ?fieldValidation=
enum class FieldValidation : uint8_t { kIgnore, kWarn, kStrict };

/// Keys that stood twice in a text.
struct Duplicates {
  base::DuplicateKeys fields;      ///< of JSON: paths
  std::vector<std::string> lines;  ///< of YAML: `line 4: key "a" already set in map`
};

struct DecodedObject {
  json::value object;
  std::vector<std::string> warnings;  ///< one Warning header each
};

/// 400 in upstream's words when the object is
/// of another kind or version, has wrong types, or (strict) fields that are not known.
ApiResult<DecodedObject> decode_object(const Endpoint& endpoint, json::value body,
                                       const Duplicates& duplicates, FieldValidation validation);

/// Fills what was left out: the schema's and the kind's defaults.
void set_defaults(const Endpoint& endpoint, json::value& object);

/// A stored object in this view's shape; `bytes` is its canonical JSON.
json::value view_of(const Endpoint& endpoint, std::string_view bytes);
/// True when the stored bytes are what this view shows: nothing has to be parsed.
bool shows_stored(const Endpoint& endpoint);

/// What Go's strict YAML reader says of duplicate keys.
std::string yaml_duplicates(const std::vector<std::string>& lines);

/// 400 for a body that is no JSON, YAML or protobuf of that kind.
ApiError unrecognized(std::string_view kind, std::string_view why, std::string_view body);

}  // namespace nanika::apiserver
