#include "apiserver/kinds/access.h"
#include "apiserver/kinds/object_meta.h"
#include "apiserver/kinds/rows.h"

namespace nanika::apiserver::kinds {

namespace {

void positive(const json::value& spec, std::string_view key, const Path& path, Causes& causes) {
  if (!has(spec, key)) return;
  int64_t value = int_at(spec, key);
  if (value <= 0) invalid(causes, path.child(key), json::value(value), "must be greater than 0");
}

void validate(const json::value& object, Causes& causes) {
  const json::value& spec = member(object, "spec");
  Path path("spec");
  positive(spec, "leaseDurationSeconds", path, causes);
  if (has(spec, "leaseTransitions") && int_at(spec, "leaseTransitions") < 0) {
    invalid(causes, path.child("leaseTransitions"), member(spec, "leaseTransitions"),
            "must be greater than or equal to 0");
  }
}

// For coordinated leader election, which is not served here.
void drop_strategy(json::value& object) {
  json::value& spec = make_object(object, "spec");
  remove_member(spec, "strategy");
  remove_member(spec, "preferredHolder");
}

json::array row(const json::value& object, base::WallTime now) {
  return {base::find_string(object, "metadata", "name"),
          base::find_string(object, "spec", "holderIdentity"), age_of(object, now)};
}

}  // namespace

Kind lease_kind(const schema::SchemaSet& schemas) {
  Kind kind = make_kind(schemas, "coordination.k8s.io", "v1", "io.k8s.api.coordination.v1.Lease",
                        "Lease", "leases", true);
  kind.create_on_update = true;
  kind.unconditional_update = false;
  fill_in(kind.views[0], {{"metadata", json::object()}, {"spec", json::object()}});
  kind.strategy = meta_strategy(true, name_is_dns_subdomain, validate);
  kind.strategy.prepare_create = drop_strategy;
  kind.strategy.prepare_update = [](json::value& object, const json::value&) {
    drop_strategy(object);
  };
  kind.columns = {
      name_column(), {.name = "Holder", .description = "Who holds the lease."}, age_column()};
  kind.row = row;
  return kind;
}

}  // namespace nanika::apiserver::kinds
