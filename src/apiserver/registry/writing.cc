#include "apiserver/registry/writing.h"

#include "apiserver/kinds/access.h"
#include "apiserver/kinds/field_error.h"

namespace nanika::apiserver::writing {

using base::Code;

json::object& metadata_of(json::value& object) {
  return kinds::make_object(object, "metadata").get_object();
}

std::string_view meta_string(const json::value& object, std::string_view key) {
  return base::find_string(object, "metadata", key);
}

bool is_deleting(const json::value& object) {
  return !meta_string(object, "deletionTimestamp").empty();
}

bool is_held(const json::value& object) {
  const json::value* meta = base::find(object, "metadata");
  if (meta != nullptr && !kinds::array_at(*meta, "finalizers").empty()) return true;
  // Only a Namespace has finalizers in its spec.
  if (base::find_string(object, "kind") != "Namespace") return false;
  const json::value* spec = base::find(object, "spec");
  return spec != nullptr && !kinds::array_at(*spec, "finalizers").empty();
}

store::Draft draft_of(const Resource& resource, const json::value& object) {
  std::vector<std::pair<std::string, std::string>> fields;
  if (resource.kind.selectable_fields) {
    for (auto& [name, value] : resource.kind.selectable_fields(object))
      if (name != "metadata.name" && name != "metadata.namespace" && !value.empty())
        fields.emplace_back(std::move(name), std::move(value));
  }
  return store::make_draft(object, store::Pairs(std::move(fields)));
}

ApiError store_error(const base::Error& error, const Endpoint& endpoint, std::string_view name) {
  switch (error.code) {
    case Code::kAlreadyExists:
      return already_exists(endpoint.name(), name);
    case Code::kNotFound:
      return not_found(endpoint.name(), name);
    case Code::kConflict:
      return stale(endpoint.name(), name);
    default:
      return error;
  }
}

void add_warnings(const Resource& resource, const json::value& object, const json::value* old,
                  std::vector<std::string>& warnings) {
  if (!resource.kind.warnings) return;
  for (std::string& text : resource.kind.warnings(object, old)) warnings.push_back(std::move(text));
}

ApiError wrong_uid(const Endpoint& endpoint, std::string_view ns, std::string_view name,
                   std::string_view asked, std::string_view held) {
  std::string key = fmt::format("/registry/{}{}/{}{}{}",
                                endpoint.view().group.empty() ? "" : endpoint.view().group + "/",
                                endpoint.kind().plural, ns, ns.empty() ? "" : "/", name);
  return conflict(endpoint.name(), name,
                  fmt::format("StorageError: invalid object, Code: 4, Key: {}, ResourceVersion: 0, "
                              "AdditionalErrorMsg: Precondition failed: UID in precondition: {}, "
                              "UID in object meta: {}",
                              key, asked, held));
}

std::function<base::Result<void>(const store::View&)> namespace_lives(store::ResourceId namespaces,
                                                                      std::string ns) {
  return [namespaces, ns = std::move(ns)](const store::View& view) -> base::Result<void> {
    store::ObjectPtr object = view.get(namespaces, "", ns);
    if (object == nullptr) return base::fail(Code::kNotFound, "namespace");
    if (object->meta().deleting) return base::fail(Code::kForbidden, "terminating");
    return {};
  };
}

ApiError namespace_error(const base::Error& error, const Endpoint& endpoint, std::string_view ns,
                         std::string_view name) {
  if (error.code == Code::kNotFound) return not_found({"", "namespaces"}, ns);
  ApiError out = forbidden(endpoint.name(), name,
                           fmt::format("unable to create new content in namespace {} because it is "
                                       "being terminated",
                                       ns));
  out.causes.push_back({"NamespaceTerminating", fmt::format("namespace {} is being terminated", ns),
                        "metadata.namespace"});
  return out;
}

std::string deleted_status(const Endpoint& endpoint, std::string_view name, std::string_view uid) {
  json::object details{{"name", name}};
  if (!endpoint.view().group.empty()) details["group"] = endpoint.view().group;
  details["kind"] = endpoint.kind().plural;
  details["uid"] = uid;
  return base::to_json(json::object{{"kind", "Status"},
                                    {"apiVersion", "v1"},
                                    {"metadata", json::object()},
                                    {"status", "Success"},
                                    {"details", std::move(details)}});
}

Outcome outcome_of(store::ObjectPtr object, std::vector<std::string> warnings) {
  return {.bytes = store::share_bytes(object), .warnings = std::move(warnings)};
}

Outcome outcome_of(std::string bytes, std::vector<std::string> warnings) {
  return {.bytes = std::make_shared<const std::string>(std::move(bytes)),
          .warnings = std::move(warnings)};
}

}  // namespace nanika::apiserver::writing
