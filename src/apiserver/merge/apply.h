// Server-side apply: an object and what one manager wants of it become the new object.
//
//   auto applied = apply(target, &live, config, {.manager = "nanika-bgp", .force = true}, now);
//   if (!applied) answer(applied.error());        // 409 with a cause for every field in conflict
//
// What the manager applied before and leaves out now goes, unless somebody else owns it too. The
// caller then goes on as after any other patch: defaults, strategy, validation, and last
// keep_old_times(). Upstream: structured-merge-diff's merge.Updater and
// k8s.io/apimachinery/pkg/util/managedfields.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "apiserver/merge/managed_fields.h"

namespace nanika::apiserver::merge {

struct ApplyOptions {
  std::string_view manager;  ///< required by the API: the caller checks
  bool force = false;        ///< takes fields from their managers instead of failing
};

/// kConflict: others own fields that would change; `causes` names each (FieldManagerConflict).
/// kInvalid: `config` is of another kind or version, or brings managedFields. kInternal, as
/// upstream answers it: `config` does not fit the schema.
struct ApplyError {
  base::Error error;
  schema::Causes causes;
};

/// The merged object with its managedFields. `live` is null when there is no object yet.
std::expected<json::value, ApplyError> apply(const Target& target, const json::value* live,
                                             const json::value& config, const ApplyOptions& options,
                                             base::WallTime now);

}  // namespace nanika::apiserver::merge
