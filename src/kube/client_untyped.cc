#include "kube/client_untyped.h"

#include "kube/backoff.h"
#include "kube/status.h"

namespace nanika::kube {

namespace http = base::http;

namespace {

constexpr int kAttempts = 4;
constexpr Duration kFirstWait = std::chrono::milliseconds(50);
constexpr Duration kLongestWait = std::chrono::seconds(10);
constexpr int kPageSize = 500;

std::string_view content_type(PatchType type) {
  switch (type) {
    case PatchType::kJson:
      return "application/json-patch+json";
    case PatchType::kMerge:
      return "application/merge-patch+json";
    case PatchType::kStrategic:
      return "application/strategic-merge-patch+json";
  }
  return {};
}

Key key_in(const json::value& object, const api::KindInfo& kind) {
  Key key{.name = std::string(base::find_string(object, "metadata", "name"))};
  if (kind.namespaced) key.namespace_ = base::find_string(object, "metadata", "namespace");
  return key;
}

// The wait that the server asks for, or nothing.
Duration retry_after(const http::Response& response) {
  std::string text(response.headers.get("Retry-After"));
  long seconds = std::strtol(text.c_str(), nullptr, 10);
  return seconds > 0 ? std::chrono::seconds(std::min(seconds, 3600L)) : Duration::zero();
}

bool worth_retrying(int status, bool idempotent) {
  return status == 429 || (idempotent && (status == 502 || status == 503 || status == 504));
}

std::string selectors(const ListOptions& options) {
  std::string query;
  if (!options.label_selector.empty())
    query += "&labelSelector=" + http::percent_encode(options.label_selector);
  if (!options.field_selector.empty())
    query += "&fieldSelector=" + http::percent_encode(options.field_selector);
  return query;
}

}  // namespace

std::string resource_path(const api::KindInfo& kind, const Key& key, std::string_view subresource) {
  std::string path = kind.group.empty() ? fmt::format("/api/{}", kind.version)
                                        : fmt::format("/apis/{}/{}", kind.group, kind.version);
  if (kind.namespaced && !key.namespace_.empty())
    path += "/namespaces/" + http::percent_encode(key.namespace_);
  fmt::format_to(std::back_inserter(path), "/{}", kind.plural);
  if (!key.name.empty()) path += "/" + http::percent_encode(key.name);
  if (!subresource.empty()) fmt::format_to(std::back_inserter(path), "/{}", subresource);
  return path;
}

UntypedClient::UntypedClient(std::shared_ptr<Transport> transport, const base::Clock& clock,
                             ClientOptions options)
    : transport_(std::move(transport)), clock_(&clock), options_(std::move(options)) {}

Result<http::Response> UntypedClient::send_once(const Context& ctx, const Call& call) const {
  http::Request request{.method = call.method, .target = call.target, .body = call.body};
  request.headers.add("Accept", "application/json");
  if (!call.content_type.empty()) request.headers.add("Content-Type", call.content_type);
  MonoTime start = clock_->mono();
  auto answer = transport_->send(std::move(request), ctx);
  if (options_.metrics == nullptr) return answer;
  std::string code = answer ? std::to_string(answer->status) : "<error>";
  options_.metrics
      ->counter("rest_client_requests_total",
                "Number of HTTP requests, partitioned by status code and method.",
                {{"code", code}, {"method", call.method}})
      .add();
  options_.metrics
      ->histogram("rest_client_request_duration_seconds",
                  "Request latency in seconds, partitioned by verb.", base::default_buckets(),
                  {{"verb", call.method}})
      .observe(std::chrono::duration<double>(clock_->mono() - start).count());
  return answer;
}

Result<json::value> UntypedClient::run(const Context& outer, const Call& call) const {
  Context ctx = outer.within(options_.request_timeout);
  Backoff backoff(kFirstWait, kLongestWait);
  for (int attempt = 1;; ++attempt) {
    auto answer = send_once(ctx, call);
    if (answer && answer->status < 400)
      return in_context(base::parse_json(answer->body), call.method + " " + call.target);
    Error error = answer ? error_of(*answer) : answer.error();
    bool again = answer ? worth_retrying(answer->status, call.idempotent)
                        : error.code == Code::kUnavailable && call.idempotent;
    Duration wait = backoff.next();
    if (answer) wait = std::max(wait, retry_after(*answer));
    // A wait that the deadline would cut is no use: say now what was wrong.
    if (!again || attempt == kAttempts || clock_->mono() + wait >= ctx.deadline ||
        !clock_->sleep_for(wait, ctx.stop))
      return std::unexpected(error);
  }
}

Result<json::value> UntypedClient::get_json(const Context& ctx, const api::KindInfo& kind,
                                            const Key& key, std::string_view subresource) const {
  return run(
      ctx, {.method = "GET", .target = resource_path(kind, key, subresource), .idempotent = true});
}

Result<std::string> UntypedClient::list_json(
    const Context& ctx, const api::KindInfo& kind, const ListOptions& options,
    const std::function<Result<void>(const json::value&)>& item) const {
  std::string path = resource_path(kind, {options.namespace_, ""}) + "?";
  std::string select = selectors(options);
  std::string page = fmt::format("limit={}", kPageSize);
  for (bool expired = false;;) {
    auto list = run(ctx, {.method = "GET", .target = path + page + select, .idempotent = true});
    if (!list && list.error().code == Code::kExpired && !expired) {
      expired = true;
      page = "limit=0";
      continue;
    }
    if (!list) return std::unexpected(list.error());
    const json::value* items = base::find(*list, "items");
    if (items != nullptr && items->is_array())
      for (const json::value& one : items->get_array()) TRY(item(one));
    std::string_view next = base::find_string(*list, "metadata", "continue");
    if (next.empty()) return std::string(base::find_string(*list, "metadata", "resourceVersion"));
    page = fmt::format("limit={}&continue={}", kPageSize, http::percent_encode(next));
  }
}

Result<json::value> UntypedClient::create_json(const Context& ctx, const api::KindInfo& kind,
                                               const json::value& object,
                                               std::string_view subresource) const {
  Key key = key_in(object, kind);
  if (subresource.empty()) key.name.clear();
  std::string target = resource_path(kind, key, subresource) +
                       "?fieldManager=" + http::percent_encode(options_.field_manager);
  return run(ctx, {.method = "POST",
                   .target = std::move(target),
                   .content_type = "application/json",
                   .body = base::to_json(object)});
}

Result<json::value> UntypedClient::update_json(const Context& ctx, const api::KindInfo& kind,
                                               const json::value& object,
                                               std::string_view subresource) const {
  std::string target = resource_path(kind, key_in(object, kind), subresource) +
                       "?fieldManager=" + http::percent_encode(options_.field_manager);
  return run(ctx, {.method = "PUT",
                   .target = std::move(target),
                   .content_type = "application/json",
                   .body = base::to_json(object)});
}

Result<void> UntypedClient::remove_json(const Context& ctx, const api::KindInfo& kind,
                                        const Key& key, const Preconditions& only) const {
  json::object options{
      {"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"propagationPolicy", "Background"}};
  json::object preconditions;
  if (!only.uid.empty()) preconditions["uid"] = only.uid;
  if (!only.resource_version.empty()) preconditions["resourceVersion"] = only.resource_version;
  if (!preconditions.empty()) options["preconditions"] = std::move(preconditions);
  TRY(run(ctx, {.method = "DELETE",
                .target = resource_path(kind, key),
                .content_type = "application/json",
                .body = base::to_json(options)}));
  return {};
}

Result<json::value> UntypedClient::apply_json(const Context& ctx, const api::KindInfo& kind,
                                              json::object fragment, const ApplyOptions& options,
                                              std::string_view subresource) const {
  json::value& metadata = fragment["metadata"];
  if (!metadata.is_object()) metadata.emplace_object();
  if (!options.uid.empty()) metadata.get_object()["uid"] = options.uid;
  if (!options.resource_version.empty())
    metadata.get_object()["resourceVersion"] = options.resource_version;
  std::string target = fmt::format("{}?fieldManager={}&force={}",
                                   resource_path(kind, key_in(fragment, kind), subresource),
                                   http::percent_encode(options_.field_manager), options.force);
  return run(ctx, {.method = "PATCH",
                   .target = std::move(target),
                   .content_type = "application/apply-patch+yaml",
                   .body = base::to_json(fragment),
                   .idempotent = true});
}

Result<json::value> UntypedClient::patch_json(const Context& ctx, const api::KindInfo& kind,
                                              const Key& key, PatchType type,
                                              const json::value& body,
                                              std::string_view subresource) const {
  std::string target = resource_path(kind, key, subresource) +
                       "?fieldManager=" + http::percent_encode(options_.field_manager);
  return run(ctx, {.method = "PATCH",
                   .target = std::move(target),
                   .content_type = std::string(content_type(type)),
                   .body = base::to_json(body)});
}

Result<std::unique_ptr<http::BodyStream>> UntypedClient::watch(const Context& ctx,
                                                               const api::KindInfo& kind,
                                                               const std::string& namespace_,
                                                               const std::string& query) const {
  http::Request request{.target = resource_path(kind, {namespace_, ""}) + "?" + query};
  request.headers.add("Accept", "application/json");
  auto stream = TRY(transport_->open(std::move(request), ctx));
  if (stream->status() == 200) return stream;
  http::Response refusal{.status = stream->status(), .headers = stream->headers()};
  refusal.body = TRY(stream->read_all(ctx.deadline, ctx.stop));
  return std::unexpected(error_of(refusal));
}

}  // namespace nanika::kube
