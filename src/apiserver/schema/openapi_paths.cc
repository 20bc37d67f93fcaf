#include "apiserver/schema/openapi_paths.h"

#include <span>

#include "apiserver/schema/builtin.h"
#include "apiserver/schema/openapi_custom.h"

namespace nanika::apiserver::schema {
namespace {

struct Parameter {
  std::string_view name, type;
};
constexpr Parameter kDryRun{"dryRun", "string"};
constexpr Parameter kFieldManager{"fieldManager", "string"};
constexpr Parameter kFieldValidation{"fieldValidation", "string"};
constexpr std::array kWrite = {kDryRun, kFieldManager, kFieldValidation};
constexpr std::array kPatch = {kDryRun, kFieldManager, kFieldValidation,
                               Parameter{"force", "boolean"}};
constexpr std::array kDelete = {kDryRun, Parameter{"gracePeriodSeconds", "integer"},
                                Parameter{"orphanDependents", "boolean"},
                                Parameter{"propagationPolicy", "string"}};
constexpr std::array kSelect = {
    Parameter{"continue", "string"},           Parameter{"fieldSelector", "string"},
    Parameter{"labelSelector", "string"},      Parameter{"limit", "integer"},
    Parameter{"resourceVersion", "string"},    Parameter{"resourceVersionMatch", "string"},
    Parameter{"sendInitialEvents", "boolean"}, Parameter{"timeoutSeconds", "integer"}};
constexpr std::array kWatch = {Parameter{"allowWatchBookmarks", "boolean"},
                               Parameter{"watch", "boolean"}};

constexpr std::string_view kMetaPrefix = "io.k8s.apimachinery.pkg.apis.meta.v1.";

/// One request that a path takes.
struct Operation {
  std::string_view method;  ///< get, put, ...
  std::string_view action;  ///< x-kubernetes-action
  std::string_view verb;    ///< how operation ids begin: read, replace, ...
  std::string_view phrase;  ///< what it does, in front of the kind
  std::span<const Parameter> parameters;
  std::span<const Parameter> more_parameters;
  std::vector<int> codes;
};

const std::vector<Operation>& collection_operations() {
  static const std::vector<Operation> all = {
      {"get", "list", "list", "list or watch objects of kind", kSelect, kWatch, {200}},
      {"post", "post", "create", "create", kWrite, {}, {200, 201, 202}},
      {"delete", "deletecollection", "delete", "delete a collection of", kSelect, kDelete, {200}},
  };
  return all;
}

const std::vector<Operation>& item_operations() {
  static const std::vector<Operation> all = {
      {"get", "get", "read", "read the specified", {}, {}, {200}},
      {"put", "put", "replace", "replace the specified", kWrite, {}, {200, 201}},
      {"delete", "delete", "delete", "delete the specified", kDelete, {}, {200, 202}},
      {"patch", "patch", "patch", "partially update the specified", kPatch, {}, {200, 201}},
      {"post", "post", "create", "create", kWrite, {}, {200, 201, 202}},
  };
  return all;
}

/// The verb of discovery behind an operation.
std::string_view discovery_verb(const Operation& operation) {
  if (operation.action == "put") return "update";
  if (operation.action == "post") return "create";
  return operation.action;
}

/// "rbac.authorization.k8s.io" -> "rbacAuthorization", as upstream's operation ids.
std::string camel(std::string_view text, bool capital) {
  std::string out;
  for (char c : text) {
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && (c < '0' || c > '9')) {
      capital = true;
      continue;
    }
    out += capital && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    capital = false;
  }
  return out;
}

/// Where the operations of one path stand: everything that they share.
struct Place {
  const ServedResource& resource;
  std::string path;
  std::string body, list;  ///< names of the types
  GroupVersionKind gvk;
  std::string id_suffix;  ///< behind verb, group and version: "NamespacedPodStatus"
  std::string noun;       ///< "Pod", "status of the specified Pod"
};

class PathWriter {
 public:
  PathWriter(Components& components, json::object& paths)
      : components_(components), paths_(paths), v3_(components.dialect() == Dialect::kV3) {}

