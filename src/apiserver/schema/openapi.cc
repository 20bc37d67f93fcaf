#include "apiserver/schema/openapi.h"

#include <map>
#include <mutex>
#include <utility>

#include <openssl/sha.h>

#include "apiserver/schema/builtin.h"
#include "apiserver/schema/openapi_components.h"
#include "apiserver/schema/openapi_custom.h"
#include "apiserver/schema/openapi_paths.h"
#include "apiserver/schema/openapi_v2_protobuf.h"
#include "base/json.h"

namespace nanika::apiserver::schema {
namespace {

using base::http::Request;
using base::http::Response;

struct Document {
  std::string text;
  std::string hash;  ///< SHA-512, as upstream's; clients only compare it
};
using DocumentPtr = std::shared_ptr<const Document>;

DocumentPtr document(std::string text) {
  std::array<unsigned char, SHA512_DIGEST_LENGTH> digest;
  SHA512(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string hash;
  for (unsigned char byte : digest) fmt::format_to(std::back_inserter(hash), "{:02X}", byte);
  return std::make_shared<const Document>(Document{std::move(text), std::move(hash)});
}

/// What one group and version gives to a document.
struct Part {
  std::map<std::string, json::object> types;
  json::object paths;
};

const Schema& meta(std::string_view name) {
  const Schema* schema =
      builtin_schemas().find(fmt::format("io.k8s.apimachinery.pkg.apis.meta.v1.{}", name));
  CHECK(schema != nullptr);
  return *schema;
}

/// GET /apis/GROUP/VERSION/ itself.
void add_resource_list(const std::string& path, Components& components, json::object& paths) {
  const Schema& list = meta("APIResourceList");
  components.use(list);
  json::object ok{{"description", "OK"}};
  json::object schema = reference(components.dialect(), list.name);
  if (components.dialect() == Dialect::kV3) {
    ok["content"] = json::object{{"application/json", json::object{{"schema", std::move(schema)}}}};
  } else {
    ok["schema"] = std::move(schema);
  }
  json::object get{{"description", "get available resources"},
                   {"responses", json::object{{"200", std::move(ok)}}}};
  paths[path + "/"] = json::object{{"get", std::move(get)}};
}

Part make_part(const std::vector<ServedResource>& resources, Dialect dialect) {
  Components components(dialect);
  Part part;
  for (std::string_view name : {"DeleteOptions", "Status"}) components.use(meta(name));
  components.tag(meta("DeleteOptions").name,
                 {resources.front().group, resources.front().version, "DeleteOptions"});
  components.tag(meta("Status").name, {"", "v1", "Status"});
  components.add(std::string("io.k8s.apimachinery.pkg.apis.meta.v1.Patch"),
                 {{"description", "A change of an object, in one of several forms of patch."},
                  {"type", "object"}});
  for (const ServedResource& resource : resources) {
    if (resource.custom != nullptr) {
      add_custom(resource, components);
      continue;
    }
    for (const std::string& kind : {resource.kind, resource.list_kind}) {
      std::string api_version =
          resource.group.empty() ? resource.version : resource.group + "/" + resource.version;
      const Schema* schema =
          kind == resource.kind ? resource.schema : builtin_kind(api_version, kind);
      if (schema == nullptr) continue;  // a review has no List
      components.use(*schema);
      components.tag(schema->name, {resource.group, resource.version, kind});
    }
  }
  const ServedResource& any = resources.front();
  add_resource_list(group_path(any.group, any.version), components, part.paths);
  for (const ServedResource& resource : resources) add_paths(resource, components, part.paths);
  part.types = components.take();
  return part;
}

json::object info(const std::string& version) {
  return {{"title", "Kubernetes"}, {"version", version}};
}

json::object bearer_token() {
  return {{"BearerToken", json::object{{"description", "Bearer token authentication"},
                                       {"in", "header"},
                                       {"name", "authorization"},
                                       {"type", "apiKey"}}}};
}

DocumentPtr make_v3(const std::vector<ServedResource>& resources, const std::string& version) {
  Part part = make_part(resources, Dialect::kV3);
  json::object schemas;
  for (auto& [name, schema] : part.types) schemas[name] = std::move(schema);
  return document(base::to_json(json::object{
      {"openapi", "3.0.0"},
      {"info", info(version)},
      {"paths", std::move(part.paths)},
      {"components",
       json::object{{"schemas", std::move(schemas)}, {"securitySchemes", bearer_token()}}}}));
}

/// A group and version, and what was made of it so far.
struct Group {
  std::vector<ServedResource> resources;
  DocumentPtr v3;
  std::shared_ptr<const Part> v2;
};

/// Every group has DeleteOptions: their tags are joined.
void join_tags(json::object& into, const json::object& from) {
  constexpr std::string_view kTags = "x-kubernetes-group-version-kind";
  const json::value* more = from.if_contains(kTags);
  if (more == nullptr) return;
  json::value& tags = into[kTags];
  if (!tags.is_array()) tags.emplace_array();
  for (const json::value& tag : more->get_array())
    if (std::ranges::find(tags.get_array(), tag) == tags.get_array().end())
      tags.get_array().push_back(tag);
}

/// Whether protobuf is asked for before JSON; "@" and "." are both in use behind v2.
bool wants_protobuf(std::string_view accept) {
  size_t protobuf = accept.find("application/com.github.proto-openapi.spec.v2");
  return protobuf < std::min(accept.find("application/json"), accept.find("*/*"));
}

Response not_modified_or(const Document& made, const Request& request, const Response& whole) {
  std::string etag = fmt::format("\"{}\"", made.hash);
  Response response =
      request.headers.get("If-None-Match") == etag ? Response{.status = 304} : whole;
  response.headers.set("ETag", etag);
  response.headers.set("Vary", "Accept");
  return response;
}

}  // namespace

struct OpenApi::Impl {
  const std::string version;
  std::mutex mutex;
  std::map<std::string, Group> groups;  // by "api/v1", "apis/GROUP/VERSION"; guarded by mutex
  DocumentPtr root, v2, v2_protobuf;    // null until asked for; guarded by mutex

