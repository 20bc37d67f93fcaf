// What a plain YAML scalar means: the YAML 1.1 rules of sigs.k8s.io/yaml (goyaml.v2's resolver),
// shared by the reader and the writer.
#pragma once

#include <optional>
#include <string_view>

#include "base/json.h"

namespace nanika::base {

/// null, bool, number or string. Empty where JSON has no word for it (.nan, .inf).
/// Timestamps stay strings, 0777 is octal, 1_000 is 1000, y and n are booleans.
std::optional<json::value> resolve_plain_scalar(std::string_view text);

}  // namespace nanika::base
