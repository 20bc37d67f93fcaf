// JSON Patch (RFC 6902) as kube-apiserver applies it, that is with evanphx/json-patch: negative
// indices count from the end, `replace` of an absent member adds it, messages are that library's.
#pragma once

#include "base/json.h"
#include "base/result.h"

namespace nanika::apiserver::merge {

namespace json = boost::json;

struct JsonPatchLimits {
  size_t max_operations = 10000;
  size_t max_copied_bytes = 3 << 20;  ///< JSON that all `copy` operations add together
};

/// The patched document; `document` is left alone. kInvalid: `patch` is no list of operations;
/// kTooLarge: too many of them; kUnprocessable: one of them fails.
base::Result<json::value> apply_json_patch(const json::value& document, const json::value& patch,
                                           JsonPatchLimits limits = {});

}  // namespace nanika::apiserver::merge
