// JSON as Kubernetes speaks it, on Boost.JSON's values.
//
// Boost.JSON alone refuses depth over 32, keeps the last of duplicate keys in silence and
// prints 1.0 as 1E0; these functions do as Go's encoding/json and the Kubernetes API machinery do.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/result.h"

namespace nanika::base {

namespace json = boost::json;

struct JsonLimits {
  size_t max_depth = 512;  ///< nesting of arrays and objects; deeper input is refused (kInvalid)
};

/// A key that stood twice in one object, as a dotted path: `spec.ports[0].name`. The last value was
/// kept.
using DuplicateKeys = std::vector<std::string>;

/// Parses one JSON document and nothing after it. Integers that fit are int64 (uint64 above), all
/// else double. Errors are kInvalid: "line 3, column 7: expected ',' or '}'". `duplicates`, when
/// given, lists duplicate keys; else they pass in silence. `storage` may be a monotonic resource
/// that outlives the value.
Result<json::value> parse_json(std::string_view text, DuplicateKeys* duplicates = nullptr,
                               JsonLimits limits = {}, json::storage_ptr storage = {});

/// Writes compact JSON: keys in the object's order, numbers as Go prints them (1.0 -> 1, 1e21 ->
/// 1e+21), and valid UTF-8 always. The append form is the fast one.
std::string to_json(const json::value& value);
void append_json(std::string& out, const json::value& value);
/// Appends `text` as a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);

/// True when all of `text` is UTF-8 (RFC 3629).
bool is_utf8(std::string_view text);

/// Indented by two spaces, for people.
std::string to_json_pretty(const json::value& value);

/// The same JSON value (objects compare without regard to order; 1 == 1.0).
bool json_equal(const json::value& a, const json::value& b);

/// Walks object keys: find(v, "spec", "ports") is null when any step is absent or no object. No
/// copies.
const json::value* find(const json::value& root, std::string_view key);
template <class... Keys>
const json::value* find(const json::value& root, std::string_view key, Keys... rest) {
  const json::value* next = find(root, key);
  return next == nullptr ? nullptr : find(*next, rest...);
}

/// The string at that path, or `""` when it is absent or no string.
template <class... Keys>
std::string_view find_string(const json::value& root, Keys... keys) {
  const json::value* at = find(root, keys...);
  return at != nullptr && at->is_string() ? std::string_view(at->get_string()) : std::string_view();
}

}  // namespace nanika::base
