// decode_value and encode_value for each type that a description may use (describe.h).
// For codec_impl.h.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "api/describe.h"
#include "api/scalar_codec.h"

namespace nanika::api {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class T>
struct IsMap<std::map<std::string, T>> : std::true_type {};

/// The fields of T's description, one call of `visit` each.
template <class T, class Visit>
void for_each_field(Visit visit) {
  static constexpr auto kDescription = describe(static_cast<const T*>(nullptr));
  std::apply([&](const auto&... fields) { (visit(fields), ...); }, kDescription.fields);
}

template <class T>
bool decode_value(const json::value& in, T& out, Path& path) {
  if constexpr (IsOptional<T>::value) {
    return decode_value(in, out.emplace(), path);
  } else if constexpr (IsVector<T>::value) {
    const json::array* array = in.if_array();
    if (array == nullptr) return path.want("a list", in);
    out.clear();
    out.reserve(array->size());
    for (size_t i = 0; i < array->size(); ++i) {
      auto step = path.at(i);
      if (!decode_value((*array)[i], out.emplace_back(), path)) return false;
    }
    return true;
  } else if constexpr (IsMap<T>::value) {
    const json::object* object = in.if_object();
    if (object == nullptr) return path.want("a mapping", in);
    out.clear();
    for (const auto& [key, value] : *object) {
      auto step = path.at(key);
      if (!decode_value(value, out[std::string(key)], path)) return false;
    }
    return true;
  } else if constexpr (Described<T>) {
    const json::object* object = in.if_object();
    if (object == nullptr) return path.want("a mapping", in);
    bool good = true;
    for_each_field<T>([&](const auto& f) {
      const json::value* value = good ? object->if_contains(f.name) : nullptr;
      if (value == nullptr || value->is_null()) return;
      auto step = path.at(f.name);
      good = decode_value(*value, out.*(f.member), path);
    });
    return good;
  } else if constexpr (NamedEnum<T>) {
    constexpr auto names = enum_names(static_cast<const T*>(nullptr));
    const int index = decode_enum(in, names, path);
    if (index < 0) return false;
    out = static_cast<T>(index);
    return true;
  } else {
    return decode_scalar(in, out, path);
  }
}

template <class T>
bool is_empty(const T& value) {
  if constexpr (IsOptional<T>::value) {
    return !value.has_value();
  } else if constexpr (IsVector<T>::value || IsMap<T>::value) {
    return value.empty();
  } else if constexpr (Described<T>) {
    return value == T{};
  } else if constexpr (NamedEnum<T>) {
    return false;
  } else {
    return scalar_is_empty(value);
  }
}

template <class T>
json::value encode_value(const T& value) {
  if constexpr (IsOptional<T>::value) {
    return value ? encode_value(*value) : json::value();
  } else if constexpr (IsVector<T>::value) {
    json::array out;
    out.reserve(value.size());
    for (const auto& item : value) out.push_back(encode_value(item));
    return out;
  } else if constexpr (IsMap<T>::value) {
    json::object out;
    for (const auto& [key, item] : value) out[key] = encode_value(item);
    return out;
  } else if constexpr (Described<T>) {
    json::object out;
    for_each_field<T>([&](const auto& f) {
      const auto& member = value.*(f.member);
      if (f.rules.keep || f.rules.required || !is_empty(member)) out[f.name] = encode_value(member);
    });
    return out;
  } else if constexpr (NamedEnum<T>) {
    return json::string(name_of(value));
  } else {
    return encode_scalar(value);
  }
}

}  // namespace nanika::api
