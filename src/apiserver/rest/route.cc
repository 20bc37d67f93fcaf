// The way of a request to its handler: who, what, may they, is it served.
#include <algorithm>

#include "apiserver/auth/authorizer.h"
#include "apiserver/auth/impersonation.h"
#include "apiserver/rest/api.h"

namespace nanika::apiserver {

namespace {

Action action_of(const RequestInfo& info) {
  return {.verb = info.verb,
          .is_resource = info.is_resource,
          .path = info.path,
          .group = info.group,
          .version = info.version,
          .resource = info.resource,
          .subresource = info.subresource,
          .namespace_ = info.namespace_,
          .name = info.name};
}

ApiError refused(const User& user, const RequestInfo& info) {
  if (!info.is_resource) return forbidden({}, "", refusal(user, action_of(info)));
  return forbidden({info.group, info.resource}, info.name, refusal(user, action_of(info)));
}

void page_not_found(Call& call) {
  call.reply(404, "404 page not found\n", "text/plain; charset=utf-8");
}

// The path names a scope that the resource has: namespaced objects lie in a namespace, others do
// not.
bool scope_fits(const Endpoint& endpoint, const RequestInfo& info) {
  if (endpoint.kind().namespaced) {
    if (info.in_namespace) return true;
    return info.parts.size() == 1;  // across all namespaces
  }
  return !info.in_namespace || info.resource == "namespaces";
}

// ?timeout=, up to upstream's --request-timeout.
base::Duration time_limit(const base::http::Query& query) {
  constexpr base::Duration kMost = std::chrono::seconds(60);
  auto asked = base::parse_duration(query.get("timeout"));
  return asked && *asked > base::Duration(0) ? std::min(*asked, kMost) : kMost;
}

bool lists(const std::vector<std::string>& verbs, std::string_view verb) {
  return std::ranges::find(verbs, verb) != verbs.end();
}

}  // namespace

Api::Api(Parts parts)
    : parts_(std::move(parts)),
      request_metrics_(parts_.metrics, parts_.limits),
      watches_(parts_.store, parts_.clock, request_metrics_),
      in_flight_(parts_.clock) {}

void Api::stop() {
  stopping_ = true;
  watches_.stop();
}

void Api::handle(base::http::ExchangePtr exchange) {
  auto call = std::make_shared<Call>(std::move(exchange), parts_.clock, request_metrics_);
  auto query = base::http::Query::parse(call->request().raw_query());
  if (query) call->query = std::move(*query);
  call->info = RequestInfo::parse(call->request(), call->query);
  bool admitted = request_metrics_.admit(call->info);
  if (!query) return call->fail(bad_request(query.error().message));
  if (!admitted) return call->fail(too_many_requests("Too many requests, please try again later."));
  auto user = parts_.authenticator.authenticate(call->exchange());
  if (!user) return call->fail(user.error());
  user = impersonated(call->request().headers, std::move(*user));
  if (!user) return call->fail(user.error());
  call->user = std::move(*user);
  if (!is_allowed(call->user, action_of(call->info)))
    return call->fail(refused(call->user, call->info));
  call->catalog = parts_.registry.catalog();
  route(call);
}

void Api::route(const CallPtr& call) {
  if (call->info.is_resource) return serve_resource(call);
  serve_path(call);
}

void Api::serve_resource(const CallPtr& call) {
  RequestInfo& info = call->info;
  const Endpoint* endpoint = call->catalog->find(info.group, info.version, info.resource);
  if (endpoint == nullptr || !scope_fits(*endpoint, info) || info.parts.size() > 3)
    return page_not_found(*call);
  if (!endpoint->kind().namespaced) info.namespace_.clear();
  auto answer = negotiate(call->request().headers.get("Accept"), endpoint->resource->stored);
  if (!answer) return call->fail(not_acceptable(kServedTypes));
  call->answer = *answer;
  if (const crd::CrdView* custom = endpoint->custom(); custom != nullptr && custom->deprecated)
    call->warnings.push_back(custom->deprecation_warning);
  // Reads are answered at once; only writes wait for the disk.
  if (info.verb != "get" && info.verb != "list" && info.verb != "watch")
    call->in_flight = in_flight_.add(call, time_limit(call->query));
  if (!info.subresource.empty()) return serve_subresource(call, *endpoint);
  serve_verb(call, *endpoint);
}

void Api::serve_verb(const CallPtr& call, const Endpoint& endpoint) {
  const RequestInfo& info = call->info;
  const std::string& verb = info.verb;
  bool named = info.parts.size() > 1;
  bool fits = verb == "create" || verb == "list" || verb == "deletecollection" ? !named
              : verb == "watch"                                                ? true
                                                                               : named;
  // Objects are made and deleted within a namespace.
  bool everywhere = endpoint.kind().namespaced && !info.in_namespace;
  if (everywhere && verb != "list" && verb != "watch") fits = false;
  if (!fits || !lists(endpoint.kind().verbs, verb))
    return call->fail(method_not_supported(endpoint.name(), verb));
  if (!endpoint.resource->stored) return review(call, endpoint);
  if (verb == "get") return get(call, endpoint);
  if (verb == "list") return list(call, endpoint);
  if (verb == "watch") return watch(call, endpoint);
  if (verb == "create") return create(call, endpoint);
  if (verb == "update") return update(call, endpoint);
  if (verb == "patch") return patch(call, endpoint);
  if (verb == "delete") return remove(call, endpoint);
  remove_collection(call, endpoint);
}

void Api::serve_subresource(const CallPtr& call, const Endpoint& endpoint) {
  const RequestInfo& info = call->info;
  if (!endpoint.serves(info.subresource)) return page_not_found(*call);
  const kinds::Subresource& sub = *endpoint.resource->subresource(info.subresource);
  if (!lists(sub.verbs, info.verb))
    return call->fail(method_not_supported(endpoint.name(), info.verb));
  if (sub.kind == "Scale") return scale(call, endpoint);
  if (info.verb == "get") return get(call, endpoint);
  if (info.verb == "update") return update(call, endpoint);
  if (info.verb == "patch") return patch(call, endpoint);
  if (info.verb == "create" && sub.kind == "TokenRequest") return create_token(call, endpoint);
  page_not_found(*call);
}

}  // namespace nanika::apiserver
