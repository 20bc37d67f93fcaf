// metadata.managedFields: who set which fields, kept up on every write.
//
//   Target target{.schema = view.schema, .api_version = "v1", .kind = "Service"};
//   update_managed_fields(target, &live, changed, manager_name(query, user_agent), clock.wall());
//   keep_old_times(changed, live);      // then changed == live when nothing else differs: no write
//
// Plain writes (POST, PUT, and the three patches) record what they changed under their manager and
// operation Update; apply.h does the rest. Upstream: k8s.io/apimachinery/pkg/util/managedfields.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apiserver/merge/typed.h"
#include "base/clock.h"

namespace nanika::apiserver::merge {

using FieldPaths = std::vector<std::vector<std::string>>;

/// The endpoint that is written to, in the version of the request.
struct Target {
  const Schema* schema = nullptr;  ///< of the whole object
  std::string api_version;         ///< "v1", "discovery.k8s.io/v1"
  std::string kind;
  std::string subresource;             ///< "" or "status", ...
  const FieldPaths* reset = nullptr;   ///< what this endpoint does not let the client set
  const json::value* empty = nullptr;  ///< what the object is before anything is set; null: {}
  /// For resources with several views: turns an object of one version into another and gives the
  /// schema there; null when that version is not served (its managers are dropped). Unset: all
  /// versions have one shape.
  std::function<const Schema*(json::value& object, std::string_view from, std::string_view to)>
      convert;
};

/// The manager of a request: `fieldManager`, else the User-Agent up to its first slash, else
/// "unknown".
std::string manager_name(std::string_view field_manager, std::string_view user_agent);

/// Writes metadata.managedFields of `object`, which replaces `live` (null: it is new). What the
/// client sent in it counts only as upstream lets it: `[{}]` and `[]` forget all managers, entries
/// replace the stored ones, subresources ignore it. Never fails: where fields cannot be told
/// apart, the stored entries stay.
void update_managed_fields(const Target& target, const json::value* live, json::value& object,
                           std::string_view manager, base::WallTime now);

/// When `object` differs from `live` in the times of managedFields at most, takes those of `live`,
/// so that a write that changes nothing is seen to change nothing.
void keep_old_times(json::value& object, const json::value& live);

// Below: for apply.cc and tests.

/// One entry; appliers are one manager over all versions.
struct Manager {
  std::string name;
  bool applied = false;  ///< operation Apply, else Update
  std::string api_version;
  std::string subresource;
  std::string time;  ///< RFC 3339, "" when there is none
  FieldSet fields;

  bool same_as(const Manager& other) const;
  /// `"kubectl" with subresource "status" using v1`, as conflicts name it.
  std::string text() const;
};
using Managers = std::vector<Manager>;

base::Result<Managers> decode_managers(const json::value& object);  ///< of metadata.managedFields
void encode_managers(Managers managers, json::value& object);
Manager* find_manager(Managers& managers, const Manager& like);

/// Plain writes to one version: the managers after the change from `live` to `object`.
base::Result<Managers> track_update(const Target& target, const json::value& live,
                                    const json::value& object, Managers managers,
                                    std::string_view manager, base::WallTime now);

struct Conflict {
  Manager manager;  ///< without fields
  FieldSet fields;
};
/// Takes from every manager but `self` what others changed or removed between two objects; what
/// changed in their fields is in `conflicts`.
base::Result<Comparison> take_from_others(const Target& target, const json::value& live,
                                          const json::value& object, Managers& managers,
                                          const Manager* self, std::vector<Conflict>& conflicts);

/// Fields that nobody owns (names, versions, managedFields itself) and those that `target` resets.
FieldSet without_reset(const Target& target, FieldSet fields);
FieldSet without_meta(FieldSet fields);

}  // namespace nanika::apiserver::merge
