// Decoding of JSON into built-in kinds, as strict as Go's decoder into upstream's types.
//
//   DuplicateKeys duplicates;
//   json::value body = TRY(parse_json(text, &duplicates));
//   Decoded d = TRY(decode(std::move(body), service_schema));        // type errors: kInvalid
//   if (strict && (!d.unknown_fields.empty() || !duplicates.empty()))
//     return 400 cannot_be_handled("Service", "v1", strict_error(d.unknown_fields, duplicates));
//
// Upstream: sigs.k8s.io/json, apimachinery/pkg/runtime/serializer. Custom resources: prune.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apiserver/schema/schema.h"
#include "base/json.h"
#include "base/result.h"

namespace nanika::apiserver::schema {

struct Decoded {
  json::value value;                        ///< known fields only, in canonical form
  std::vector<std::string> unknown_fields;  ///< dropped: "spec.ports[0].foo"; at most 100
};

/// Drops unknown fields and nulls, checks every type, and writes scalars canonically (quantities,
/// times, durations, as upstream would print them); what Go's omitempty leaves out is dropped:
/// empty lists and maps that are not required, and zero scalars of Field::omit_zero. The error is
/// upstream's text: `json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port
/// of type int32`.
base::Result<Decoded> decode(json::value input, const Schema& schema);

/// `unknown field "spec.foo"`: one Warning header each with fieldValidation=Warn.
std::vector<std::string> strict_messages(const std::vector<std::string>& unknown_fields,
                                         const std::vector<std::string>& duplicate_fields);
/// `strict decoding error: unknown field "spec.foo", duplicate field "spec.bar"`.
std::string strict_error(const std::vector<std::string>& unknown_fields,
                         const std::vector<std::string>& duplicate_fields);
/// The message of a 400: `Service in version "v1" cannot be handled as a Service: ` + `why`.
std::string cannot_be_handled(std::string_view kind, std::string_view version,
                              std::string_view why);

/// Canonical text of a resource.Quantity: "0.5" -> "500m", "1024Mi" -> "1Gi". Error as upstream.
base::Result<std::string> canonical_quantity(std::string_view text);

}  // namespace nanika::apiserver::schema
