// PATCH in its four forms.
#include "apiserver/merge/json_patch.h"
#include "apiserver/merge/merge_patch.h"
#include "apiserver/merge/strategic.h"
#include "apiserver/registry/decode.h"
#include "apiserver/rest/api.h"
#include "apiserver/rest/parameters.h"
#include "base/yaml.h"

namespace nanika::apiserver {

namespace {

enum class PatchType : uint8_t { kJson, kMerge, kStrategic, kApply };

ApiResult<PatchType> patch_type(const Call& call, const Endpoint& endpoint) {
  std::string type = content_type_of(call.request().headers.get("Content-Type"));
  bool custom = endpoint.resource->crd != nullptr;
  if (type == "application/json-patch+json") return PatchType::kJson;
  if (type == "application/merge-patch+json") return PatchType::kMerge;
  if (type == "application/apply-patch+yaml") return PatchType::kApply;
  if (type == "application/strategic-merge-patch+json" && !custom) return PatchType::kStrategic;
  return api_fail(unsupported_media_type(
      custom ? "application/json-patch+json, application/merge-patch+json, "
               "application/apply-patch+yaml"
             : "application/json-patch+json, application/merge-patch+json, "
               "application/strategic-merge-patch+json, application/apply-patch+yaml"));
}

// A patch that cannot be applied is 422 with upstream's general sentence and the cause beside it.
ApiError patch_error(const base::Error& error) {
  if (error.code != base::Code::kUnprocessable) return error;
  ApiError out(422, "Invalid", "the server rejected our request due to an error in our request");
  out.causes.push_back({"UnexpectedServerResponse", error.message, ""});
  return out;
}

base::Result<json::value> apply(PatchType type, const json::value& live, const json::value& patch,
                                const Endpoint& endpoint) {
  switch (type) {
    case PatchType::kJson:
      return merge::apply_json_patch(live, patch);
    case PatchType::kMerge:
      return merge::apply_merge_patch(live, patch);
    default:
      return merge::apply_strategic_patch(live, patch, *endpoint.view().schema);
  }
}

}  // namespace

void Api::patch(const CallPtr& call, const Endpoint& endpoint) {
  auto type = patch_type(*call, endpoint);
  if (!type) return call->fail(type.error());
  auto parameters =
      write_parameters(call->query, call->request().headers.get("User-Agent"), "PatchOptions");
  if (!parameters) return call->fail(parameters.error());
  if (*type == PatchType::kApply) return apply(call, endpoint, std::move(*parameters));

  Duplicates duplicates;
  auto patch = base::parse_json(call->request().body, &duplicates.fields);
  if (!patch) return call->fail(bad_request("error decoding patch: " + patch.error().message));
  UpdateRequest request{.endpoint = endpoint,
                        .subresource = call->info.subresource,
                        .namespace_ = call->info.namespace_,
                        .name = call->info.name,
                        .retry = true,
                        .how = parameters->how};
  request.change =
      [kind = *type, endpoint, patch = std::move(*patch), duplicates = std::move(duplicates),
       validation = parameters->validation](const json::value* live) -> ApiResult<Change> {
    auto patched = nanika::apiserver::apply(kind, *live, patch, endpoint);
    if (!patched) return api_fail(patch_error(patched.error()));
    DecodedObject decoded =
        TRY(decode_object(endpoint, std::move(*patched), duplicates, validation));
    return Change{.object = std::move(decoded.object), .warnings = std::move(decoded.warnings)};
  };
  parts_.operations.update(std::move(request), replier(call, endpoint));
}

}  // namespace nanika::apiserver
