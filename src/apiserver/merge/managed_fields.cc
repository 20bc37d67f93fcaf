#include "apiserver/merge/managed_fields.h"

#include <algorithm>

#include "apiserver/merge/go_text.h"

namespace nanika::apiserver::merge {

namespace {

using base::Result;

constexpr size_t kMaxUpdateManagers = 10;
constexpr std::string_view kAncient = "ancient-changes";

const json::value* entries_of(const json::value& object) {
  return base::find(object, "metadata", "managedFields");
}

void remove_entries(json::value& object) {
  json::value* meta = object.is_object() ? object.get_object().if_contains("metadata") : nullptr;
  if (meta != nullptr && meta->is_object()) meta->get_object().erase("managedFields");
}

bool is_reset(const json::value& entries) {
  if (!entries.is_array()) return false;
  const json::array& list = entries.get_array();
  if (list.empty()) return true;
  return list.size() == 1 && list[0].is_object() && list[0].get_object().empty();
}

Managers managers_or_none(const json::value* object) {
  if (object == nullptr) return {};
  return decode_managers(*object).value_or(Managers());
}

// Whose entries count: those that the client sent, or the stored ones.
Managers managers_before(const Target& target, const json::value* live, const json::value& object) {
  const json::value* sent = entries_of(object);
  if (target.subresource.empty() && sent != nullptr) {
    if (is_reset(*sent)) return {};
    auto managers = decode_managers(object);
    if (managers && !managers->empty()) return std::move(*managers);
  }
  return managers_or_none(live);
}

// The oldest updaters beyond the limit become one, a bucket for each version.
void cap_updaters(Managers& managers) {
  std::vector<Manager> updaters, kept;
  for (Manager& each : managers) (each.applied ? kept : updaters).push_back(std::move(each));
  size_t count = updaters.size();
  std::ranges::sort(updaters, [](const Manager& a, const Manager& b) {
    return std::tie(a.time, a.name, a.api_version, a.subresource) <
           std::tie(b.time, b.name, b.api_version, b.subresource);
  });
  for (Manager& each : updaters) {
    auto first = std::ranges::find_if(
        kept, [&](const Manager& k) { return !k.applied && k.api_version == each.api_version; });
    if (count <= kMaxUpdateManagers || first == kept.end()) {
      kept.push_back(std::move(each));
      continue;
    }
    first->name = kAncient;
    first->subresource.clear();
    first->fields = first->fields.unite(each.fields);
    first->time = each.time;
    --count;
  }
  managers = std::move(kept);
}

const json::value& empty_object() {
  static const json::value kEmpty = json::object();
  return kEmpty;
}

}  // namespace

std::string manager_name(std::string_view field_manager, std::string_view user_agent) {
  if (!field_manager.empty()) return std::string(field_manager);
  std::string_view prefix = user_agent.substr(0, user_agent.find('/'));
  // Whole characters, at most 128 bytes of them, as the validation of managers asks.
  std::string out;
  for (char c : prefix) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) out += c;
  }
  if (out.size() > 128) {
    size_t end = 128;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80) --end;
    out.resize(end);
  }
  return out.empty() ? "unknown" : out;
}

FieldSet without_meta(FieldSet fields) {
  static const FieldSet kStripped = [] {
    FieldSet out;
    auto field = PathElement::field;
    for (std::string_view name : {"apiVersion", "kind", "metadata"}) {
      out.insert(Path{field(name)});
    }
    for (std::string_view name :
         {"name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation",
          "managedFields", "resourceVersion"}) {
      out.insert(Path{field("metadata"), field(name)});
    }
    return out;
  }();
  fields.remove(kStripped);
  return fields;
}

FieldSet without_reset(const Target& target, FieldSet fields) {
  if (target.reset == nullptr || target.reset->empty()) return fields;
  FieldSet reset;
  for (const std::vector<std::string>& names : *target.reset) {
    Path path;
    for (const std::string& name : names) path.push_back(PathElement::field(name));
    reset.insert(path);
  }
  return fields.subtract_with_children(reset);
}

