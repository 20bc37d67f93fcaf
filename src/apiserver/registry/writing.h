// What create, update and delete share; not for use outside the registry.
#pragma once

#include <string>
#include <string_view>

#include "apiserver/registry/operations.h"

namespace nanika::apiserver::writing {

json::object& metadata_of(json::value& object);  ///< made when absent
std::string_view meta_string(const json::value& object, std::string_view key);
bool is_deleting(const json::value& object);
/// Finalizers of metadata, or of a Namespace's spec, still stand.
bool is_held(const json::value& object);

/// The object as the store takes it, with its selectable fields.
store::Draft draft_of(const Resource& resource, const json::value& object);
/// What the store said of a write, as the client is told.
ApiError store_error(const base::Error& error, const Endpoint& endpoint, std::string_view name);
/// The kind's sentences for the Warning header, after those found so far.
void add_warnings(const Resource& resource, const json::value& object, const json::value* old,
                  std::vector<std::string>& warnings);

/// 409 for a UID or resourceVersion in DeleteOptions or a body that is not the object's.
ApiError wrong_uid(const Endpoint& endpoint, std::string_view ns, std::string_view name,
                   std::string_view asked, std::string_view held);

/// Creates are refused in namespaces that are not there, or going.
std::function<base::Result<void>(const store::View&)> namespace_lives(store::ResourceId namespaces,
                                                                      std::string ns);
ApiError namespace_error(const base::Error& error, const Endpoint& endpoint, std::string_view ns,
                         std::string_view name);

/// metav1.Status of a delete that is done.
std::string deleted_status(const Endpoint& endpoint, std::string_view name, std::string_view uid);

/// The committed object's bytes.
Outcome outcome_of(store::ObjectPtr object, std::vector<std::string> warnings);
/// The same of an object that is not stored (dry run, no change).
Outcome outcome_of(std::string bytes, std::vector<std::string> warnings);

}  // namespace nanika::apiserver::writing
