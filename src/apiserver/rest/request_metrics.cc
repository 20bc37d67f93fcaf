#include "apiserver/rest/request_metrics.h"

#include <algorithm>

namespace nanika::apiserver {

namespace {

bool is_mutating(const RequestInfo& info) {
  return info.is_resource && info.verb != "get" && info.verb != "list" && info.verb != "watch";
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return out;
}

std::string verb_label(const RequestInfo& info) {
  if (info.verb == "create") return "POST";
  if (info.verb == "update") return "PUT";
  static constexpr std::string_view kKnown[] = {
      "get", "list", "watch", "patch", "delete", "deletecollection", "post", "put"};
  if (std::ranges::find(kKnown, info.verb) != std::end(kKnown)) return upper(info.verb);
  return "other";
}

std::string scope_of(const RequestInfo& info) {
  if (!info.is_resource) return "";
  if (!info.name.empty() && info.verb != "list" && info.verb != "watch") return "resource";
  return info.in_namespace ? "namespace" : "cluster";
}

double seconds(base::Duration d) {
  return std::chrono::duration<double>(d).count();
}

}  // namespace

RequestMetrics::RequestMetrics(base::Registry& registry, Limits limits)
    : registry_(registry),
      limits_(limits),
      reading_gauge_(registry.gauge("apiserver_current_inflight_requests",
                                    "Requests being answered, watches left out.",
                                    {{"request_kind", "readOnly"}})),
      mutating_gauge_(registry.gauge("apiserver_current_inflight_requests",
                                     "Requests being answered, watches left out.",
                                     {{"request_kind", "mutating"}})) {}

bool RequestMetrics::admit(const RequestInfo& info) {
  bool mutating = is_mutating(info);
  std::atomic<int>& count = mutating ? mutating_ : reading_;
  int limit = mutating ? limits_.mutating : limits_.reading;
  int now = ++count;
  (mutating ? mutating_gauge_ : reading_gauge_).set(now);
  return now <= limit;
}

void RequestMetrics::leave(const RequestInfo& info) {
  bool mutating = is_mutating(info);
  int now = --(mutating ? mutating_ : reading_);
  (mutating ? mutating_gauge_ : reading_gauge_).set(now);
}

RequestMetrics::Series& RequestMetrics::series(const RequestInfo& info, std::string_view verb,
                                               int status) {
  // Paths that are not served do not make series of their own: clients choose them.
  bool served = status != 404 && info.is_resource;
  Key key{served ? info.group : "",       served ? info.version : "", served ? info.resource : "",
          served ? info.subresource : "", std::string(verb),          status};
  std::lock_guard lock(mutex_);
  Series& out = series_[key];
  if (out.total != nullptr) return out;
  base::Registry::Labels labels{
      {"verb", std::string(verb)},       {"group", std::get<0>(key)},
      {"version", std::get<1>(key)},     {"resource", std::get<2>(key)},
      {"subresource", std::get<3>(key)}, {"scope", served ? scope_of(info) : ""},
      {"component", "apiserver"}};
  out.duration = &registry_.histogram(
      "apiserver_request_duration_seconds", "From the request's header to its answer.",
      {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60},
      labels);
  out.size = &registry_.histogram("apiserver_response_sizes", "Bytes of answers.",
                                  base::exponential_buckets(1000, 10, 7), labels);
  labels.emplace_back("code", fmt::format("{}", status));
  out.total = &registry_.counter("apiserver_request_total", "Requests answered.", labels);
  return out;
}

void RequestMetrics::answered(const RequestInfo& info, int status, base::Duration took,
                              size_t bytes) {
  leave(info);
  Series& s = series(info, verb_label(info), status);
  s.total->add();
  s.duration->observe(seconds(took));
  s.size->observe(static_cast<double>(bytes));
}

void RequestMetrics::dropped(const RequestInfo& info) {
  leave(info);
}

base::Gauge& RequestMetrics::watches(const RequestInfo& info) {
  return registry_.gauge("apiserver_longrunning_requests", "Watches that run.",
                         {{"verb", "WATCH"},
                          {"group", info.group},
                          {"version", info.version},
                          {"resource", info.resource},
                          {"subresource", ""},
                          {"scope", info.in_namespace ? "namespace" : "cluster"},
                          {"component", "apiserver"}});
}

void RequestMetrics::watch_started(const RequestInfo& info) {
  leave(info);
  watches(info).add(1);
}

void RequestMetrics::watch_ended(const RequestInfo& info, base::Duration lasted) {
  watches(info).add(-1);
  Series& s = series(info, "WATCH", 200);
  s.total->add();
  s.duration->observe(seconds(lasted));
}

}  // namespace nanika::apiserver
