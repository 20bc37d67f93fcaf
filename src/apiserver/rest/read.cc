// GET, LIST and the start of WATCH.
#include "apiserver/rest/api.h"
#include "apiserver/rest/parameters.h"
#include "apiserver/rest/render.h"

namespace nanika::apiserver {

namespace {

ApiResult<Rendering> rendering_of(const Call& call, base::WallTime now) {
  Rendering out{.answer = call.answer, .now = now};
  std::string_view include = call.query.get("includeObject");
  if (include == "None")
    out.include = IncludeObject::kNone;
  else if (include == "Object")
    out.include = IncludeObject::kObject;
  else if (!include.empty() && include != "Metadata")
    return api_fail(bad_request(fmt::format("unrecognized includeObject value: \"{}\"", include)));
  return out;
}

ApiError expired_continue(const std::string& after) {
  ApiError error = expired(
      "The provided continue parameter is too old to display a consistent list result. You can "
      "start a new list without the continue parameter, or use the continue token in this response "
      "to retrieve the remainder of the results. Continuing with the provided token results in an "
      "inconsistent list - objects that were created, modified, or deleted between the time the "
      "first chunk was returned and now may show up in the list.");
  error.continue_token = encode_continue({.revision = -1, .after = after});
  return error;
}

// Which revision and from where, by resourceVersion, its match and the continue token.
ApiResult<void> place(const ListParameters& parameters, uint64_t newest,
                      store::ListRequest& request) {
  if (!parameters.continue_token.empty()) {
    ContinueToken token = TRY(decode_continue(parameters.continue_token));
    request.after = token.after;
    if (token.revision > 0) request.revision = static_cast<uint64_t>(token.revision);
    return {};
  }
  if (parameters.version > newest)
    return api_fail(too_large_resource_version(parameters.version, newest));
  bool exact = parameters.match == VersionMatch::kExact;
  // Upstream's older form: a limit with a version and no match means exactly that version.
  bool implied = parameters.match == VersionMatch::kUnset && parameters.limit > 0;
  if (parameters.version > 0 && (exact || implied)) request.revision = parameters.version;
  return {};
}

}  // namespace

void Api::get(const CallPtr& call, const Endpoint& endpoint) {
  auto rendering = rendering_of(*call, parts_.clock.wall());
  if (!rendering) return call->fail(rendering.error());
  auto object = parts_.operations.get(endpoint, call->info.namespace_, call->info.name);
  if (!object) return call->fail(object.error());
  std::string out;
  append_object(out, endpoint, (*object)->bytes(), *rendering);
  call->reply_json(200, std::move(out));
}

void Api::list(const CallPtr& call, const Endpoint& endpoint) {
  auto rendering = rendering_of(*call, parts_.clock.wall());
  if (!rendering) return call->fail(rendering.error());
  auto parameters = list_parameters(endpoint, call->query, false);
  if (!parameters) return call->fail(parameters.error());
  store::ListRequest request{.resource = endpoint.resource->id,
                             .namespace_ = call->info.namespace_,
                             .limit = parameters->limit};
  if (parameters->selects())
    request.matches = [&](const store::Object& object) { return parameters->matches(object); };
  if (auto placed = place(*parameters, parts_.store.revision(), request); !placed)
    return call->fail(placed.error());

  auto found = parts_.store.list(request);
  if (!found) {
    if (found.error().code != base::Code::kExpired) return call->fail(found.error());
    if (request.after.empty())
      return call->fail(expired("The resourceVersion for the provided list is too old."));
    return call->fail(expired_continue(request.after));
  }
  ListHead head{.revision = found->revision};
  if (found->more && !found->items.empty()) {
    head.continue_token = encode_continue(
        {.revision = static_cast<int64_t>(found->revision), .after = found->items.back()->path()});
    if (!parameters->selects()) head.remaining = found->remaining;
  }
  call->reply_json(200, render_list(endpoint, found->items, head, *rendering));
}

void Api::watch(const CallPtr& call, const Endpoint& endpoint) {
  auto rendering = rendering_of(*call, parts_.clock.wall());
  if (!rendering) return call->fail(rendering.error());
  auto parameters = list_parameters(endpoint, call->query, true);
  if (!parameters) return call->fail(parameters.error());
  // /watch/namespaces/shop/pods/web: that object alone.
  if (call->info.parts.size() > 1)
    parameters->fields.terms().push_back({"metadata.name", call->info.name});
  watches_.start(call, endpoint, std::move(*parameters), *rendering);
}

}  // namespace nanika::apiserver
