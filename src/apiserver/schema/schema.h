// The one description of a type that everything reads: strict decoding, pruning, defaults,
// validation, protobuf, strategic merge, server-side apply, OpenAPI and `kubectl explain`. Built-in
// kinds come from the table that tools/ generates of upstream's published API; custom resources
// from their CRD's structural schema.
//
// A Schema is immutable once built and lives as long as its SchemaSet; nodes point at each other
// freely (types such as JSONSchemaProps are recursive), so walk along data, never along the schema
// alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace re2 {
class RE2;
}

namespace nanika::apiserver::schema {

namespace json = boost::json;

enum class Type : uint8_t {
  kAny,  ///< no type given: everything passes (RawExtension, JSON,
         ///< x-kubernetes-preserve-unknown-fields without type)
  kObject,
  kArray,
  kString,
  kInteger,
  kNumber,
  kBoolean,
  kIntOrString,
};

enum class ListType : uint8_t { kAtomic, kSet, kMap };  ///< x-kubernetes-list-type
enum class MapType : uint8_t { kGranular, kAtomic };    ///< x-kubernetes-map-type

struct Schema;

struct Field {
  std::string name;  ///< as in JSON
  const Schema* schema = nullptr;
  uint32_t proto_number = 0;  ///< 0: not in protobuf
  bool required = false;
  bool omit_zero = false;   ///< protobuf only: a zero value on the wire means absent (omitempty)
  std::string description;  ///< our own words, for explain; may be empty
  std::optional<json::value> default_value;
  // Strategic merge patch of built-in kinds: `patchStrategy` and `patchMergeKey` belong to the
  // field, not to its type.
  bool patch_merge = false;
  bool patch_retain_keys = false;
  std::string patch_merge_key;
};

/// Value validations of OpenAPI v3, as in apiextensions' JSONSchemaProps.
struct Validation {
  std::optional<double> minimum, maximum, multiple_of;
  bool exclusive_minimum = false, exclusive_maximum = false;
  std::optional<int64_t> min_length, max_length, min_items, max_items, min_properties,
      max_properties;
  bool unique_items = false;
  std::string pattern;
  std::shared_ptr<const re2::RE2> regex;  ///< `pattern` compiled
  json::array enum_values;
  std::vector<std::string> required;  ///< names required here that are none of the schema's fields
  std::vector<std::shared_ptr<const Schema>> all_of, any_of, one_of;
  std::shared_ptr<const Schema> not_;
};

struct Schema {
  Type type = Type::kAny;
  std::string name;  ///< of a named type, as in OpenAPI: "io.k8s.api.core.v1.ServiceSpec"; else ""
  std::string format;             ///< int32, int64, date-time, byte, ipv4, ...
  std::string description;        ///< our own words
  std::vector<Field> fields;      ///< properties, sorted by name
  const Schema* items = nullptr;  ///< of an array
  const Schema* additional =
      nullptr;  ///< values of a map (additionalProperties); object without fields
  ListType list_type = ListType::kAtomic;
  std::vector<std::string> list_map_keys;
  MapType map_type = MapType::kGranular;
  bool nullable = false;
  std::optional<json::value> default_value;  ///< for a null array item or map value; a field's
                                             ///< default is Field::default_value
  bool preserve_unknown = false;             ///< x-kubernetes-preserve-unknown-fields
  bool embedded_resource = false;            ///< x-kubernetes-embedded-resource
  std::unique_ptr<const Validation> validation;
  // Built-in kinds alone. Types that are one thing on the wire and another in JSON name their
  // codec: Quantity (in JSON a string, or any number on input), IntOrString, Time, MicroTime,
  // Duration, RawExtension, FieldsV1, JSON, JSONSchemaPropsOrArray, ...; see protobuf.h.
  std::string codec;
  const Schema* codec_of = nullptr;  ///< the type inside a codec: JSONSchemaProps
  // Messages whose fields stand in this object's JSON (Go's `json:",inline"`): `fields` has those
  // fields too, with proto_number 0.
  std::vector<Field> inlined;

  const Field* field(std::string_view json_name) const;  ///< null when there is none; binary search
};

/// Owns schemas. Grows while it is built, then is only read. Movable; nodes keep their addresses.
class SchemaSet {
 public:
  SchemaSet();
  SchemaSet(SchemaSet&&) noexcept;
  SchemaSet& operator=(SchemaSet&&) noexcept;
  ~SchemaSet();
  Schema* add(Schema schema);  ///< named ones can be found by name
  const Schema* find(std::string_view name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One violated rule, as in metav1.StatusCause.
struct Cause {
  std::string reason;   ///< FieldValueRequired, FieldValueInvalid, FieldValueNotSupported,
                        ///< FieldValueTypeInvalid, ...
  std::string message;  ///< upstream's text without the field: `Invalid value: "x": must be ...`
  std::string field;    ///< spec.ports[0].port
};
using Causes = std::vector<Cause>;

}  // namespace nanika::apiserver::schema
