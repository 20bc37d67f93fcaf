// What a part of validate() found, and how well the value fitted. For validate*.cc.
#pragma once

#include <string>
#include <string_view>

#include "apiserver/schema/schema.h"

namespace nanika::apiserver::schema {

/// kube-openapi's Result: of several branches that fail (anyOf, oneOf) the one with most matches
/// speaks.
struct Outcome {
  Causes causes;
  int matches = 0;

  bool valid() const { return causes.empty(); }
  /// What was already said of the same value is left out; so is what comes after 200 causes.
  void add(Cause cause);
  void merge(Outcome&& other);
};

/// Where a value stands: `name` as upstream's messages have it ("spec.replicas"), `field` as the
/// cause has it, `root` the field of errors that upstream reports of the whole ("<nil>").
struct Place {
  std::string_view name;
  std::string_view field;
  std::string_view root;
};

/// Range of type and format, multipleOf, minimum, maximum.
Outcome check_number(const json::value& value, const Schema& schema, const Place& place);
/// maxLength, minLength, pattern: the first that fails.
Outcome check_string(std::string_view text, const Validation& rules, const Place& place);

/// A double that is an integer, as swag.IsFloat64AJSONInteger has it.
bool is_json_integer(double value);
/// The number as double; integers beyond int64 are doubles in Go.
double as_double(const json::value& number);

}  // namespace nanika::apiserver::schema
