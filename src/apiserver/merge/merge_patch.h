// JSON Merge Patch (RFC 7396, which replaced RFC 7386): what `kubectl patch --type=merge` sends.
#pragma once

#include "base/json.h"
#include "base/result.h"

namespace nanika::apiserver::merge {

namespace json = boost::json;

/// The patched document; `document` is left alone. Members that are null in `patch` are removed,
/// objects are merged, all else is replaced. kInvalid when `patch` is no object.
base::Result<json::value> apply_merge_patch(const json::value& document, const json::value& patch);

}  // namespace nanika::apiserver::merge
