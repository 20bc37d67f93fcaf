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
  kind.columns = {kinds::name_column(),
                  {.name = "Created At", .type = "date", .description = "When it was created."}};
  kind.row = [](const json::value& object, base::WallTime) -> json::array {
    return {base::find_string(object, "metadata", "name"),
            base::find_string(object, "metadata", "creationTimestamp")};
  };
  return kind;
}

}  // namespace nanika::apiserver
