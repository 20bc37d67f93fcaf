// What a JSONPath is made of. For jsonpath*.cc.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "apiserver/schema/jsonpath.h"

namespace nanika::apiserver::schema {

using JsonPathSteps = std::vector<JsonPath::Step>;

struct FieldStep {
  std::string name;
};
struct WildcardStep {};
struct RecursiveStep {};
/// [2], [-1], [1:3], [:], [::2]
struct SliceStep {
  std::optional<int64_t> from, to, step;
  bool single = false;  ///< `to` follows from `from`: an index
};
/// [?(@.a=="x")]; without an operator: whether `left` finds anything.
struct FilterStep {
  JsonPathSteps left, right;
  std::string op;
};
/// ['a','b'], [0,2]
struct UnionStep {
  std::vector<JsonPathSteps> branches;
};
/// A number, boolean or quoted text of a filter.
struct LiteralStep {
  json::value value;
};

struct JsonPath::Step {
  std::variant<FieldStep, WildcardStep, RecursiveStep, SliceStep, FilterStep, UnionStep,
               LiteralStep>
      what;
};

}  // namespace nanika::apiserver::schema
