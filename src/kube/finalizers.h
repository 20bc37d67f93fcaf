// Finalizers and owners: what keeps an object, and whom it goes with.
//
//   if (!ip.metadata.deleting()) { ip = TRY(add_finalizer(client, ctx, ip, kFinalizer)); ... }
//   else { TRY(give_back(ip)); TRY(remove_finalizer(client, ctx, ip, kFinalizer)); }
#pragma once

#include <algorithm>
#include <string>

#include "kube/client.h"

namespace nanika::kube {

inline bool has_finalizer(const api::ObjectMeta& metadata, std::string_view name) {
  return std::ranges::find(metadata.finalizers, name) != metadata.finalizers.end();
}

/// The merge patch that leaves exactly `finalizers` on that very version of the object.
inline json::object finalizers_patch(const api::ObjectMeta& seen,
                                     const std::vector<std::string>& finalizers) {
  json::array list;
  for (const std::string& name : finalizers) list.emplace_back(name);
  return {{"metadata",
           {{"uid", seen.uid}, {"resourceVersion", seen.resource_version}, {"finalizers", list}}}};
}

/// Returns the object as it is then; without a request when it has it already. kConflict: it
/// changed since `object` was read.
template <class T>
Result<T> add_finalizer(const Client& client, const Context& ctx, const T& object,
                        const std::string& name) {
  if (has_finalizer(object.metadata, name)) return object;
  std::vector<std::string> finalizers = object.metadata.finalizers;
  finalizers.push_back(name);
  return client.patch<T>(ctx, key_of(object.metadata), PatchType::kMerge,
                         finalizers_patch(object.metadata, finalizers));
}

/// An object that is gone by then is no error.
template <class T>
Result<void> remove_finalizer(const Client& client, const Context& ctx, const T& object,
                              const std::string& name) {
  if (!has_finalizer(object.metadata, name)) return {};
  std::vector<std::string> finalizers = object.metadata.finalizers;
  std::erase(finalizers, name);
  auto patched = client.patch<T>(ctx, key_of(object.metadata), PatchType::kMerge,
                                 finalizers_patch(object.metadata, finalizers));
  if (!patched && patched.error().code != Code::kNotFound) return std::unexpected(patched.error());
  return {};
}

/// A reference to `owner`, for the metadata of what is made for it: garbage collection removes that
/// with it, and `owns` of a controller finds the way back.
template <class T>
api::OwnerReference owner_reference(const T& owner, bool controller = true) {
  return {.api_version = api::api_version(T::kKind),
          .kind = std::string(T::kKind.kind),
          .name = owner.metadata.name,
          .uid = owner.metadata.uid,
          .controller = controller,
          .block_owner_deletion = controller};
}

/// The same in a fragment to apply.
template <class T>
void set_owner(json::object& fragment, const T& owner) {
  json::object reference{{"apiVersion", api::api_version(T::kKind)},
                         {"kind", json::string(T::kKind.kind)},
                         {"name", owner.metadata.name},
                         {"uid", owner.metadata.uid},
                         {"controller", true},
                         {"blockOwnerDeletion", true}};
  json::value& metadata = fragment["metadata"];
  if (!metadata.is_object()) metadata.emplace_object();
  metadata.get_object()["ownerReferences"].emplace_array().push_back(std::move(reference));
}

/// The reference of the managing owner, or null.
inline const api::OwnerReference* controller_of(const api::ObjectMeta& metadata) {
  auto at = std::ranges::find(metadata.owner_references, true, &api::OwnerReference::controller);
  return at == metadata.owner_references.end() ? nullptr : &*at;
}

}  // namespace nanika::kube
