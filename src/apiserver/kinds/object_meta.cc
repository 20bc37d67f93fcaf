#include "apiserver/kinds/object_meta.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "apiserver/kinds/access.h"

namespace nanika::apiserver::kinds {

namespace {

constexpr size_t kMaxAnnotationBytes = 256 << 10;
constexpr std::string_view kImmutable = "field is immutable";

std::vector<std::string> sorted_keys(const json::object& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object) keys.emplace_back(key);
  std::ranges::sort(keys);
  return keys;
}

void validate_owner(const json::value& owner, const Path& path, Causes& causes) {
  std::string_view api_version = string_at(owner, "apiVersion");
  size_t slash = api_version.find('/');
  bool bad =
      slash != std::string_view::npos &&
      (slash + 1 == api_version.size() || api_version.find('/', slash + 1) != api_version.npos);
  if (api_version.empty()) {
    required(causes, path.child("apiVersion"), "must not be empty");
  } else if (bad) {
    invalid(causes, path.child("apiVersion"), api_version,
            "must be <group>/<version> or <version>");
  }
  for (std::string_view key : {"kind", "name", "uid"}) {
    if (string_at(owner, key).empty()) required(causes, path.child(key), "must not be empty");
  }
  if (api_version == "v1" && string_at(owner, "kind") == "Event") {
    invalid(causes, path, owner, "/v1, Kind=Event is disallowed from being an owner");
  }
}

void validate_owners(const json::value& meta, const Path& path, Causes& causes) {
  const json::array& owners = array_at(meta, "ownerReferences");
  std::string controller;
  for (size_t i = 0; i < owners.size(); ++i) {
    validate_owner(owners[i], path.at(i), causes);
    if (!bool_at(owners[i], "controller")) continue;
    std::string name =
        fmt::format("{}/{}", string_at(owners[i], "kind"), string_at(owners[i], "name"));
    if (controller.empty()) {
      controller = name;
      continue;
    }
    invalid(causes, path, owners,
            fmt::format("Only one reference can have Controller set to true. Found \"true\" in "
                        "references for {} and {}",
                        controller, name));
  }
}

void validate_finalizers(const json::value& meta, const Path& path, Causes& causes) {
  const json::array& finalizers = array_at(meta, "finalizers");
  bool orphan = false, foreground = false;
  for (const json::value& each : finalizers) {
    if (!each.is_string()) continue;
    std::string_view name = each.get_string();
    invalid(causes, path, name, label_key(name));
    orphan = orphan || name == "orphan";
    foreground = foreground || name == "foregroundDeletion";
  }
  if (orphan && foreground) {
    invalid(causes, path, finalizers, "finalizer orphan and foregroundDeletion cannot be both set");
  }
}

void validate_managed_fields(const json::value& meta, const Path& path, Causes& causes) {
  const json::array& entries = array_at(meta, "managedFields");
  for (size_t i = 0; i < entries.size(); ++i) {
    Path at = path.at(i);
    std::string_view operation = string_at(entries[i], "operation");
    if (operation.empty()) {
      required(causes, at.child("operation"), "must not be empty");
    } else if (operation != "Apply" && operation != "Update") {
      not_supported(causes, at.child("operation"), operation, {"Apply", "Update"});
    }
    std::string_view type = string_at(entries[i], "fieldsType");
    if (!type.empty() && type != "FieldsV1") {
      invalid(causes, at.child("fieldsType"), type, "must be `FieldsV1`");
    }
    if (string_at(entries[i], "manager").size() > 128) too_long(causes, at.child("manager"), 128);
    if (string_at(entries[i], "subresource").size() > 256) {
      too_long(causes, at.child("subresource"), 256);
    }
  }
}

void validate_new_finalizers(const json::value& meta, const json::value& old_meta, const Path& path,
                             Causes& causes) {
  std::set<std::string> extra;
  for (const json::value& each : array_at(meta, "finalizers")) {
    if (each.is_string()) extra.emplace(each.get_string());
  }
  for (const json::value& each : array_at(old_meta, "finalizers")) {
    if (each.is_string()) extra.erase(std::string(each.get_string()));
  }
  if (extra.empty()) return;
  std::string list;
  for (const std::string& each : extra) list += (list.empty() ? "" : ", ") + quote(each);
  forbidden(causes, path,
            fmt::format("no new finalizers can be added if the object is being deleted, found new "
                        "finalizers []string{{{}}}",
                        list));
}

const json::value& meta_of(const json::value& object) {
  static const json::value kNone = json::object();
  const json::value* meta = base::find(object, "metadata");
  return meta != nullptr ? *meta : kNone;
}

}  // namespace

void validate_labels(const json::object& labels, const Path& path, Causes& causes) {
  // In order of keys, so that answers do not change from one run to the next (upstream's may).
  for (const std::string& key : sorted_keys(labels)) {
    invalid(causes, path, key, label_key(key));
    const json::value& value = labels.at(key);
    if (value.is_string()) {
      invalid(causes, path, value.get_string(), label_value(value.get_string()));
    }
  }
}

