#include "apiserver/kinds/access.h"
#include "apiserver/kinds/object_meta.h"
#include "apiserver/kinds/rows.h"

namespace nanika::apiserver::kinds {

namespace {

constexpr std::string_view kFinalizer = "kubernetes";

void set_name_label(json::value& object) {
  // A copy: making room for the labels moves the strings of metadata.
  std::string name(base::find_string(object, "metadata", "name"));
  if (name.empty()) return;
  json::value& labels = make_object(make_object(object, "metadata"), "labels");
  labels.as_object()["kubernetes.io/metadata.name"] = name;
}

void set_defaults(json::value& object) {
  set_name_label(object);
  set_default(make_object(object, "status"), "phase", "Active");
}

// The finalizer stands in spec from the first moment: the namespace's content is deleted before it
// is.
void prepare_create(json::value& object) {
  set_name_label(object);  // of a generated name, which defaulting did not know
  object.as_object()["status"] = {{"phase", "Active"}};
  json::value& finalizers = make_object(object, "spec").as_object()["finalizers"];
  if (!finalizers.is_array()) finalizers.emplace_array();
  for (const json::value& each : finalizers.get_array()) {
    if (each.is_string() && each.get_string() == kFinalizer) return;
  }
  finalizers.get_array().emplace_back(kFinalizer);
}

void prepare_update(json::value& object, const json::value& old) {
  set_name_label(object);
  copy_member(make_object(object, "spec"), member(old, "spec"), "finalizers");
  copy_member(object, old, "status");
}

void validate_finalizer(std::string_view name, const Path& path, Causes& causes) {
  invalid(causes, path, name, label_key(name));
  validate_finalizer_name(name, path, causes);
}

const json::array& finalizers_of(const json::value& object) {
  return array_at(member(object, "spec"), "finalizers");
}

void validate(const json::value& object, Causes& causes) {
  Path spec("spec"), path = spec.child("finalizers");
  for (const json::value& each : finalizers_of(object)) {
    if (each.is_string()) validate_finalizer(each.get_string(), path, causes);
  }
}

void validate_update(const json::value& object, const json::value& old, Causes& causes) {
  validate_builtin_meta(object, false, name_is_dns_label, causes);
  validate(object, causes);
  validate_object_meta_update(object, old, causes);
}

void validate_status(const json::value& object, const json::value& old, Causes& causes) {
  validate_object_meta_update(object, old, causes);
  Path status("status"), path = status.child("Phase");
  std::string_view phase = base::find_string(object, "status", "phase");
  const json::value* deleted = base::find(object, "metadata", "deletionTimestamp");
  if (deleted == nullptr && phase != "Active") {
    invalid(causes, path, phase, "may only be 'Active' if `deletionTimestamp` is empty");
  } else if (deleted != nullptr && phase != "Terminating") {
    invalid(causes, path, phase, "may only be 'Terminating' if `deletionTimestamp` is not empty");
  }
}

void validate_finalize(const json::value& object, const json::value& old, Causes& causes) {
  validate_object_meta_update(object, old, causes);
  const json::array& finalizers = finalizers_of(object);
  Path spec("spec"), path = spec.child("finalizers");
  for (size_t i = 0; i < finalizers.size(); ++i) {
    if (finalizers[i].is_string()) {
      validate_finalizer(finalizers[i].get_string(), path.at(i), causes);
    }
  }
}

SelectableFields selectable(const json::value& object) {
  SelectableFields out = meta_fields(object, false);
  out.emplace_back("status.phase", base::find_string(object, "status", "phase"));
  out.emplace_back("name", base::find_string(object, "metadata", "name"));
  return out;
}

json::array row(const json::value& object, base::WallTime now) {
  return {base::find_string(object, "metadata", "name"),
          base::find_string(object, "status", "phase"), age_of(object, now)};
}

}  // namespace

Kind namespace_kind(const schema::SchemaSet& schemas) {
  Kind kind = make_kind(schemas, "", "v1", "io.k8s.api.core.v1.Namespace", "Namespace",
                        "namespaces", false);
  kind.short_names = {"ns"};
  kind.returns_deleted = true;
  std::erase(kind.verbs, "deletecollection");
  fill_in(kind.views[0],
          {{"metadata", json::object()}, {"spec", json::object()}, {"status", json::object()}},
          set_defaults);
  kind.strategy = meta_strategy(false, name_is_dns_label, validate);
  kind.strategy.prepare_create = prepare_create;
  kind.strategy.prepare_update = prepare_update;
  kind.strategy.validate_update = validate_update;
  kind.strategy.reset_fields = {{"status"}};
  kind.prepare_delete = [](json::value& object, base::WallTime) {
    make_object(object, "status").as_object()["phase"] = "Terminating";
  };
  Subresource finalize = status_like("finalize", {"status"});
  finalize.verbs = {"update"};
  finalize.strategy.validate_update = validate_finalize;
  Subresource status = status_like("status", {"spec"});
  status.strategy.validate_update = validate_status;
  kind.subresources = {std::move(finalize), std::move(status)};
  kind.field_labels = {"metadata.name", "status.phase", "name"};
  kind.selectable_fields = selectable;
  kind.columns = {name_column(),
                  {.name = "Status", .description = "Active, or Terminating while it is deleted."},
                  age_column()};
  kind.row = row;
  return kind;
}

}  // namespace nanika::apiserver::kinds
