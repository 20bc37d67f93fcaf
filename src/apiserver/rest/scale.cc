// The scale subresource of custom resources: autoscaling/v1 Scale, read off and written to the
// paths that the CRD names. Upstream: apiextensions-apiserver/pkg/registry/customresource/etcd.go.
#include "apiserver/kinds/access.h"
#include "apiserver/merge/json_patch.h"
#include "apiserver/merge/merge_patch.h"
#include "apiserver/registry/decode.h"
#include "apiserver/registry/reviews.h"
#include "apiserver/rest/api.h"
#include "apiserver/rest/body.h"

namespace nanika::apiserver {

namespace {

const json::value* at_path(const json::value& object, const std::vector<std::string>& path) {
  const json::value* at = &object;
  for (const std::string& key : path) {
    at = base::find(*at, key);
    if (at == nullptr) return nullptr;
  }
  return at;
}

void set_at(json::value& object, const std::vector<std::string>& path, json::value value) {
  json::value* at = &object;
  for (size_t i = 0; i + 1 < path.size(); ++i) at = &kinds::make_object(*at, path[i]);
  at->as_object()[path.back()] = std::move(value);
}

// The object (in its version's shape) as a Scale.
ApiResult<json::value> scale_of(const Endpoint& endpoint, const json::value& object) {
  const crd::ScaleView& view = *endpoint.custom()->scale;
  const json::value* replicas = at_path(object, view.spec_replicas);
  if (replicas == nullptr || !replicas->is_int64())
    return api_fail(internal_error(fmt::format("the spec replicas field \".{}\" does not exist",
                                               fmt::join(view.spec_replicas, "."))));
  json::object meta;
  for (const char* key : {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"})
    if (const json::value* held = base::find(object, "metadata", key)) meta[key] = *held;
  json::object status{{"replicas", 0}};
  if (const json::value* now = at_path(object, view.status_replicas);
      now != nullptr && now->is_int64())
    status["replicas"] = *now;
  if (!view.label_selector.empty())
    if (const json::value* selector = at_path(object, view.label_selector);
        selector != nullptr && selector->is_string())
      status["selector"] = *selector;
  return json::object{{"kind", "Scale"},
                      {"apiVersion", "autoscaling/v1"},
                      {"metadata", std::move(meta)},
                      {"spec", {{"replicas", *replicas}}},
                      {"status", std::move(status)}};
}

// The object with the replicas (and the resourceVersion, which makes it conditional) of a Scale.
ApiResult<Change> scaled(const Endpoint& endpoint, const json::value& live,
                         const json::value& scale) {
  const json::value* replicas = base::find(scale, "spec", "replicas");
  int64_t wanted = replicas != nullptr && replicas->is_int64() ? replicas->get_int64() : 0;
  if (wanted < 0)
    return api_fail(
        invalid({"autoscaling", "Scale"}, base::find_string(scale, "metadata", "name"),
                {{"FieldValueInvalid",
                  fmt::format("Invalid value: {}: should be a non-negative integer", wanted),
                  "spec.replicas"}}));
  json::value object = live;
  set_at(object, endpoint.custom()->scale->spec_replicas, wanted);
  std::string_view version = base::find_string(scale, "metadata", "resourceVersion");
  object.as_object()["metadata"].as_object()["resourceVersion"] = version;
  return Change{.object = std::move(object)};
}

using ScaleChange = std::function<ApiResult<json::value>(const json::value& scale)>;

ApiResult<json::value> read_scale(const Call& call) {
  const Endpoint& type = scale_type();
  Body body = TRY(read_body(call.request(), {type.view().api_version(), type.kind().kind}));
  return TRY(decode_object(type, std::move(body.value), body.duplicates, FieldValidation::kWarn))
      .object;
}

// What the body makes of the present Scale.
ApiResult<ScaleChange> change_of(const Call& call) {
  if (call.info.verb == "update") {
    json::value sent = TRY(read_scale(call));
    if (base::find_string(sent, "metadata", "name") != call.info.name)
      return api_fail(bad_request(
          fmt::format("the name of the object ({}) does not match the name on the URL ({})",
                      base::find_string(sent, "metadata", "name"), call.info.name)));
    return ScaleChange([sent = std::move(sent)](const json::value&) { return sent; });
  }
  std::string type = content_type_of(call.request().headers.get("Content-Type"));
  bool json_patch = type == "application/json-patch+json";
  // A Scale has no lists: a strategic patch of it is a merge patch.
  if (!json_patch && type != "application/merge-patch+json")
    return api_fail(
        unsupported_media_type("application/json-patch+json, "
                               "application/merge-patch+json"));
  auto patch = base::parse_json(call.request().body);
  if (!patch) return api_fail(bad_request("error decoding patch: " + patch.error().message));
  return ScaleChange(
      [json_patch, patch = std::move(*patch)](const json::value& scale) -> ApiResult<json::value> {
        json::value patched = json_patch ? TRY(merge::apply_json_patch(scale, patch))
                                         : TRY(merge::apply_merge_patch(scale, patch));
        return TRY(decode_object(scale_type(), std::move(patched), {}, FieldValidation::kIgnore))
            .object;
      });
}

}  // namespace

void Api::scale(const CallPtr& call, const Endpoint& endpoint) {
  auto answer = [call, endpoint](std::string_view stored) {
    auto scale = scale_of(endpoint, view_of(endpoint, stored));
    if (!scale) return call->fail(scale.error());
    call->reply_json(200, base::to_json(*scale));
  };
  if (call->info.verb == "get") {
    auto object = parts_.operations.get(endpoint, call->info.namespace_, call->info.name);
    if (!object) return call->fail(object.error());
    return answer((*object)->bytes());
  }
  auto parameters =
      write_parameters(call->query, call->request().headers.get("User-Agent"), "UpdateOptions");
  if (!parameters) return call->fail(parameters.error());
  auto change = change_of(*call);
  if (!change) return call->fail(change.error());
  UpdateRequest request{.endpoint = endpoint,
                        .subresource = "scale",
                        .namespace_ = call->info.namespace_,
                        .name = call->info.name,
                        .retry = call->info.verb == "patch",
                        .how = std::move(parameters->how)};
  request.change = [endpoint,
                    change = std::move(*change)](const json::value* live) -> ApiResult<Change> {
    json::value scale = TRY(scale_of(endpoint, *live));
    return scaled(endpoint, *live, TRY(change(scale)));
  };
  parts_.operations.update(std::move(request), [call, answer](ApiResult<Outcome> done) {
    if (!done) return call->fail(done.error());
    answer(*done->bytes);
  });
}

}  // namespace nanika::apiserver
