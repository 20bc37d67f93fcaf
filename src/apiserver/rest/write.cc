// POST, PUT and DELETE of objects.
#include "apiserver/kinds/field_error.h"
#include "apiserver/registry/decode.h"
#include "apiserver/rest/api.h"
#include "apiserver/rest/body.h"
#include "apiserver/rest/parameters.h"
#include "apiserver/rest/render.h"
#include "apiserver/rest/reviews.h"

namespace nanika::apiserver {

namespace {

struct Read {
  json::value object;
  WriteParameters parameters;
};

BodyType body_type(const Endpoint& endpoint) {
  return {endpoint.view().api_version(), endpoint.kind().kind, endpoint.resource->crd == nullptr};
}

ApiResult<Read> read_object(const Call& call, const Endpoint& endpoint, std::string_view options) {
  Read out;
  out.parameters =
      TRY(write_parameters(call.query, call.request().headers.get("User-Agent"), options));
  Body body = TRY(read_body(call.request(), body_type(endpoint)));
  DecodedObject decoded = TRY(
      decode_object(endpoint, std::move(body.value), body.duplicates, out.parameters.validation));
  out.object = std::move(decoded.object);
  out.parameters.how.warnings = std::move(decoded.warnings);
  return out;
}

// The object must be the one that the URL names.
ApiResult<void> check_name(const Call& call, const Endpoint& endpoint, const json::value& object) {
  std::string_view name = base::find_string(object, "metadata", "name");
  std::string_view space = base::find_string(object, "metadata", "namespace");
  if (name != call.info.name)
    return api_fail(bad_request(
        fmt::format("the name of the object ({}) does not match the name on the URL ({})", name,
                    call.info.name)));
  if (endpoint.kind().namespaced && !space.empty() && space != call.info.namespace_)
    return api_fail(bad_request(fmt::format(
        "the namespace of the object ({}) does not match the namespace on the request ({})", space,
        call.info.namespace_)));
  return {};
}

ApiResult<DeleteOptions> read_delete_options(const Call& call) {
  Body body = TRY(read_body(call.request(), {"v1", "DeleteOptions"}));
  return delete_parameters(body.value, call.query);
}

}  // namespace

Reply Api::replier(const CallPtr& call, const Endpoint& endpoint) {
  return [this, call, endpoint](ApiResult<Outcome> done) {
    if (!done) return call->fail(done.error());
    call->warnings = std::move(done->warnings);
    int status = done->created ? 201 : 200;
    if (done->is_status) return call->reply_json(status, *done->bytes);
    std::string out;
    append_object(out, endpoint, *done->bytes,
                  {.answer = call->answer, .now = parts_.clock.wall()});
    call->reply_json(status, std::move(out));
  };
}

void Api::create(const CallPtr& call, const Endpoint& endpoint) {
  auto read = read_object(*call, endpoint, "CreateOptions");
  if (!read) return call->fail(read.error());
  parts_.operations.create({.endpoint = endpoint,
                            .namespace_ = call->info.namespace_,
                            .object = std::move(read->object),
                            .how = std::move(read->parameters.how)},
                           replier(call, endpoint));
}

void Api::review(const CallPtr& call, const Endpoint& endpoint) {
  auto read = read_object(*call, endpoint, "CreateOptions");
  if (!read) return call->fail(read.error());
  auto answered = answer_review(endpoint, std::move(read->object), call->user,
                                call->info.namespace_, parts_.tokens, parts_.clock.wall());
  if (!answered) return call->fail(answered.error());
  call->reply_json(201, base::to_json(*answered));
}

void Api::update(const CallPtr& call, const Endpoint& endpoint) {
  auto read = read_object(*call, endpoint, "UpdateOptions");
  if (!read) return call->fail(read.error());
  if (auto named = check_name(*call, endpoint, read->object); !named)
    return call->fail(named.error());
  UpdateRequest request{.endpoint = endpoint,
                        .subresource = call->info.subresource,
                        .namespace_ = call->info.namespace_,
                        .name = call->info.name,
                        .how = std::move(read->parameters.how)};
  request.may_create = endpoint.kind().create_on_update && call->info.subresource.empty();
  request.change = [object = std::move(read->object)](const json::value*) -> ApiResult<Change> {
    return Change{.object = object};
  };
  parts_.operations.update(std::move(request), replier(call, endpoint));
}

void Api::remove(const CallPtr& call, const Endpoint& endpoint) {
  auto options = read_delete_options(*call);
  if (!options) return call->fail(options.error());
  parts_.operations.remove({.endpoint = endpoint,
                            .namespace_ = call->info.namespace_,
                            .name = call->info.name,
                            .options = std::move(*options)},
                           replier(call, endpoint));
}

void Api::remove_collection(const CallPtr& call, const Endpoint& endpoint) {
  auto options = read_delete_options(*call);
  if (!options) return call->fail(options.error());
  auto parameters = list_parameters(endpoint, call->query, false);
  if (!parameters) return call->fail(parameters.error());
  DeleteCollectionRequest request{.endpoint = endpoint,
                                  .namespace_ = call->info.namespace_,
                                  .limit = parameters->limit,
                                  .options = std::move(*options)};
  if (parameters->selects())
    request.matches = [p = std::move(*parameters)](const store::Object& object) {
      return p.matches(object);
    };
  parts_.operations.remove_collection(std::move(request), replier(call, endpoint));
}

}  // namespace nanika::apiserver
