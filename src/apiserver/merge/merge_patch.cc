#include "apiserver/merge/merge_patch.h"

#include "apiserver/merge/go_text.h"

namespace nanika::apiserver::merge {

namespace {

// What a value of the patch becomes where there was nothing to merge with.
json::value without_nulls(const json::value& patch) {
  if (patch.is_object()) {
    json::object out;
    for (const auto& [key, value] : patch.get_object()) {
      if (!value.is_null()) out.emplace(key, without_nulls(value));
    }
    return out;
  }
  if (patch.is_array()) {
    // evanphx goes into lists too, where RFC 7396 takes them as they are; nulls as items stay.
    json::array out;
    for (const json::value& value : patch.get_array()) out.push_back(without_nulls(value));
    return out;
  }
  return patch;
}

void merge(json::object& object, const json::object& patch) {
  for (const auto& [key, value] : patch) {
    if (value.is_null()) {
      object.erase(key);
      continue;
    }
    json::value& at = object[key];
    if (at.is_object() && value.is_object()) {
      merge(at.get_object(), value.get_object());
    } else if (at.is_object()) {
      at = value;
    } else {
      at = without_nulls(value);
    }
  }
}

}  // namespace

base::Result<json::value> apply_merge_patch(const json::value& document, const json::value& patch) {
  if (patch.is_null()) return base::fail(base::Code::kInvalid, "Invalid JSON Patch");
  if (!patch.is_object()) {
    return base::fail(base::Code::kInvalid,
                      "error decoding patch: json: cannot unmarshal {} into Go value of type "
                      "map[string]interface {{}}",
                      go_kind(patch));
  }
  if (!document.is_object()) return base::fail(base::Code::kInvalid, "Invalid JSON Document");
  json::value out = document;
  merge(out.get_object(), patch.get_object());
  return out;
}

}  // namespace nanika::apiserver::merge