void validate_annotations(const json::object& annotations, const Path& path, Causes& causes) {
  size_t total = 0;
  for (const std::string& key : sorted_keys(annotations)) {
    std::string lower = key;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    invalid(causes, path, key, label_key(lower));
    const json::value& value = annotations.at(key);
    total += key.size() + (value.is_string() ? value.get_string().size() : 0);
  }
  if (total > kMaxAnnotationBytes) too_long(causes, path, kMaxAnnotationBytes);
}

void validate_object_meta(const json::value& object, bool namespaced, NameRule name_rule,
                          Causes& causes) {
  const json::value& meta = meta_of(object);
  Path path("metadata");
  std::string_view generate = string_at(meta, "generateName"), name = string_at(meta, "name");
  std::string_view space = string_at(meta, "namespace");
  if (!generate.empty()) {
    invalid(causes, path.child("generateName"), generate, name_rule(generate, true));
  }
  if (name.empty()) {
    required(causes, path.child("name"), "name or generateName is required");
  } else {
    invalid(causes, path.child("name"), name, name_rule(name, false));
  }
  if (namespaced && space.empty()) {
    required(causes, path.child("namespace"));
  } else if (namespaced) {
    invalid(causes, path.child("namespace"), space, dns1123_label(space));
  } else if (!space.empty()) {
    forbidden(causes, path.child("namespace"), "not allowed on this type");
  }
  if (int64_t generation = int_at(meta, "generation"); generation < 0) {
    invalid(causes, path.child("generation"), json::value(generation),
            "must be greater than or equal to 0");
  }
  validate_labels(object_at(meta, "labels"), path.child("labels"), causes);
  validate_annotations(object_at(meta, "annotations"), path.child("annotations"), causes);
  validate_owners(meta, path.child("ownerReferences"), causes);
  validate_finalizers(meta, path.child("finalizers"), causes);
  validate_managed_fields(meta, path.child("managedFields"), causes);
}

void validate_finalizer_name(std::string_view name, const Path& path, Causes& causes) {
  bool standard = name == "kubernetes" || name == "orphan" || name == "foregroundDeletion";
  if (standard || name.contains('/')) return;
  invalid(causes, path, name,
          "name is neither a standard finalizer name nor is it fully qualified");
}

void validate_builtin_meta(const json::value& object, bool namespaced, NameRule name_rule,
                           Causes& causes) {
  validate_object_meta(object, namespaced, name_rule, causes);
  const json::array& finalizers = array_at(meta_of(object), "finalizers");
  Path meta("metadata"), path = meta.child("finalizers");
  for (size_t i = 0; i < finalizers.size(); ++i) {
    if (finalizers[i].is_string()) {
      validate_finalizer_name(finalizers[i].get_string(), path.at(i), causes);
    }
  }
}

void validate_immutable(const json::value& object, const json::value& old, std::string_view key,
                        const Path& path, Causes& causes) {
  if (same_member(object, old, key)) return;
  const json::value* now = base::find(object, key);
  invalid(causes, path, now != nullptr ? *now : json::value(), kImmutable);
}

void validate_frozen(const json::value& object, const json::value& old,
                     std::initializer_list<std::string_view> keys, Causes& causes) {
  if (!bool_at(old, "immutable")) return;
  constexpr std::string_view kFrozen = "field is immutable when `immutable` is set";
  if (!bool_at(object, "immutable")) forbidden(causes, Path("immutable"), kFrozen);
  for (std::string_view key : keys) {
    if (!same_member(object, old, key)) forbidden(causes, Path(key), kFrozen);
  }
}

void validate_object_meta_update(const json::value& object, const json::value& old,
                                 Causes& causes) {
  const json::value& meta = meta_of(object);
  const json::value& before = meta_of(old);
  Path path("metadata");
  if (has(before, "deletionTimestamp")) {
    validate_new_finalizers(meta, before, path.child("finalizers"), causes);
  }
  if (string_at(meta, "resourceVersion").empty()) {
    invalid(causes, path.child("resourceVersion"), std::string_view(),
            "must be specified for an update");
  }
  int64_t generation = int_at(meta, "generation");
  if (generation < 0) {
    invalid(causes, path.child("generation"), json::value(generation),
            "must be greater than or equal to 0");
  }
  if (generation < int_at(before, "generation")) {
    invalid(causes, path.child("generation"), json::value(generation), "must not be decremented");
  }
  for (std::string_view key : {"name", "namespace", "uid", "creationTimestamp", "deletionTimestamp",
                               "deletionGracePeriodSeconds"}) {
    validate_immutable(meta, before, key, path.child(key), causes);
  }
  validate_labels(object_at(meta, "labels"), path.child("labels"), causes);
  validate_annotations(object_at(meta, "annotations"), path.child("annotations"), causes);
  validate_owners(meta, path.child("ownerReferences"), causes);
  validate_managed_fields(meta, path.child("managedFields"), causes);
}

}  // namespace nanika::apiserver::kinds
