// What the tests of kinds share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "apiserver/kinds/kind.h"
#include "apiserver/schema/builtin.h"

namespace nanika::apiserver::kinds {

inline json::value parse(std::string_view text) {
  return *base::parse_json(text);
}

inline Kind kind(std::string_view name) {
  for (Kind& each : builtin_kinds(schema::builtin_schemas())) {
    if (each.kind == name) return std::move(each);
  }
  ADD_FAILURE() << "no kind " << name;
  return {};
}

inline std::vector<std::string> texts(const Causes& causes) {
  std::vector<std::string> out;
  for (const schema::Cause& each : causes) out.push_back(each.field + ": " + each.message);
  return out;
}

inline void default_and_prepare(const Kind& k, json::value& object) {
  if (k.views[0].set_defaults) k.views[0].set_defaults(object);
  if (k.views[0].to_storage) k.views[0].to_storage(object);
  if (k.strategy.prepare_create) k.strategy.prepare_create(object);
}

inline std::vector<std::string> create_problems(std::string_view name, std::string_view text) {
  json::value object = parse(text);
  Kind k = kind(name);
  default_and_prepare(k, object);
  Causes causes;
  k.strategy.validate_create(object, causes);
  return texts(causes);
}

inline std::string row(std::string_view name, const json::value& object,
                       base::WallTime now = base::WallTime()) {
  return base::to_json(kind(name).row(object, now));
}

}  // namespace nanika::apiserver::kinds
