#include "apiserver/rest/request_info.h"

#include "apiserver/registry/selector.h"

namespace nanika::apiserver {

namespace {

namespace http = base::http;

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    size_t slash = path.find('/');
    std::string_view part = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    if (part.empty()) continue;
    auto decoded = http::percent_decode(part);
    out.push_back(decoded ? *decoded : std::string(part));
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view verb_of(std::string_view method) {
  if (method == "POST") return "create";
  if (method == "GET" || method == "HEAD") return "get";
  if (method == "PUT") return "update";
  if (method == "PATCH") return "patch";
  if (method == "DELETE") return "delete";
  return "";
}

// A collection asked for by `metadata.name=x` alone is a request for that object: the watcher or
// lister needs no more rights than the one who reads it.
void name_from_selector(RequestInfo& info, const http::Query& query) {
  if (info.verb != "list" && info.verb != "watch" && info.verb != "deletecollection") return;
  auto fields = FieldSelector::parse(query.get("fieldSelector"));
  if (!fields) return;
  if (const std::string* name = fields->exact("metadata.name")) info.name = *name;
}

}  // namespace

bool query_flag(const http::Query& query, std::string_view name) {
  std::string_view value = query.get(name);
  return value == "true" || value == "1" || value == "True" || value == "TRUE" || value == "t";
}

RequestInfo RequestInfo::parse(const http::Request& request, const http::Query& query) {
  RequestInfo info;
  info.path = request.path();
  info.verb = lower(request.method);
  std::vector<std::string> parts = split_path(request.path());
  size_t at = 0;
  if (parts.size() < 3) return info;  // /api/v1, /apis/apps: discovery
  if (parts[0] == "apis") {
    if (parts.size() < 4) return info;
    info.group = parts[1];
    at = 2;
  } else if (parts[0] == "api") {
    at = 1;
  } else {
    return info;
  }
  info.version = parts[at++];
  info.is_resource = true;
  info.verb = verb_of(request.method);
  bool watch_prefix = parts[at] == "watch" && at + 1 < parts.size();
  if (watch_prefix) ++at;

  info.parts.assign(parts.begin() + static_cast<long>(at), parts.end());
  std::vector<std::string>& p = info.parts;
  if (p[0] == "namespaces") {
    if (p.size() > 1) {
      info.in_namespace = true;
      info.namespace_ = p[1];
      // namespaces/{name}[/status|/finalize] are the Namespace itself.
      if (p.size() > 2 && p[2] != "status" && p[2] != "finalize") p.erase(p.begin(), p.begin() + 2);
    }
  }
  info.resource = p[0];
  if (p.size() > 1) info.name = p[1];
  if (p.size() > 2) info.subresource = p[2];

  if (info.name.empty() && info.verb == "get")
    info.verb = query_flag(query, "watch") ? "watch" : "list";
  else if (info.name.empty() && info.verb == "delete")
    info.verb = "deletecollection";
  if (watch_prefix) info.verb = "watch";
  if (info.name.empty()) name_from_selector(info, query);
  return info;
}

}  // namespace nanika::apiserver
