#include "apiserver/kinds/access.h"
#include "apiserver/kinds/object_meta.h"
#include "apiserver/kinds/rows.h"
#include "base/base64.h"

namespace nanika::apiserver::kinds {

namespace {

constexpr size_t kMaxBytes = 1 << 20;

void validate(const json::value& object, Causes& causes) {
  size_t total = 0;
  const json::object& data = object_at(object, "data");
  const json::object& binary = object_at(object, "binaryData");
  Path data_path("data"), binary_path("binaryData");
  for (const auto& [key, value] : data) {
    invalid(causes, data_path.key(key), key, config_map_key(key));
    if (binary.contains(key)) {
      invalid(causes, data_path.key(key), std::string_view(key),
              "duplicate of key present in binaryData");
    }
    if (value.is_string()) total += value.get_string().size();
  }
  for (const auto& [key, value] : binary) {
    invalid(causes, binary_path.key(key), key, config_map_key(key));
    if (value.is_string()) total += base::base64_decoded_size(value.get_string());
  }
  if (total > kMaxBytes) too_long(causes, Path(""), kMaxBytes);
}

json::array row(const json::value& object, base::WallTime now) {
  size_t keys = object_at(object, "data").size() + object_at(object, "binaryData").size();
  return {base::find_string(object, "metadata", "name"), keys, age_of(object, now)};
}

}  // namespace

Kind config_map_kind(const schema::SchemaSet& schemas) {
  Kind kind =
      make_kind(schemas, "", "v1", "io.k8s.api.core.v1.ConfigMap", "ConfigMap", "configmaps", true);
  kind.short_names = {"cm"};
  fill_in(kind.views[0], {{"metadata", json::object()}});
  kind.strategy = meta_strategy(true, name_is_dns_subdomain, validate);
  kind.strategy.validate_update = [](const json::value& object, const json::value& old,
                                     Causes& causes) {
    validate_object_meta_update(object, old, causes);
    validate_frozen(object, old, {"data", "binaryData"}, causes);
    validate_builtin_meta(object, true, name_is_dns_subdomain, causes);
    validate(object, causes);
  };
  kind.columns = {
      name_column(), {.name = "Data", .description = "How many keys it holds."}, age_column()};
  kind.row = row;
  return kind;
}

}  // namespace nanika::apiserver::kinds
