// The JSONPaths of printer columns, selectable fields and scale subresources.
//
//   JsonPath path = TRY(JsonPath::parse(".status.conditions[?(@.type==\"Ready\")].status"));
//   std::vector<const json::value*> found = path.find(object);
//
// Steps: `.name`, `['na.me/x']`, `[0]`, `[-1]`, `[1:3]`, `[*]`, `.*`, `..name`, and filters
// `[?(@.a=="x")]` with == != < <= > >= on strings, numbers and booleans, or existence `[?(@.a)]`.
// Upstream: k8s.io/client-go/util/jsonpath with AllowMissingKeys.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace nanika::apiserver::schema {

namespace json = boost::json;

/// Immutable and cheap to copy; any thread may use it.
class JsonPath {
 public:
  struct Step;

  /// kInvalid says where the text breaks. At most 64 steps; text up to 4096 bytes.
  static base::Result<JsonPath> parse(std::string_view text);

  /// What it finds, in order; pointers into `root`. At most 4096 values. A missing key finds
  /// nothing, as does an error of upstream's: an index out of bounds, a comparison of unlike types.
  std::vector<const json::value*> find(const json::value& root) const;

  /// The field names, when every step is a plain name (".spec.replicas"): what a path must be that
  /// is written through. nullopt otherwise.
  std::optional<std::vector<std::string>> plain_fields() const;

  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::shared_ptr<const std::vector<Step>> steps_;
};

}  // namespace nanika::apiserver::schema
