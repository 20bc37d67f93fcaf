// Causes in upstream's words (apimachinery/pkg/util/validation/field): one function each.
//
//   causes.push_back(invalid_value("spec.scope", scope, "may not be changed"));
//   // {FieldValueInvalid, `Invalid value: "x": may not be changed`, spec.scope}
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "apiserver/schema/schema.h"

namespace nanika::apiserver::schema {

Cause required_value(std::string_view field, std::string_view detail = {});
Cause forbidden(std::string_view field, std::string_view detail);
Cause invalid_value(std::string_view field, const json::value& value, std::string_view detail);
Cause invalid_value(std::string_view field, std::string_view text, std::string_view detail);
inline Cause invalid_value(std::string_view field, const char* text, std::string_view detail) {
  return invalid_value(field, std::string_view(text), detail);
}
Cause type_invalid(std::string_view field, std::string_view text, std::string_view detail);
Cause duplicate_value(std::string_view field, const json::value& value);
Cause not_supported(std::string_view field, const json::value& value,
                    std::span<const std::string> supported);
Cause too_long(std::string_view field, int64_t max_bytes);
Cause too_many(std::string_view field, int64_t actual, int64_t max);

/// `a.b`: `name` under `path`; "" and "<nil>" are the root.
std::string join_path(std::string_view path, std::string_view name);
/// `a[key]`, for map keys and indexes.
std::string key_path(std::string_view path, std::string_view key);

/// JSON with the keys of objects sorted, as Go prints maps.
std::string go_json(const json::value& value);
/// As Go's %q prints a string.
std::string go_quote(std::string_view text);
/// As Go's %v prints a float64: 1e+06, 0.5.
std::string go_float(double value);

/// "metadata.name: Required value, spec.x: Invalid value: ..." as ErrorList.ToAggregate prints
/// them.
std::string aggregate(const Causes& causes);

}  // namespace nanika::apiserver::schema
