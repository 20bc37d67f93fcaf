#include "apiserver/kinds/access.h"
#include "apiserver/kinds/object_meta.h"
#include "apiserver/kinds/rows.h"
#include "base/base64.h"

namespace nanika::apiserver::kinds {

namespace {

constexpr size_t kMaxBytes = 1 << 20;

// stringData is write-only: it overwrites data key by key.
void fold_string_data(json::value& object) {
  for (const auto& [key, value] : object_at(object, "stringData")) {
    if (!value.is_string()) continue;
    make_object(object, "data").as_object()[key] = base::base64_encode(value.get_string());
  }
  remove_member(object, "stringData");
}

void set_defaults(json::value& object) {
  fold_string_data(object);
  if (string_at(object, "type").empty()) object.as_object()["type"] = "Opaque";
}

void require_keys(const json::value& object, std::initializer_list<std::string_view> keys,
                  Causes& causes) {
  Path data("data");
  for (std::string_view key : keys) {
    if (!object_at(object, "data").contains(key)) required(causes, data.key(key));
  }
}

void require_json(const json::value& object, std::string_view key, Causes& causes) {
  Path data("data");
  const json::object& values = object_at(object, "data");
  if (!values.contains(key)) return required(causes, data.key(key));
  auto text = base::base64_decode(string_at(values, key));
  auto parsed = base::parse_json(text.value_or(""));
  std::string problem;
  if (!parsed) {
    problem = parsed.error().message;
  } else if (!parsed->is_object()) {
    problem = "want a JSON object";
  }
  if (!problem.empty()) {
    invalid(causes, data.key(key), std::string_view("<secret contents redacted>"), problem);
  }
}

void validate_type(const json::value& object, Causes& causes) {
  std::string_view type = string_at(object, "type");
  const json::object& data = object_at(object, "data");
  Path path("data");
  if (type == "kubernetes.io/service-account-token") {
    constexpr std::string_view kAccount = "kubernetes.io/service-account.name";
    if (string_at(member(member(object, "metadata"), "annotations"), kAccount).empty()) {
      Path metadata("metadata"), annotations = metadata.child("annotations");
      required(causes, annotations.key(kAccount));
    }
  } else if (type == "kubernetes.io/dockercfg") {
    require_json(object, ".dockercfg", causes);
  } else if (type == "kubernetes.io/dockerconfigjson") {
    require_json(object, ".dockerconfigjson", causes);
  } else if (type == "kubernetes.io/basic-auth") {
    if (!data.contains("username") && !data.contains("password")) {
      require_keys(object, {"username", "password"}, causes);
    }
  } else if (type == "kubernetes.io/ssh-auth") {
    if (string_at(data, "ssh-privatekey").empty()) {
      required(causes, path.key("ssh-privatekey"));
    }
  } else if (type == "kubernetes.io/tls") {
    require_keys(object, {"tls.crt", "tls.key"}, causes);
  }
}

void validate(const json::value& object, Causes& causes) {
  size_t total = 0;
  Path path("data");
  for (const auto& [key, value] : object_at(object, "data")) {
    invalid(causes, path.key(key), key, config_map_key(key));
    if (value.is_string()) total += base::base64_decoded_size(value.get_string());
  }
  if (total > kMaxBytes) too_long(causes, path, kMaxBytes);
  validate_type(object, causes);
}

void validate_update(const json::value& object, const json::value& old, Causes& causes) {
  validate_object_meta_update(object, old, causes);
  validate_immutable(object, old, "type", Path("type"), causes);
  validate_frozen(object, old, {"data"}, causes);
  validate_builtin_meta(object, true, name_is_dns_subdomain, causes);
  validate(object, causes);
}

json::array row(const json::value& object, base::WallTime now) {
  return {base::find_string(object, "metadata", "name"), string_at(object, "type"),
          object_at(object, "data").size(), age_of(object, now)};
}

}  // namespace

Kind secret_kind(const schema::SchemaSet& schemas) {
  Kind kind = make_kind(schemas, "", "v1", "io.k8s.api.core.v1.Secret", "Secret", "secrets", true);
  fill_in(kind.views[0], {{"metadata", json::object()}}, set_defaults);
  kind.strategy = meta_strategy(true, name_is_dns_subdomain, validate);
  kind.strategy.prepare_update = [](json::value& object, const json::value& old) {
    if (string_at(object, "type").empty()) copy_member(object, old, "type");
  };
  kind.strategy.validate_update = validate_update;
  kind.field_labels.emplace_back("type");
  kind.selectable_fields = [](const json::value& object) {
    SelectableFields out = meta_fields(object, true);
    out.emplace_back("type", string_at(object, "type"));
    return out;
  };
  kind.columns = {name_column(),
                  {.name = "Type", .description = "What the data is for."},
                  {.name = "Data", .description = "How many keys it holds."},
                  age_column()};
  kind.row = row;
  return kind;
}

}  // namespace nanika::apiserver::kinds