  void write(const Place& place, const std::vector<Operation>& operations,
             const std::vector<std::string>& verbs);

 private:
  json::object operation(const Operation& operation, const Place& place);
  json::object parameter(const Parameter& parameter, std::string_view in);
  void body(json::object& out, json::array& parameters, std::string_view type, bool required,
            const std::vector<std::string_view>& media_types);
  void responses(json::object& out, const Operation& operation, std::string_view type);

  Components& components_;
  json::object& paths_;
  bool v3_;
};

json::object PathWriter::parameter(const Parameter& parameter, std::string_view in) {
  json::object out{{"in", in}, {"name", parameter.name}};
  if (in == "path") out["required"] = true;
  json::object type{{"type", parameter.type}, {"uniqueItems", true}};
  if (v3_) {
    out["schema"] = std::move(type);
  } else {
    for (auto& [key, value] : type) out[key] = std::move(value);
  }
  return out;
}

void PathWriter::body(json::object& out, json::array& parameters, std::string_view type,
                      bool required, const std::vector<std::string_view>& media_types) {
  json::object schema = reference(components_.dialect(), type);
  if (v3_) {
    json::object content;
    for (std::string_view media : media_types) content[media] = json::object{{"schema", schema}};
    json::object request{{"content", std::move(content)}};
    if (required) request["required"] = true;
    out["requestBody"] = std::move(request);
    return;
  }
  json::array consumes;
  for (std::string_view media : media_types) consumes.emplace_back(media);
  out["consumes"] = std::move(consumes);
  json::object parameter{{"in", "body"}, {"name", "body"}, {"schema", std::move(schema)}};
  if (required) parameter["required"] = true;
  parameters.push_back(std::move(parameter));
}

void PathWriter::responses(json::object& out, const Operation& operation, std::string_view type) {
  json::object all;
  json::object schema = reference(components_.dialect(), type);
  for (int code : operation.codes) {
    json::object one{{"description", code == 200 ? "OK" : code == 201 ? "Created" : "Accepted"}};
    if (v3_) {
      json::object content{{"application/json", json::object{{"schema", schema}}}};
      if (operation.action == "list")
        content["application/json;stream=watch"] = json::object{{"schema", schema}};
      one["content"] = std::move(content);
    } else {
      one["schema"] = schema;
    }
    all[std::to_string(code)] = std::move(one);
  }
  all["401"] = json::object{{"description", "Unauthorized"}};
  out["responses"] = std::move(all);
  if (!v3_) out["produces"] = json::array{"application/json"};
}

json::object PathWriter::operation(const Operation& operation, const Place& place) {
  const ServedResource& resource = place.resource;
  std::string_view group = resource.group.empty() ? "core" : std::string_view(resource.group);
  if (group.ends_with(".k8s.io")) group.remove_suffix(std::string_view(".k8s.io").size());
  json::object out{
      {"description", fmt::format("{} {}", operation.phrase, place.noun)},
      {"operationId",
       fmt::format("{}{}{}{}{}", operation.verb, camel(group, true), camel(resource.version, true),
                   operation.action == "deletecollection" ? "Collection" : "", place.id_suffix)},
      {"tags", json::array{fmt::format("{}_{}", camel(group, false), resource.version)}},
      {"x-kubernetes-action", operation.action},
      {"x-kubernetes-group-version-kind", gvk_json(place.gvk)}};
  json::array parameters;
  bool removes = operation.method == "delete";
  if (operation.method == "patch") {
    std::vector<std::string_view> media{"application/json-patch+json",
                                        "application/merge-patch+json",
                                        "application/apply-patch+yaml"};
    if (resource.custom == nullptr) media.push_back("application/strategic-merge-patch+json");
    body(out, parameters, fmt::format("{}Patch", kMetaPrefix), true, media);
  } else if (removes) {
    body(out, parameters, fmt::format("{}DeleteOptions", kMetaPrefix), false, {"*/*"});
  } else if (operation.method != "get" && resource.custom != nullptr) {
    body(out, parameters, place.body, true, {"application/json", "application/yaml"});
  } else if (operation.method != "get") {
    body(out, parameters, place.body, true, {"*/*"});
  }
  for (const Parameter& p : operation.parameters) parameters.push_back(parameter(p, "query"));
  for (const Parameter& p : operation.more_parameters) parameters.push_back(parameter(p, "query"));
  if (!parameters.empty()) out["parameters"] = std::move(parameters);
  responses(out, operation,
            removes                      ? fmt::format("{}Status", kMetaPrefix)
            : operation.action == "list" ? place.list
                                         : place.body);
  return out;
}

void PathWriter::write(const Place& place, const std::vector<Operation>& operations,
                       const std::vector<std::string>& verbs) {
  json::object item;
  for (const Operation& one : operations)
    if (std::ranges::find(verbs, discovery_verb(one)) != verbs.end())
      item[one.method] = operation(one, place);
  if (item.empty()) return;
  json::array parameters;
  for (std::string_view name : {"name", "namespace"})
    if (place.path.find(fmt::format("{{{}}}", name)) != std::string::npos)
      parameters.push_back(parameter({name, "string"}, "path"));
  parameters.push_back(parameter({"pretty", "string"}, "query"));
  item["parameters"] = std::move(parameters);
  paths_[place.path] = std::move(item);
}

void add_subresource(const ServedResource& resource, const ServedSubresource& sub,
                     const Place& item, Components& components, PathWriter& writer) {
  Place place = item;
  place.path = fmt::format("{}/{}", item.path, sub.name);
  place.id_suffix += camel(sub.name, true);
  place.noun = fmt::format("{} of the {}", sub.name, resource.kind);
  if (!sub.kind.empty()) {
    std::string api_version = sub.group.empty() ? sub.version : sub.group + "/" + sub.version;
    const Schema* schema = builtin_kind(api_version, sub.kind);
    if (schema == nullptr) return;  // what it speaks is in no table: it cannot be described
    components.use(*schema);
    components.tag(schema->name, {sub.group, sub.version, sub.kind});
    place.body = schema->name;
    if (resource.custom == nullptr) place.gvk = {sub.group, sub.version, sub.kind};
  }
  writer.write(place, item_operations(), sub.verbs);
}

}  // namespace

