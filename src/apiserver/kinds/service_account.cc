#include "apiserver/kinds/access.h"
#include "apiserver/kinds/object_meta.h"
#include "apiserver/kinds/rows.h"

namespace nanika::apiserver::kinds {

namespace {

constexpr std::string_view kMountable = "kubernetes.io/enforce-mountable-secrets";

// References to Secrets name them and say nothing else.
void clean_secrets(json::value& object) {
  json::value* secrets = object.as_object().if_contains("secrets");
  if (secrets == nullptr || !secrets->is_array()) return;
  for (json::value& each : secrets->get_array()) {
    json::object clean;
    if (std::string name(string_at(each, "name")); !name.empty()) clean.emplace("name", name);
    each = std::move(clean);
  }
}

bool enforces(const json::value& object) {
  return has(member(member(object, "metadata"), "annotations"), kMountable);
}

std::vector<std::string> warnings(const json::value& object, const json::value* old) {
  if (!enforces(object) || (old != nullptr && enforces(*old))) return {};
  return {
      fmt::format("metadata.annotations[{}]: deprecated in v1.32+; prefer separate namespaces "
                  "to isolate access to mounted secrets",
                  kMountable)};
}

json::array row(const json::value& object, base::WallTime now) {
  return {base::find_string(object, "metadata", "name"), age_of(object, now)};
}

}  // namespace

Kind service_account_kind(const schema::SchemaSet& schemas) {
  Kind kind = make_kind(schemas, "", "v1", "io.k8s.api.core.v1.ServiceAccount", "ServiceAccount",
                        "serviceaccounts", true);
  kind.short_names = {"sa"};
  kind.returns_deleted = true;
  fill_in(kind.views[0], {{"metadata", json::object()}});
  kind.strategy = meta_strategy(true, name_is_dns_subdomain);
  kind.strategy.prepare_create = clean_secrets;
  kind.strategy.prepare_update = [](json::value& object, const json::value&) {
    clean_secrets(object);
  };
  kind.subresources = {{.name = "token",
                        .verbs = {"create"},
                        .kind = "TokenRequest",
                        .group = "authentication.k8s.io",
                        .version = "v1"}};
  kind.warnings = warnings;
  kind.columns = {name_column(), age_column()};
  kind.row = row;
  return kind;
}

}  // namespace nanika::apiserver::kinds
