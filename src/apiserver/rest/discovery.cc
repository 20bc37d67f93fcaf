#include "apiserver/rest/discovery.h"

#include "apiserver/rest/media_type.h"

namespace nanika::apiserver {

namespace {

json::array strings(const std::vector<std::string>& list) {
  json::array out;
  for (const std::string& text : list) out.emplace_back(text);
  return out;
}

std::string group_version(std::string_view group, std::string_view version) {
  return group.empty() ? std::string(version) : fmt::format("{}/{}", group, version);
}

json::object response_kind(const Endpoint& endpoint, const kinds::Subresource* subresource) {
  bool own = subresource != nullptr && !subresource->kind.empty();
  const kinds::View& view = endpoint.view();
  return {{"group", own ? subresource->group : view.group},
          {"version", own ? subresource->version : view.version},
          {"kind", own ? subresource->kind : endpoint.kind().kind}};
}

json::object aggregated_resource(const Endpoint& endpoint) {
  const kinds::Kind& kind = endpoint.kind();
  json::object out{{"resource", kind.plural},
                   {"responseKind", response_kind(endpoint, nullptr)},
                   {"scope", kind.namespaced ? "Namespaced" : "Cluster"},
                   {"singularResource", kind.singular},
                   {"verbs", strings(kind.verbs)}};
  if (!kind.short_names.empty()) out["shortNames"] = strings(kind.short_names);
  if (!kind.categories.empty()) out["categories"] = strings(kind.categories);
  json::array subresources;
  for (const kinds::Subresource& s : kind.subresources)
    if (endpoint.serves(s.name))
      subresources.push_back(json::object{{"subresource", s.name},
                                          {"responseKind", response_kind(endpoint, &s)},
                                          {"verbs", strings(s.verbs)}});
  if (!subresources.empty()) out["subresources"] = std::move(subresources);
  return out;
}

json::object aggregated_group(const Catalog& catalog, const Group& group) {
  json::array versions;
  for (const std::string& version : group.versions) {
    json::array resources;
    for (const Endpoint* endpoint : catalog.in(group.name, version))
      resources.push_back(aggregated_resource(*endpoint));
    versions.push_back(json::object{
        {"version", version}, {"resources", std::move(resources)}, {"freshness", "Current"}});
  }
  json::object metadata;
  if (!group.name.empty()) metadata["name"] = group.name;
  metadata["creationTimestamp"] = nullptr;
  return {{"metadata", std::move(metadata)}, {"versions", std::move(versions)}};
}

json::object group_entry(const Group& group) {
  json::array versions;
  for (const std::string& version : group.versions)
    versions.push_back(
        json::object{{"groupVersion", group_version(group.name, version)}, {"version", version}});
  json::value preferred = versions.front();
  return {{"name", group.name},
          {"versions", std::move(versions)},
          {"preferredVersion", std::move(preferred)}};
}

}  // namespace

DiscoveryForm discovery_form(std::string_view accept) {
  for (const MediaType& clause : parse_accept(accept)) {
    if (clause.type != kJsonType && clause.type != "*/*") continue;
    if (clause.as.empty()) return DiscoveryForm::kPlain;
    if (clause.as != "APIGroupDiscoveryList" || clause.group != "apidiscovery.k8s.io") continue;
    if (clause.version == "v2") return DiscoveryForm::kAggregatedV2;
    if (clause.version == "v2beta1") return DiscoveryForm::kAggregatedV2Beta1;
  }
  return DiscoveryForm::kPlain;
}

std::string_view discovery_content_type(DiscoveryForm form) {
  switch (form) {
    case DiscoveryForm::kAggregatedV2:
      return "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    case DiscoveryForm::kAggregatedV2Beta1:
      return "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";
    case DiscoveryForm::kPlain:
      break;
  }
  return kJsonType;
}

json::object api_versions(std::string_view address) {
  return {{"kind", "APIVersions"},
          {"versions", json::array{"v1"}},
          {"serverAddressByClientCIDRs",
           json::array{json::object{{"clientCIDR", "0.0.0.0/0"}, {"serverAddress", address}}}}};
}

json::object api_group_list(const Catalog& catalog) {
  json::array groups;
  for (const Group& group : catalog.groups())
    if (!group.name.empty()) groups.push_back(group_entry(group));
  return {{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", std::move(groups)}};
}

json::object api_group(const Group& group) {
  json::object out{{"kind", "APIGroup"}, {"apiVersion", "v1"}};
  for (auto& [key, value] : group_entry(group)) out[key] = value;
  return out;
}

json::object api_resource_list(const Catalog& catalog, std::string_view group,
                               std::string_view version) {
  json::array resources;
  for (const Endpoint* endpoint : catalog.in(group, version)) {
    const kinds::Kind& kind = endpoint->kind();
    json::object entry{{"name", kind.plural},
                       {"singularName", kind.singular},
                       {"namespaced", kind.namespaced},
                       {"kind", kind.kind},
                       {"verbs", strings(kind.verbs)}};
    if (!kind.short_names.empty()) entry["shortNames"] = strings(kind.short_names);
    if (!kind.categories.empty()) entry["categories"] = strings(kind.categories);
    resources.push_back(std::move(entry));
    for (const kinds::Subresource& s : kind.subresources) {
      if (!endpoint->serves(s.name)) continue;
      json::object sub{{"name", kind.plural + "/" + s.name},
                       {"singularName", ""},
                       {"namespaced", kind.namespaced}};
      if (!s.kind.empty()) {
        sub["group"] = s.group;
        sub["version"] = s.version;
      }
      sub["kind"] = s.kind.empty() ? kind.kind : s.kind;
      sub["verbs"] = strings(s.verbs);
      resources.push_back(std::move(sub));
    }
  }
  json::object out{{"kind", "APIResourceList"}};
  if (!group.empty()) out["apiVersion"] = "v1";
  out["groupVersion"] = group_version(group, version);
  out["resources"] = std::move(resources);
  return out;
}

json::object aggregated(const Catalog& catalog, bool core, DiscoveryForm form) {
  json::array items;
  for (const Group& group : catalog.groups())
    if (group.name.empty() == core) items.push_back(aggregated_group(catalog, group));
  return {{"kind", "APIGroupDiscoveryList"},
          {"apiVersion", form == DiscoveryForm::kAggregatedV2 ? "apidiscovery.k8s.io/v2"
                                                              : "apidiscovery.k8s.io/v2beta1"},
          {"metadata", json::object()},
          {"items", std::move(items)}};
}

}  // namespace nanika::apiserver
