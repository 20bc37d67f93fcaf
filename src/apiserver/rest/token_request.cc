// POST serviceaccounts/{name}/token: a token for a ServiceAccount. Upstream:
// k8s.io/kubernetes/pkg/registry/core/serviceaccount/storage/token.go.
#include "apiserver/kinds/access.h"
#include "apiserver/kinds/field_error.h"
#include "apiserver/registry/decode.h"
#include "apiserver/registry/reviews.h"
#include "apiserver/rest/api.h"
#include "apiserver/rest/body.h"

namespace nanika::apiserver {

namespace {

using kinds::Causes;
using kinds::Path;

constexpr int64_t kMinSeconds = 600;
constexpr int64_t kMaxSeconds = int64_t{1} << 32;
constexpr int64_t kDefaultSeconds = 3600;

ApiResult<json::value> read_request(const Call& call) {
  const Endpoint& endpoint = token_request();
  Body body = TRY(read_body(call.request(), {endpoint.view().api_version(), endpoint.kind().kind}));
  if (body.value.is_null()) body.value.emplace_object();
  return TRY(decode_object(endpoint, std::move(body.value), body.duplicates,
                           FieldValidation::kWarn))
      .object;
}

ApiResult<int64_t> lifetime_of(const json::value& spec, const Endpoint& endpoint,
                               std::string_view name) {
  int64_t seconds = kinds::int_at(spec, "expirationSeconds", kDefaultSeconds);
  Path path("spec");
  Causes causes;
  if (seconds < kMinSeconds)
    kinds::invalid(causes, path.child("expirationSeconds"), json::value(seconds),
                   "may not specify a duration less than 10 minutes");
  if (seconds > kMaxSeconds)
    kinds::invalid(causes, path.child("expirationSeconds"), json::value(seconds),
                   "may not specify a duration larger than 2^32 seconds");
  if (causes.empty()) return seconds;
  return api_fail(invalid(endpoint.kind_name(), name, std::move(causes)));
}

// The object that the token shall be bound to, with its uid.
ApiResult<BoundObject> bound_object(const json::value& spec, std::string_view ns,
                                    store::Store& store) {
  const json::value* reference = base::find(spec, "boundObjectRef");
  if (reference == nullptr || reference->is_null()) return BoundObject{};
  BoundObject out{.kind = std::string(kinds::string_at(*reference, "kind")),
                  .name = std::string(kinds::string_at(*reference, "name")),
                  .uid = std::string(kinds::string_at(*reference, "uid"))};
  std::string_view plural = out.kind == "Pod"      ? "pods"
                            : out.kind == "Secret" ? "secrets"
                            : out.kind == "Node"   ? "nodes"
                                                   : "";
  if (plural.empty() || kinds::string_at(*reference, "apiVersion") != "v1")
    return api_fail(bad_request(fmt::format("cannot bind token to object of type {}, Kind={}",
                                            kinds::string_at(*reference, "apiVersion"), out.kind)));
  store::ObjectPtr object = store.get(store.resource(fmt::format("core/{}", plural)),
                                      plural == "nodes" ? std::string_view() : ns, out.name);
  if (object == nullptr) return api_fail(not_found({"", plural}, out.name));
  if (!out.uid.empty() && out.uid != object->uid())
    return api_fail(conflict(
        {"", plural}, out.name,
        fmt::format("the UID in the bound object reference ({}) does not match the UID in record. "
                    "The object might have been deleted and then recreated",
                    out.uid)));
  out.uid = object->uid();
  return out;
}

std::vector<std::string> audiences_of(const json::value& spec) {
  std::vector<std::string> out;
  for (const json::value& each : kinds::array_at(spec, "audiences"))
    if (each.is_string()) out.emplace_back(each.get_string());
  if (out.empty()) out.emplace_back(kIssuer);
  return out;
}

ApiResult<json::value> issue(const Call& call, const Endpoint& endpoint, Api::Parts& parts) {
  json::value request = TRY(read_request(call));
  json::value& spec = kinds::make_object(request, "spec");
  store::ObjectPtr account =
      TRY(parts.operations.get(endpoint, call.info.namespace_, call.info.name));
  int64_t seconds = TRY(lifetime_of(spec, token_request(), call.info.name));
  TokenSubject subject{.namespace_ = call.info.namespace_,
                       .name = call.info.name,
                       .uid = account->uid(),
                       .bound = TRY(bound_object(spec, call.info.namespace_, parts.store)),
                       .audiences = audiences_of(spec),
                       .lifetime = std::chrono::seconds(seconds)};
  Token token = TRY(parts.tokens.issue(subject));
  json::object& fields = spec.get_object();
  fields["audiences"] = json::array(subject.audiences.begin(), subject.audiences.end());
  fields["expirationSeconds"] = seconds;
  json::object& meta = kinds::make_object(request, "metadata").get_object();
  meta["name"] = call.info.name;
  meta["namespace"] = call.info.namespace_;
  meta["creationTimestamp"] = base::format_time(parts.clock.wall());
  request.as_object()["status"] = {{"token", token.text},
                                   {"expirationTimestamp", base::format_time(token.expires)}};
  return request;
}

}  // namespace

void Api::create_token(const CallPtr& call, const Endpoint& endpoint) {
  auto answer = issue(*call, endpoint, parts_);
  if (!answer) return call->fail(answer.error());
  call->reply_json(201, base::to_json(*answer));
}

}  // namespace nanika::apiserver
