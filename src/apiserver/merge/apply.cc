#include "apiserver/merge/apply.h"

#include <algorithm>

#include "apiserver/merge/go_text.h"

namespace nanika::apiserver::merge {

namespace {

using base::Code;
using base::Error;
using base::fail;
using base::Result;

constexpr std::string_view kBeforeFirstApply = "before-first-apply";
constexpr std::string_view kKubectl = "kubectl";
constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";
constexpr size_t kMaxAnnotationBytes = 256 << 10;

// Why an attempt failed: conflicts, or else the error.
struct Failure {
  Error error;
  std::vector<Conflict> conflicts;
};

std::unexpected<ApplyError> plain(Code code, std::string message) {
  return std::unexpected(ApplyError{{code, std::move(message)}, {}});
}

// Go's GroupVersionKind: "apps/v1, Kind=Deployment", "/v1, Kind=Pod".
std::string gvk(std::string_view api_version, std::string_view kind) {
  std::string_view slash = api_version.contains('/') ? "" : "/";
  return fmt::format("{}{}, Kind={}", slash, api_version, kind);
}

std::string described(const json::value& config, const Target& target) {
  return fmt::format("{}/{}; {}", base::find_string(config, "metadata", "namespace"),
                     base::find_string(config, "metadata", "name"),
                     gvk(target.api_version, target.kind));
}

Result<void> check_config(const Target& target, const json::value& config) {
  std::string_view version = base::find_string(config, "apiVersion");
  std::string_view kind = base::find_string(config, "kind");
  if (version != target.api_version || kind != target.kind) {
    return fail(Code::kInvalid, "invalid object type: {}", gvk(version, kind));
  }
  if (base::find(config, "metadata", "managedFields") != nullptr) {
    return fail(Code::kInvalid, "metadata.managedFields must be nil");
  }
  if (auto valid = validate(TypeRef(target.schema, true), config); !valid) {
    return fail(Code::kInternal, "failed to create typed patch object ({}): {}",
                described(config, target), valid.error().message);
  }
  return {};
}

ApplyError conflict_error(std::vector<Conflict> conflicts) {
  std::ranges::sort(conflicts, {}, [](const Conflict& c) {
    return std::tie(c.manager.name, c.manager.applied, c.manager.api_version,
                    c.manager.subresource);
  });
  ApplyError out{{Code::kConflict, ""}, {}};
  std::string list, single;
  for (const Conflict& conflict : conflicts) {
    std::string manager = conflict.manager.text();
    list += fmt::format("{}conflicts with {}:", list.empty() ? "" : "\n", manager);
    conflict.fields.each([&](const Path& path) {
      std::string field = text(path);
      list += "\n- " + field;
      single = fmt::format("conflict with {}: {}", manager, field);
      out.causes.push_back({.reason = "FieldManagerConflict",
                            .message = "conflict with " + manager,
                            .field = std::move(field)});
    });
  }
  size_t count = out.causes.size();
  out.error.message = count == 1 ? "Apply failed with 1 conflict: " + single
                                 : fmt::format("Apply failed with {} conflicts: {}", count, list);
  return out;
}

// The object between the versions of managers.
class Versions {
 public:
  explicit Versions(const Target& target) : target_(target) {}

  /// Null: not served any more.
  const Schema* move(json::value& object, std::string_view from, std::string_view to) const {
    if (from == to || !target_.convert) return target_.schema;
    return target_.convert(object, from, to);
  }

