#include "apiserver/rest/call.h"

#include "apiserver/rest/gzip.h"
#include "apiserver/rest/render.h"
#include "apiserver/rest/request_metrics.h"
#include "base/random.h"

namespace nanika::apiserver {

namespace {

namespace http = base::http;

// Upstream compresses from here on.
constexpr size_t kCompressFrom = 128 << 10;

bool accepts_gzip(const http::Request& request) {
  std::string_view accepted = request.headers.get("Accept-Encoding");
  return accepted.find("gzip") != std::string_view::npos;
}

// People with curl or a browser get it readable, as upstream does.
bool wants_pretty(const http::Request& request, const http::Query& query) {
  if (query.has("pretty")) return query_flag(query, "pretty") || query.get("pretty").empty();
  std::string_view agent = request.headers.get("User-Agent");
  return agent.starts_with("curl") || agent.starts_with("Wget") || agent.starts_with("Mozilla/5.0");
}

std::string warning_text(std::string_view text) {
  std::string out = "299 - \"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

}  // namespace

Call::Call(http::ExchangePtr exchange, const base::Clock& clock, RequestMetrics& metrics)
    : exchange_(std::move(exchange)), clock_(clock), metrics_(metrics), started_(clock.mono()) {}

Call::~Call() {
  if (claim()) metrics_.dropped(info);
}

http::Headers Call::common_headers(std::string_view content_type) {
  http::Headers headers;
  headers.add("Audit-Id", base::random_uuid());
  headers.add("Cache-Control", "no-cache, private");
  headers.add("Content-Type", std::string(content_type));
  for (const std::string& text : warnings) headers.add("Warning", warning_text(text));
  return headers;
}

void Call::count(int status, size_t bytes) {
  metrics_.answered(info, status, clock_.mono() - started_, bytes);
}

void Call::reply(int status, std::string body, std::string_view content_type,
                 http::Headers headers) {
  if (!claim()) return;
  http::Response response{.status = status, .headers = common_headers(content_type)};
  for (const auto& [name, value] : headers) response.headers.set(name, value);
  count(status, body.size());
  if (body.size() >= kCompressFrom && accepts_gzip(request())) {
    response.headers.add("Content-Encoding", "gzip");
    response.headers.add("Vary", "Accept-Encoding");
    body = gzip(body);
  }
  response.body = std::move(body);
  exchange_->reply(std::move(response));
}

void Call::reply_json(int status, std::string json_text) {
  if (answer.format == Format::kYaml) return reply(status, as_yaml(json_text), kYamlType);
  if (wants_pretty(request(), query)) json_text = pretty(json_text);
  reply(status, std::move(json_text), kJsonType);
}

void Call::fail(const ApiError& error) {
  http::Headers headers;
  if (error.retry_after_seconds > 0)
    headers.add("Retry-After", fmt::format("{}", error.retry_after_seconds));
  std::string text = base::to_json(error.status());
  if (wants_pretty(request(), query)) text = pretty(text);
  reply(error.code, text + "\n", kJsonType, std::move(headers));
}

void Call::time_out() {
  if (!claim()) return;
  ApiError error(504, "Timeout", "Timeout: request did not complete within the allotted timeout");
  http::Response response{.status = 504, .body = base::to_json(error.status())};
  response.headers.add("Content-Type", std::string(kJsonType));
  count(504, response.body.size());
  exchange_->reply(std::move(response));
}

void Call::start_stream(std::string_view content_type) {
  if (!claim()) return;
  exchange_->start_stream({.status = 200, .headers = common_headers(content_type)});
}

}  // namespace nanika::apiserver
