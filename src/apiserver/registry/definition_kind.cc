#include "apiserver/registry/definition_kind.h"

#include "apiserver/crd/defaults.h"
#include "apiserver/crd/validate.h"
#include "apiserver/kinds/access.h"
#include "apiserver/kinds/object_meta.h"

namespace nanika::apiserver {

namespace {

namespace json = boost::json;
using kinds::Causes;

void append(Causes& causes, Causes more) {
  causes.insert(causes.end(), more.begin(), more.end());
}

void prepare_delete(json::value& object, base::WallTime now) {
  json::value& finalizers = kinds::make_object(object, "metadata").as_object()["finalizers"];
  if (!finalizers.is_array()) finalizers.emplace_array();
  json::array& list = finalizers.get_array();
  for (const json::value& each : list)
    if (each.is_string() && each.get_string() == kCleanupFinalizer) return;
  list.emplace_back(kCleanupFinalizer);
  json::value& conditions = kinds::make_object(object, "status").as_object()["conditions"];
  if (!conditions.is_array()) conditions.emplace_array();
  conditions.get_array().push_back(
      json::object{{"type", "Terminating"},
                   {"status", "True"},
                   {"lastTransitionTime", base::format_time(now)},
                   {"reason", "InstanceDeletionPending"},
                   {"message",
                    "CustomResourceDefinition marked for deletion; CustomResource deletion will "
                    "begin soon"}});
}

kinds::Strategy main_strategy() {
  kinds::Strategy out = kinds::meta_strategy(false, kinds::name_is_dns_subdomain);
  out.prepare_create = [](json::value& object) {
    crd::prepare_create(object);
    kinds::start_generation(object);
  };
  out.prepare_update = [](json::value& object, const json::value& old) {
    crd::prepare_update(object, old);
    kinds::carry_generation(object, old, {"spec"});
  };
  out.validate_create = [meta = out.validate_create](const json::value& object, Causes& causes) {
    meta(object, causes);
    append(causes, crd::validate_crd(object));
  };
  out.validate_update = [](const json::value& object, const json::value& old, Causes& causes) {
    kinds::validate_object_meta_update(object, old, causes);
    append(causes, crd::validate_crd_update(object, old));
  };
  out.reset_fields = {{"status"}};
  return out;
}

kinds::Strategy status_strategy() {
  kinds::Strategy out;
  out.prepare_update = crd::prepare_status_update;
  out.validate_update = [](const json::value& object, const json::value& old, Causes& causes) {
    kinds::validate_object_meta_update(object, old, causes);
    append(causes, crd::validate_crd_status(object));
  };
  out.reset_fields = {{"spec"}, {"metadata"}};
  return out;
}

json::array row(const json::value& object, base::WallTime) {
  const json::value& spec = object.at("spec");
  std::string versions, short_names;
  for (const json::value& version : kinds::array_at(spec, "versions")) {
    if (!kinds::bool_at(version, "served")) continue;
    if (!versions.empty()) versions += ",";
    versions += base::find_string(version, "name");
    if (kinds::bool_at(version, "storage")) versions += "(storage)";
  }
  for (const json::value& name : kinds::array_at(spec.at("names"), "shortNames"))
    short_names += (short_names.empty() ? "" : ",") + std::string(name.as_string());
  bool established = false;
  if (const json::value* status = base::find(object, "status"); status != nullptr)
    for (const json::value& condition : kinds::array_at(*status, "conditions"))
      if (base::find_string(condition, "type") == "Established")
        established = base::find_string(condition, "status") == "True";
  return {base::find_string(object, "metadata", "name"),
          base::find_string(spec, "scope"),
          versions,
          base::find_string(object, "metadata", "creationTimestamp"),
          base::find_string(spec, "group"),
          base::find_string(spec, "names", "kind"),
          short_names,
          established};
}

}  // namespace

kinds::Kind definition_kind(const schema::SchemaSet& schemas) {
  kinds::Kind kind = kinds::make_kind(
      schemas, "apiextensions.k8s.io", "v1",
      "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition",
      "CustomResourceDefinition", "customresourcedefinitions", false);
  kind.short_names = {"crd", "crds"};
  kind.categories = {"api-extensions"};
  kind.views[0].set_defaults = crd::set_defaults;
  kind.strategy = main_strategy();
  kind.subresources = {
      {.name = "status", .verbs = kinds::update_verbs(), .strategy = status_strategy()}};
  kind.unconditional_update = false;
  kind.prepare_delete = prepare_delete;
  kind.warnings = crd::crd_warnings;
  kind.columns = {
      kinds::name_column(),
      {.name = "Scope", .description = "Whether its objects lie in namespaces."},
      {.name = "Versions", .description = "The versions that are served."},
      {.name = "Created At", .type = "date", .description = "When it was created."},
      {.name = "Group", .description = "The API group.", .priority = 1},
      {.name = "Kind", .description = "The kind of its objects.", .priority = 1},
      {.name = "ShortNames", .description = "Short names for it.", .priority = 1},
      {.name = "Established", .type = "boolean", .description = "Is it served?", .priority = 1}};
  kind.row = row;
  return kind;
}

}  // namespace nanika::apiserver