 private:
  const Target& target_;
};

// Puts back of `merged` what `pruned` lost though somebody (this configuration too) owns it.
void add_back_owned(const Versions& versions, json::value& merged, json::value& pruned,
                    std::string& at, const std::string& version, const FieldSet& owned) {
  json::value moved = merged;
  const Schema* schema = versions.move(moved, at, version);
  if (schema == nullptr) return;
  merged = std::move(moved);
  versions.move(pruned, at, version);
  at = version;
  TypeRef type(schema, true);
  FieldSet lost = with_named_parents(type, fields_of(type, merged))
                      .subtract(with_named_parents(type, fields_of(type, pruned))
                                    .unite(with_named_parents(type, owned)));
  pruned = remove_fields(type, merged, lost);
}

// Removes what the manager applied last time and not now, unless others own it.
json::value prune(const Target& target, json::value merged, const Managers& managers,
                  const Manager* last) {
  if (last == nullptr || last->fields.empty()) return merged;
  Versions versions(target);
  std::string at = last->api_version;
  json::value full = merged;
  const Schema* schema = versions.move(full, target.api_version, at);
  if (schema == nullptr) return merged;
  TypeRef type(schema, true);
  FieldSet was = with_named_parents(type, last->fields);
  json::value pruned = remove_fields(type, full, was);

  std::vector<std::pair<std::string, FieldSet>> owned{{at, FieldSet()}};
  for (const Manager& each : managers) {
    auto same =
        std::ranges::find(owned, each.api_version, &std::pair<std::string, FieldSet>::first);
    if (same == owned.end()) {
      owned.emplace_back(each.api_version, each.fields);
    } else {
      same->second = same->second.unite(each.fields);
    }
  }
  json::value walking = full;
  for (const auto& [version, fields] : owned) {
    add_back_owned(versions, walking, pruned, at, version, fields);
  }
  // Only what was this manager's goes: what nobody owns stays where it is.
  versions.move(pruned, at, last->api_version);
  FieldSet gone = with_named_parents(type, fields_of(type, full))
                      .subtract(with_named_parents(type, fields_of(type, pruned)));
  json::value out = remove_fields(type, full, gone.intersect(was));
  versions.move(out, last->api_version, target.api_version);
  return out;
}

struct Applied {
  std::optional<json::value> object;  // none: nothing changed
  Managers managers;
};

std::expected<Applied, Failure> apply_once(const Target& target, const json::value& live,
                                           const json::value& config, Managers managers,
                                           const Manager& self, bool force) {
  TypeRef type(target.schema, true);
  for (Manager& each : managers) {
    if (each.api_version == target.api_version || !target.convert) {
      each.fields = reconcile(type, each.fields);
    }
  }
  auto merged = merge_values(type, live, config);
  if (!merged) {
    return std::unexpected(
        Failure{{Code::kInternal, "failed to merge config: " + merged.error().message}, {}});
  }
  std::optional<Manager> last;
  if (Manager* known = find_manager(managers, self)) {
    last = *known;
  } else {
    managers.push_back(self);
  }
  Manager* mine = find_manager(managers, self);
  mine->fields = without_reset(target, fields_of(type, config));
  mine->api_version = target.api_version;
  json::value object = prune(target, std::move(*merged), managers, last ? &*last : nullptr);
  std::vector<Conflict> conflicts;
  auto change = take_from_others(target, live, object, managers, &self, conflicts);
  if (!change) {
    return std::unexpected(
        Failure{{Code::kInternal, "failed to compare objects: " + change.error().message}, {}});
  }
  if (!force && !conflicts.empty()) return std::unexpected(Failure{{}, std::move(conflicts)});
  if ((mine = find_manager(managers, self)) != nullptr) {
    mine->fields = without_meta(std::move(mine->fields));
    std::erase_if(managers, [](const Manager& each) { return each.fields.empty(); });
  }
  Applied out{.managers = std::move(managers)};
  if (!base::json_equal(live, object)) out.object = std::move(object);
  return out;
}

// The fields that `kubectl apply` of the client side set last, and that are still as it set them:
// kubectl's server-side apply may take these over without --force.
std::optional<FieldSet> client_side_fields(const Target& target, const json::value& live) {
  std::string_view last = base::find_string(live, "metadata", "annotations", kLastApplied);
  if (last.empty()) return std::nullopt;
  auto config = base::parse_json(last);
  if (!config || base::find_string(*config, "apiVersion") != target.api_version) {
    return std::nullopt;
  }
  TypeRef type(target.schema, true);
  if (!validate(type, *config)) return std::nullopt;
  auto change = compare(type, *config, live);
  if (!change) return std::nullopt;
  return fields_of(type, *config)
      .subtract(change->modified)
      .subtract(change->added)
      .subtract(change->removed);
}

json::value sorted_by_name(const json::value& value) {
  if (value.is_array()) {
    json::array out;
    for (const json::value& each : value.get_array()) out.push_back(sorted_by_name(each));
    return out;
  }
  if (!value.is_object()) return value;
  std::vector<std::string_view> names;
  for (const auto& [name, each] : value.get_object()) names.push_back(name);
  std::ranges::sort(names);
  json::object out;
  out.reserve(names.size());
  for (std::string_view name : names) out.emplace(name, sorted_by_name(value.at(name)));
  return out;
}

// Keeps the annotation of client-side apply up, so that users can go back to it.
void update_last_applied(json::value& object, const json::value& config) {
  if (base::find_string(object, "metadata", "annotations", kLastApplied).empty()) return;
  json::value copy = config;
  json::object& meta = copy.as_object()["metadata"].as_object();
  if (json::value* annotations = meta.if_contains("annotations");
      annotations != nullptr && annotations->is_object()) {
    annotations->get_object().erase(kLastApplied);
  }
  json::object& annotations = object.at("metadata").at("annotations").as_object();
  annotations[kLastApplied] = base::to_json(sorted_by_name(copy)) + "\n";
  size_t total = 0;
  for (const auto& [key, value] : annotations) {
    total += key.size() + (value.is_string() ? value.get_string().size() : 0);
  }
  if (total > kMaxAnnotationBytes) annotations.erase(kLastApplied);
}

json::value without_entries(const json::value& object) {
  json::value out = object;
  if (json::value* meta = out.as_object().if_contains("metadata"); meta != nullptr) {
    if (meta->is_object()) meta->get_object().erase("managedFields");
  }
  return out;
}

// Who owned what before this apply. Objects that nobody tracked yet get one manager for all they
// hold, so that it is not taken for granted.
std::expected<Managers, ApplyError> managers_before(const Target& target, const json::value* live,
                                                    const json::value& before,
                                                    const json::value& nothing,
                                                    base::WallTime now) {
  if (live == nullptr) return Managers();
  auto decoded = decode_managers(*live);
  if (!decoded) {
    return plain(Code::kInternal, "failed to decode managed fields: " + decoded.error().message);
  }
  if (!decoded->empty()) return std::move(*decoded);
  auto first = track_update(target, nothing, before, {}, kBeforeFirstApply, now);
  if (first) return std::move(*first);
  return plain(Code::kInternal,
               "failed to create manager for existing fields: " + first.error().message);
}

}  // namespace

std::expected<json::value, ApplyError> apply(const Target& target, const json::value* live,
                                             const json::value& config, const ApplyOptions& options,
                                             base::WallTime now) {
  static const json::value kEmpty = json::object();
  if (auto fine = check_config(target, config); !fine) {
    return plain(fine.error().code, fine.error().message);
  }
  const json::value& nothing = target.empty != nullptr ? *target.empty : kEmpty;
  const json::value before = without_entries(live != nullptr ? *live : nothing);
  auto managers = managers_before(target, live, before, nothing, now);
  if (!managers) return std::unexpected(managers.error());
  Manager self{.name = std::string(options.manager),
               .applied = true,
               .api_version = target.api_version,
               .subresource = target.subresource};
  auto applied = apply_once(target, before, config, *managers, self, options.force);
  bool kubectl = options.manager == kKubectl;
  if (!applied && kubectl && !applied.error().conflicts.empty()) {
    auto allowed = client_side_fields(target, before);
    if (!allowed) return std::unexpected(conflict_error(std::move(applied.error().conflicts)));
    std::vector<Conflict>& conflicts = applied.error().conflicts;
    for (Conflict& each : conflicts) each.fields = each.fields.subtract(*allowed);
    std::erase_if(conflicts, [](const Conflict& each) { return each.fields.empty(); });
    if (conflicts.empty()) {
      applied = apply_once(target, before, config, *managers, self, true);
    }
  }
  if (!applied) {
    Failure& failure = applied.error();
    if (failure.conflicts.empty()) return std::unexpected(ApplyError{failure.error, {}});
    return std::unexpected(conflict_error(std::move(failure.conflicts)));
  }
  json::value out = before;
  if (applied->object) {
    out = std::move(*applied->object);
    if (Manager* mine = find_manager(applied->managers, self)) mine->time = base::format_time(now);
  }
  if (kubectl) update_last_applied(out, config);
  encode_managers(std::move(applied->managers), out);
  return out;
}

}  // namespace nanika::apiserver::merge