std::string group_path(std::string_view group, std::string_view version) {
  return group.empty() ? fmt::format("/api/{}", version)
                       : fmt::format("/apis/{}/{}", group, version);
}

std::string body_name(const ServedResource& resource) {
  return resource.custom == nullptr ? resource.schema->name
                                    : custom_name(resource.group, resource.version, resource.kind);
}

void add_paths(const ServedResource& resource, Components& components, json::object& paths) {
  std::string base = group_path(resource.group, resource.version);
  std::string body = body_name(resource);
  std::string list = body + "List";
  if (resource.custom != nullptr)
    list = custom_name(resource.group, resource.version, resource.list_kind);
  if (!components.has(list)) list = body;  // reviews have no List, nor the verb
  PathWriter writer(components, paths);
  std::string scope = resource.namespaced ? "Namespaced" : "";
  Place place{.resource = resource,
              .path = fmt::format("{}/{}", base, resource.plural),
              .body = body,
              .list = list,
              .gvk = {resource.group, resource.version, resource.kind},
              .id_suffix = resource.kind,
              .noun = resource.kind};
  if (resource.namespaced) {
    place.id_suffix = resource.kind + "ForAllNamespaces";
    bool lists = std::ranges::find(resource.verbs, "list") != resource.verbs.end();
    if (lists) writer.write(place, collection_operations(), {"list"});
    place.path = fmt::format("{}/namespaces/{{namespace}}/{}", base, resource.plural);
  }
  place.id_suffix = scope + resource.kind;
  writer.write(place, collection_operations(), resource.verbs);
  place.path += "/{name}";
  auto verbs = resource.verbs;
  std::erase(verbs, "create");
  writer.write(place, item_operations(), verbs);
  for (const ServedSubresource& sub : resource.subresources)
    add_subresource(resource, sub, place, components, writer);
}

}  // namespace nanika::apiserver::schema
