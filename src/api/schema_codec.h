// schema_value: the OpenAPI schema of each type that a description may use (describe.h). For
// codec_impl.h.
#pragma once

#include <string>
#include <type_traits>

#include "api/value_codec.h"

namespace nanika::api {

/// The schema of T where `rules` and `text` are the field's.
template <class T>
json::object schema_value(const Rules& rules, std::string_view text) {
  json::object out;
  if constexpr (IsOptional<T>::value) {
    return schema_value<typename T::value_type>(rules, text);
  } else if constexpr (IsVector<T>::value) {
    Rules item{
        .max_length = rules.max_length, .min_length = rules.min_length, .pattern = rules.pattern};
    out = list_schema(rules, schema_value<typename T::value_type>(item, ""));
  } else if constexpr (IsMap<T>::value) {
    Rules item{.max_length = rules.max_length, .pattern = rules.pattern};
    out = map_schema(rules, schema_value<typename T::mapped_type>(item, ""));
  } else if constexpr (Described<T>) {
    static constexpr auto kDescription = describe(static_cast<const T*>(nullptr));
    json::object properties;
    json::array required;
    const T initial{};
    for_each_field<T>([&](const auto& f) {
      using M = std::remove_cvref_t<decltype(initial.*(f.member))>;
      json::object schema = schema_value<M>(f.rules, f.description);
      if (f.rules.defaulted) schema["default"] = encode_value(initial.*(f.member));
      properties[f.name] = std::move(schema);
      if (f.rules.required) required.emplace_back(f.name);
    });
    out = object_schema(std::move(properties), std::move(required));
    if (text.empty()) text = kDescription.text;
  } else if constexpr (NamedEnum<T>) {
    constexpr auto names = enum_names(static_cast<const T*>(nullptr));
    out = enum_schema(names);
  } else {
    out = scalar_schema(static_cast<const T*>(nullptr), rules);
  }
  if (!text.empty()) out["description"] = text;
  return out;
}

}  // namespace nanika::api