  DocumentPtr group_document(const std::string& name);
  DocumentPtr root_document();
  json::object make_v2();
  DocumentPtr v2_document(bool protobuf);
};

// They run under the mutex: who asks first makes the document for all.
DocumentPtr OpenApi::Impl::group_document(const std::string& name) {
  auto at = groups.find(name);
  if (at == groups.end()) return nullptr;
  Group& group = at->second;
  if (group.v3 == nullptr) group.v3 = make_v3(group.resources, version);
  return group.v3;
}

DocumentPtr OpenApi::Impl::root_document() {
  if (root != nullptr) return root;
  json::object paths;
  for (const auto& [name, group] : groups)
    paths[name] = json::object{{"serverRelativeURL", fmt::format("/openapi/v3/{}?hash={}", name,
                                                                 group_document(name)->hash)}};
  return root = document(base::to_json(json::object{{"paths", std::move(paths)}}));
}

json::object OpenApi::Impl::make_v2() {
  json::object paths, definitions;
  for (auto& [name, group] : groups) {
    if (group.v2 == nullptr)
      group.v2 = std::make_shared<const Part>(make_part(group.resources, Dialect::kV2));
    for (const auto& [path, item] : group.v2->paths) paths[path] = item;
    for (const auto& [type, schema] : group.v2->types) {
      if (json::value* have = definitions.if_contains(type)) {
        join_tags(have->get_object(), schema);
      } else {
        definitions[type] = schema;
      }
    }
  }
  return {{"swagger", "2.0"},
          {"info", info(version)},
          {"paths", std::move(paths)},
          {"definitions", std::move(definitions)},
          {"securityDefinitions", bearer_token()},
          {"security", json::array{json::object{{"BearerToken", json::array{}}}}}};
}

DocumentPtr OpenApi::Impl::v2_document(bool protobuf) {
  if (protobuf) {
    if (v2_protobuf == nullptr) v2_protobuf = document(openapi_v2_protobuf(make_v2()));
    return v2_protobuf;
  }
  if (v2 == nullptr) v2 = document(base::to_json(make_v2()));
  return v2;
}

OpenApi::OpenApi(std::string server_version)
    : impl_(std::make_unique<Impl>(std::move(server_version))) {}
OpenApi::~OpenApi() = default;

void OpenApi::serve(std::vector<ServedResource> all) {
  std::map<std::string, Group> groups;
  for (ServedResource& resource : all) {
    if (resource.schema == nullptr && resource.custom == nullptr) continue;  // nothing to describe
    std::string name = group_path(resource.group, resource.version).substr(1);
    groups[name].resources.push_back(std::move(resource));
  }
  std::lock_guard lock(impl_->mutex);
  for (auto& [name, group] : groups) {
    auto old = impl_->groups.find(name);
    if (old != impl_->groups.end() && old->second.resources == group.resources)
      group = std::move(old->second);
  }
  impl_->groups = std::move(groups);
  impl_->root = impl_->v2 = impl_->v2_protobuf = nullptr;
}

Response OpenApi::answer(const Request& request) const {
  if (request.method != "GET" && request.method != "HEAD") return {.status = 405};
  std::string_view path = request.path();
  if (path.ends_with('/')) path.remove_suffix(1);
  constexpr std::string_view kV3 = "/openapi/v3";
  bool protobuf = path == "/openapi/v2" && wants_protobuf(request.headers.get("Accept"));
  DocumentPtr made;
  {
    std::lock_guard lock(impl_->mutex);
    if (path == "/openapi/v2") {
      made = impl_->v2_document(protobuf);
    } else if (path == kV3) {
      made = impl_->root_document();
    } else if (path.starts_with("/openapi/v3/")) {
      made = impl_->group_document(std::string(path.substr(kV3.size() + 1)));
    }
  }
  if (made == nullptr) return {.status = 404};
  Response response{.body = made->text};
  response.headers.set("Content-Type",
                       protobuf ? std::string(kOpenApiV2Protobuf) : "application/json");
  auto query = base::http::Query::parse(request.raw_query());
  std::string_view hash = query ? query->get("hash") : std::string_view();
  if (!hash.empty() && hash != made->hash) {
    Response moved{.status = 301};
    moved.headers.set("Location", fmt::format("{}?hash={}", path, made->hash));
    return moved;
  }
  // The address of a version of a document never gives another.
  if (!hash.empty()) response.headers.set("Cache-Control", "public, immutable");
  return not_modified_or(*made, request, response);
}

}  // namespace nanika::apiserver::schema
