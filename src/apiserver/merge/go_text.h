// How Go's fmt and encoding/json speak of values, where upstream's messages show it.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace nanika::apiserver::merge {

namespace json = boost::json;

std::string go_quote(std::string_view text);         ///< %q
std::string go_value(const json::value& value);      ///< %v: map[a:1 b:[x y]], <nil>
std::string_view go_type(const json::value& value);  ///< %T of the decoded value
std::string_view go_kind(const json::value& value);  ///< encoding/json: "object", "number", ...

}  // namespace nanika::apiserver::merge
