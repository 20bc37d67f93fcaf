// Paths that are no resources: discovery, version, health, metrics.

#include <algorithm>

#include "apiserver/rest/api.h"
#include "apiserver/rest/discovery.h"

namespace nanika::apiserver {

namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
// The Kubernetes API that this one follows.
constexpr std::string_view kMajor = "1", kMinor = "37";

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    size_t slash = path.find('/');
    if (slash != 0) out.emplace_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return out;
}

json::object version_document(std::string_view git_version) {
  return {{"major", kMajor},
          {"minor", kMinor},
          {"emulationMajor", kMajor},
          {"emulationMinor", kMinor},
          {"minCompatibilityMajor", kMajor},
          {"minCompatibilityMinor", "36"},
          {"gitVersion", fmt::format("v{}.{}.0+nanika.{}", kMajor, kMinor, git_version)},
          {"gitCommit", ""},
          {"gitTreeState", "clean"},
          {"buildDate", "1970-01-01T00:00:00Z"},
          {"goVersion", "none"},
          {"compiler", "clang"},
          {"platform", "linux/amd64"}};
}

json::object root_paths(const Catalog& catalog) {
  std::vector<std::string> paths = {"/api",        "/api/v1",  "/apis",   "/healthz",
                                    "/livez",      "/metrics", "/readyz", "/openapi/v2",
                                    "/openapi/v3", "/version"};
  for (const Group& group : catalog.groups()) {
    if (group.name.empty()) continue;
    paths.push_back("/apis/" + group.name);
    for (const std::string& version : group.versions)
      paths.push_back(fmt::format("/apis/{}/{}", group.name, version));
  }
  std::ranges::sort(paths);
  json::array list(paths.begin(), paths.end());
  return {{"paths", std::move(list)}};
}

}  // namespace

void Api::serve_path(const CallPtr& call) {
  const RequestInfo& info = call->info;
  std::vector<std::string> parts = parts_of(info.path);
  bool reading = info.verb == "get" || info.verb == "head";
  std::string_view first = parts.empty() ? std::string_view() : std::string_view(parts[0]);
  if (first == "openapi") {
    base::http::Response answer = parts_.openapi.answer(call->request());
    std::string type(answer.headers.get("Content-Type"));
    answer.headers.remove("Content-Type");
    call->reply(answer.status, std::move(answer.body), type, std::move(answer.headers));
  } else if (!reading)
    call->reply(405, "405: Method Not Allowed", kText);
  else if (first.empty())
    call->reply_json(200, base::to_json(root_paths(*call->catalog)));
  else if (first == "api" || first == "apis")
    serve_discovery(call, info.path);
  else if (first == "version" && parts.size() == 1)
    call->reply_json(200, base::to_json_pretty(version_document(parts_.version)));
  else if (first == "healthz" || first == "livez" || first == "readyz")
    serve_health(call, info.path);
  else if (first == "metrics" && parts.size() == 1)
    call->reply(200, parts_.metrics.expose(), base::kMetricsContentType);
  else
    call->reply(404, "404 page not found\n", kText);
}

void Api::serve_discovery(const CallPtr& call, std::string_view path) {
  std::vector<std::string> parts = parts_of(path);
  const Catalog& catalog = *call->catalog;
  bool core = parts[0] == "api";
  auto send = [&](const std::string& key, std::string_view type,
                  const std::function<json::object()>& make) {
    auto document = catalog.documents().get(key, [&] { return base::to_json(make()); });
    base::http::Headers headers;
    headers.add("Vary", "Accept");
    if (type != kJsonType) return call->reply(200, *document, type, std::move(headers));
    call->reply_json(200, *document);
  };
  if (parts.size() == 1) {
    DiscoveryForm form = discovery_form(call->request().headers.get("Accept"));
    std::string key = fmt::format("{}#{}", parts[0], static_cast<int>(form));
    return send(key, discovery_content_type(form), [&] {
      if (form != DiscoveryForm::kPlain) return aggregated(catalog, core, form);
      return core ? api_versions(parts_.address) : api_group_list(catalog);
    });
  }
  const Group* group = catalog.group(core ? "" : parts[1]);
  size_t version_at = core ? 1 : 2;
  if (group != nullptr && !core && parts.size() == 2)
    return send("group " + group->name, kJsonType, [&] { return api_group(*group); });
  if (group != nullptr && parts.size() == version_at + 1 &&
      std::ranges::find(group->versions, parts[version_at]) != group->versions.end())
    return send("resources " + std::string(path), kJsonType,
                [&] { return api_resource_list(catalog, group->name, parts[version_at]); });
  call->reply(404, "404 page not found\n", kText);
}

void Api::serve_health(const CallPtr& call, std::string_view path) {
  std::vector<std::string> parts = parts_of(path);
  struct Check {
    std::string_view name;
    bool good;
  };
  std::vector<Check> checks = {{"ping", true}, {"log", true}};
  if (parts[0] != "livez") checks.push_back({"store", parts_.store.ready()});
  if (parts[0] == "readyz") checks.push_back({"shutdown", !stopping_});
  std::string text;
  bool good = true, known = parts.size() == 1;
  for (const Check& check : checks) {
    if (parts.size() > 1 && check.name != parts[1]) continue;
    known = true;
    good = good && check.good;
    text += check.good ? fmt::format("[+]{} ok\n", check.name)
                       : fmt::format("[-]{} failed: reason withheld\n", check.name);
  }
  if (!known) return call->reply(404, "404 page not found\n", kText);
  text += fmt::format("{} check {}\n", parts[0], good ? "passed" : "failed");
  bool verbose = call->query.has("verbose") || !good;
  call->reply(good ? 200 : 500, verbose ? text : "ok", kText);
}

}  // namespace nanika::apiserver
