#include "apiserver/crd/custom_resource.h"

#include <limits>
#include <set>

#include "apiserver/kinds/names.h"
#include "apiserver/schema/validate.h"
#include "apiserver/schema/validate_cause.h"

namespace nanika::apiserver::crd {
namespace {

using schema::invalid_value;
using schema::Schema;

void append(Causes& to, Causes from) {
  std::ranges::move(from, std::back_inserter(to));
}

const json::value* follow(const json::value& object, const std::vector<std::string>& path) {
  const json::value* at = &object;
  for (const std::string& key : path)
    if (at != nullptr) at = base::find(*at, key);
  return at;
}

std::string go_type(const json::value& value) {
  if (value.is_string()) return "string";
  if (value.is_bool()) return "bool";
  if (value.is_object()) return "map[string]interface {}";
  if (value.is_array()) return "[]interface {}";
  return value.is_null() ? "<nil>" : value.is_int64() ? "int64" : "float64";
}

std::string accessor_error(const std::string& path, const json::value& value,
                           std::string_view expected) {
  const std::string shown =
      value.is_string() ? std::string(value.get_string()) : schema::go_json(value);
  return fmt::format("{} accessor error: {} is of the type {}, expected {}", path, shown,
                     go_type(value), expected);
}

void check_replicas(const json::value& object, const std::vector<std::string>& path,
                    Causes& causes) {
  const json::value* v = follow(object, path);
  if (v == nullptr) return;
  const std::string at = fmt::format(".{}", fmt::join(path, "."));
  if (!v->is_int64()) {
    causes.push_back(invalid_value(at, json::value(0), accessor_error(at, *v, "int64")));
  } else if (v->get_int64() < 0) {
    causes.push_back(invalid_value(at, *v, "should be a non-negative integer"));
  } else if (v->get_int64() > std::numeric_limits<int32_t>::max()) {
    causes.push_back(invalid_value(at, *v, "should be less than or equal to 2147483647"));
  }
}

void check_scale_status(const json::value& object, const CrdView& view, Causes& causes) {
  if (!view.scale) return;
  check_replicas(object, view.scale->status_replicas, causes);
  const json::value* selector = follow(object, view.scale->label_selector);
  if (view.scale->label_selector.empty() || selector == nullptr || selector->is_string()) return;
  const std::string at = fmt::format(".{}", fmt::join(view.scale->label_selector, "."));
  causes.push_back(invalid_value(at, "", accessor_error(at, *selector, "string")));
}

void check_scale(const json::value& object, const CrdView& view, Causes& causes) {
  if (view.scale) check_replicas(object, view.scale->spec_replicas, causes);
  check_scale_status(object, view, causes);
}

// Sets and maps with duplicates may stay as they are while the old object had some.
void check_lists(const json::value& object, const json::value& old, const Schema& root,
                 Causes& causes) {
  if (schema::validate_lists(old, root).empty())
    append(causes, schema::validate_lists(object, root));
}

std::vector<std::string> finalizers_of(const json::value& object) {
  std::vector<std::string> out;
  const json::value* all = base::find(object, "metadata", "finalizers");
  if (all == nullptr || !all->is_array()) return out;
  for (const json::value& v : all->get_array())
    if (v.is_string()) out.emplace_back(v.get_string());
  return out;
}

}  // namespace

Causes validate_custom_resource(const json::value& object, const CrdView& view) {
  const Schema& root = *view.structural.root;
  Causes causes = schema::validate(object, root);
  check_scale(object, view, causes);
  append(causes, schema::validate_embedded(object, root));
  append(causes, schema::validate_lists(object, root));
  return causes;
}

Causes validate_custom_resource_update(const json::value& object, const json::value& old,
                                       const CrdView& view) {
  const Schema& root = *view.structural.root;
  Causes causes = schema::validate_update(object, old, root);
  check_scale(object, view, causes);
  append(causes, schema::validate_embedded(object, root));
  check_lists(object, old, root, causes);
  return causes;
}

Causes validate_custom_resource_status(const json::value& object, const json::value& old,
                                       const CrdView& view) {
  const Schema& root = *view.structural.root;
  const schema::Field* field = root.field("status");
  const json::value* status = base::find(object, "status");
  Causes causes;
  if (field != nullptr && status != nullptr) {
    const json::value* before = base::find(old, "status");
    causes = before == nullptr
                 ? schema::validate(*status, *field->schema, "status")
                 : schema::validate_update(*status, *before, *field->schema, "status");
  }
  check_scale_status(object, view, causes);
  append(causes, schema::validate_embedded(object, root));
  check_lists(object, old, root, causes);
  return causes;
}

std::vector<std::string> finalizer_warnings(const json::value& object, const json::value* old) {
  std::set<std::string> added;
  for (std::string& name : finalizers_of(object)) added.insert(std::move(name));
  if (old != nullptr)
    for (const std::string& name : finalizers_of(*old)) added.erase(name);
  std::vector<std::string> out;
  for (const std::string& name : added) {
    const std::string quoted = schema::go_quote(name);
    for (const std::string& problem : kinds::label_key(name))
      out.push_back(fmt::format("metadata.finalizers: {}: {}", quoted, problem));
    const bool standard = name == "orphan" || name == "foregroundDeletion" || name == "kubernetes";
    if (standard || name.find('/') != std::string::npos) continue;
    out.push_back(fmt::format(
        "metadata.finalizers: {}: prefer a domain-qualified finalizer name{} to avoid accidental "
        "conflicts with other finalizer writers",
        quoted, name.find('.') != std::string::npos ? " including a path (/)" : ""));
  }
  return out;
}

}  // namespace nanika::apiserver::crd