Result<Comparison> take_from_others(const Target& target, const json::value& live,
                                    const json::value& object, Managers& managers,
                                    const Manager* self, std::vector<Conflict>& conflicts) {
  Comparison own = TRY(compare(TypeRef(target.schema, true), live, object));
  own.added = without_reset(target, std::move(own.added));
  own.removed = without_reset(target, std::move(own.removed));
  own.modified = without_reset(target, std::move(own.modified));
  // By version, each computed once; null: that version is not served any more.
  std::vector<std::pair<std::string, std::optional<Comparison>>> others;
  auto in_version = [&](const std::string& version) -> Result<const Comparison*> {
    if (version == target.api_version || !target.convert) return &own;
    for (auto& [known, comparison] : others) {
      if (known == version) return comparison ? &*comparison : nullptr;
    }
    json::value before = live, after = object;
    const Schema* schema = target.convert(before, target.api_version, version);
    others.emplace_back(version, std::nullopt);
    if (schema == nullptr) return nullptr;
    target.convert(after, target.api_version, version);
    return &others.back().second.emplace(TRY(compare(TypeRef(schema, true), before, after)));
  };
  for (Manager& each : managers) {
    if (self != nullptr && each.same_as(*self)) continue;
    const Comparison* comparison = TRY(in_version(each.api_version));
    if (comparison == nullptr) {
      each.fields = FieldSet();
      continue;
    }
    FieldSet conflict = each.fields.intersect(comparison->modified.unite(comparison->added));
    if (!conflict.empty()) {
      each.fields.remove(conflict);
      FieldSet rest = std::exchange(each.fields, FieldSet());
      conflicts.push_back({each, std::move(conflict)});
      each.fields = std::move(rest);
    }
    each.fields.remove(comparison->removed);
  }
  std::erase_if(managers, [](const Manager& each) { return each.fields.empty(); });
  return own;
}

Result<Managers> track_update(const Target& target, const json::value& live,
                              const json::value& object, Managers managers,
                              std::string_view manager, base::WallTime now) {
  for (Manager& each : managers) {
    if (each.api_version == target.api_version || !target.convert) {
      each.fields = reconcile(TypeRef(target.schema, true), each.fields);
    }
  }
  std::vector<Conflict> overruled;
  Comparison change = TRY(take_from_others(target, live, object, managers, nullptr, overruled));
  FieldSet mine = std::move(change.added);
  mine.add(std::move(change.modified));
  mine = without_meta(without_reset(target, std::move(mine)));
  if (!mine.empty()) {
    Manager self{.name = manager.empty() ? "unknown" : std::string(manager),
                 .api_version = target.api_version,
                 .subresource = target.subresource};
    Manager* known = find_manager(managers, self);
    if (known == nullptr) known = &managers.emplace_back(std::move(self));
    known->fields.add(std::move(mine));
    known->time = base::format_time(now);
  }
  cap_updaters(managers);
  return managers;
}

void update_managed_fields(const Target& target, const json::value* live, json::value& object,
                           std::string_view manager, base::WallTime now) {
  Managers managers = managers_before(target, live, object);
  remove_entries(object);
  // Objects that nobody tracked, or whose managers were dropped on purpose, stay untracked until
  // somebody applies.
  if (managers.empty() && live != nullptr) return;
  const json::value& nothing = target.empty != nullptr ? *target.empty : empty_object();
  auto after = track_update(target, live != nullptr ? *live : nothing, object, std::move(managers),
                            manager, now);
  if (after) {
    encode_managers(std::move(*after), object);
  } else if (const json::value* stored = live != nullptr ? entries_of(*live) : nullptr) {
    json::value copy = *stored;
    object.as_object()["metadata"].as_object()["managedFields"] = std::move(copy);
  }
}

void keep_old_times(json::value& object, const json::value& live) {
  const json::value* now = entries_of(object);
  const json::value* before = entries_of(live);
  if (now == nullptr || before == nullptr || !now->is_array() || !before->is_array()) return;
  const json::array &a = now->get_array(), &b = before->get_array();
  if (a.size() != b.size() || base::json_equal(*now, *before)) return;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!a[i].is_object() || !b[i].is_object()) return;
    json::object x = a[i].get_object(), y = b[i].get_object();
    x.erase("time");
    y.erase("time");
    if (!base::json_equal(x, y)) return;
  }
  auto stripped = [](const json::value& value) {
    json::value out = value;
    remove_entries(out);
    if (json::value* meta = out.get_object().if_contains("metadata")) {
      if (meta->is_object()) meta->get_object().erase("resourceVersion");
    }
    return out;
  };
  if (!base::json_equal(stripped(object), stripped(live))) return;
  json::value copy = *before;
  object.as_object()["metadata"].as_object()["managedFields"] = std::move(copy);
}

}  // namespace nanika::apiserver::merge
