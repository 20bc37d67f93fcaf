// Reading of JSONSchemaProps as JSON: a member of the wrong type reads as absent, since decoding
// against the built-in CustomResourceDefinition refused it before.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace nanika::apiserver::schema {

namespace json = boost::json;

constexpr int kMaxSchemaDepth = 150;

std::string_view text(const json::object& props, std::string_view key);
bool flag(const json::object& props, std::string_view key);
const json::array& list_of(const json::object& props, std::string_view key);
const json::object& object_of(const json::object& props, std::string_view key);
std::vector<std::string> texts(const json::object& props, std::string_view key);

}  // namespace nanika::apiserver::schema
