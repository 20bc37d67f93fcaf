// Server-side apply: PATCH with application/apply-patch+yaml.
#include "apiserver/merge/apply.h"

#include "apiserver/kinds/field_error.h"
#include "apiserver/registry/decode.h"
#include "apiserver/registry/ownership.h"
#include "apiserver/rest/api.h"
#include "base/yaml.h"

namespace nanika::apiserver {

namespace {

ApiError apply_error(merge::ApplyError error) {
  ApiError out(error.error);
  if (error.error.code == base::Code::kInternal) out.message = error.error.message;
  out.causes = std::move(error.causes);
  return out;
}

ApiResult<void> check_options(const Call& call) {
  if (!call.query.get("fieldManager").empty()) return {};
  kinds::Causes causes;
  kinds::required(causes, kinds::Path("fieldManager"), "is required for apply patch");
  return api_fail(invalid({"meta.k8s.io", "PatchOptions"}, "", std::move(causes)));
}

// The configuration must be of the object that the URL names; a name it lacks is filled in.
ApiResult<void> check_named(const Call& call, const Endpoint& endpoint, json::value& config) {
  if (!config.is_object())
    return api_fail(bad_request("error decoding patch: want an object at the top"));
  json::value& meta = config.get_object()["metadata"];
  if (meta.is_null()) meta.emplace_object();
  if (!meta.is_object()) return api_fail(bad_request("metadata must be an object"));
  std::string_view name = base::find_string(meta, "name");
  std::string_view space = base::find_string(meta, "namespace");
  if (name.empty())
    meta.get_object()["name"] = call.info.name;
  else if (name != call.info.name)
    return api_fail(bad_request(
        fmt::format("the name of the object ({}) does not match the name on the URL ({})", name,
                    call.info.name)));
  if (!endpoint.kind().namespaced) return {};
  if (space.empty())
    meta.get_object()["namespace"] = call.info.namespace_;
  else if (space != call.info.namespace_)
    return api_fail(bad_request(
        "the namespace of the provided object does not match the namespace sent on the request"));
  return {};
}

struct Config {
  json::value object;
  std::vector<std::string> warnings;
};

// What was sent: its types and names are for the merge to check, which is always strict.
ApiResult<Config> read_config(const Call& call, const Endpoint& endpoint,
                              FieldValidation validation) {
  std::vector<std::string> twice;
  auto config = base::parse_yaml(call.request().body, twice);
  if (!config)
    return api_fail(bad_request("error encoding patch: yaml: " + config.error().message));
  if (!twice.empty() && validation == FieldValidation::kStrict)
    return api_fail(bad_request("error strict decoding patch: error converting YAML to JSON: " +
                                yaml_duplicates(twice)));
  if (validation == FieldValidation::kIgnore) twice.clear();
  TRY(check_named(call, endpoint, *config));
  return Config{std::move(*config), std::move(twice)};
}

}  // namespace

void Api::apply(const CallPtr& call, const Endpoint& endpoint, WriteParameters parameters) {
  if (auto checked = check_options(*call); !checked) return call->fail(checked.error());
  auto config = read_config(*call, endpoint, parameters.validation);
  if (!config) return call->fail(config.error());
  UpdateRequest request{.endpoint = endpoint,
                        .subresource = call->info.subresource,
                        .namespace_ = call->info.namespace_,
                        .name = call->info.name,
                        .retry = true,
                        .how = parameters.how};
  request.how.warnings = std::move(config->warnings);
  request.may_create = call->info.subresource.empty();
  request.change = [endpoint, manager = parameters.how.manager, force = parameters.force,
                    config = std::move(config->object), subresource = call->info.subresource,
                    &clock = parts_.clock](const json::value* live) -> ApiResult<Change> {
    auto applied = merge::apply(target_of(endpoint, subresource), live, config,
                                {.manager = manager, .force = force}, clock.wall());
    if (!applied) return api_fail(apply_error(std::move(applied.error())));
    DecodedObject decoded =
        TRY(decode_object(endpoint, std::move(*applied), {}, FieldValidation::kIgnore));
    return Change{.object = std::move(decoded.object), .managed = true};
  };
  parts_.operations.update(std::move(request), replier(call, endpoint));
}

}  // namespace nanika::apiserver
