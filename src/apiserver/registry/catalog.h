// Which resources are served, and how: an immutable snapshot that requests hold while they run, and
// the Registry that swaps it when CRDs come, change and go.
//
//   std::shared_ptr<const Catalog> catalog = registry.catalog();
//   const Endpoint* pods = catalog->find("", "v1", "pods");        // null: not served
//
// A stored resource (Resource) is one row; an Endpoint is that row seen in one group and version.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "apiserver/crd/views.h"
#include "apiserver/kinds/kind.h"
#include "apiserver/registry/api_error.h"
#include "apiserver/store/object.h"

namespace nanika::apiserver {

struct Resource {
  kinds::Kind kind;
  std::string key;         ///< its name in the store: "core/pods", "GROUP/PLURAL"
  store::ResourceId id{};  ///< unset for virtual ones
  bool stored = true;      ///< false: reviews, which are answered and forgotten
  bool ending = false;     ///< its definition is being deleted: no new objects
  /// The definition behind a custom resource; null for built-in kinds.
  std::shared_ptr<const crd::CrdViews> crd;

  const std::string& group() const { return kind.views.front().group; }
  /// As in messages of errors: {"apps", "deployments"}.
  GroupName name() const { return {group(), kind.plural}; }
  const kinds::Subresource* subresource(std::string_view name) const;
};
using ResourcePtr = std::shared_ptr<const Resource>;

/// A resource in one of its views.
struct Endpoint {
  ResourcePtr resource;
  size_t index = 0;  ///< of the view

  const kinds::Kind& kind() const { return resource->kind; }
  const kinds::View& view() const { return resource->kind.views[index]; }
  /// A custom resource's version; null for built-in kinds.
  const crd::CrdView* custom() const;
  /// The subresource is there, and this version of a custom resource asks for it.
  bool serves(std::string_view subresource) const;
  GroupName name() const { return {view().group, resource->kind.plural}; }
  GroupName kind_name() const { return {view().group, resource->kind.kind}; }
  /// A process-wide number of this view of this row: a key for shared encodings.
  uint64_t encoding_id = 0;
};

/// A group as discovery lists it.
struct Group {
  std::string name;
  std::vector<std::string> versions;  ///< preferred first
};

/// Documents made once of a Catalog by whoever serves them, kept with it.
class DocumentCache {
 public:
  using Document = std::shared_ptr<const std::string>;
  Document get(const std::string& key, const std::function<std::string()>& make) const;

 private:
  mutable std::mutex mutex_;
  mutable std::map<std::string, Document> documents_;  // guarded by mutex_
};

class Catalog {
 public:
  Catalog(std::vector<ResourcePtr> resources, uint64_t generation);

  const Endpoint* find(std::string_view group, std::string_view version,
                       std::string_view plural) const;
  /// Endpoints of a group and version, by plural.
  std::vector<const Endpoint*> in(std::string_view group, std::string_view version) const;
  const Endpoint* by_kind(std::string_view group, std::string_view version,
                          std::string_view kind) const;
  const std::vector<ResourcePtr>& resources() const { return resources_; }
  const std::vector<Group>& groups() const { return groups_; }  ///< core ("") first
  const Group* group(std::string_view name) const;
  uint64_t generation() const { return generation_; }
  const DocumentCache& documents() const { return documents_; }

 private:
  struct Key {
    std::string group, version, plural;
    auto operator<=>(const Key&) const = default;
  };
  std::vector<ResourcePtr> resources_;
  std::map<Key, Endpoint> endpoints_;
  std::vector<Group> groups_;
  uint64_t generation_;
  DocumentCache documents_;
};
using CatalogPtr = std::shared_ptr<const Catalog>;

/// Threading: all members from any thread; a swap never disturbs who holds the older catalog.
class Registry {
 public:
  explicit Registry(std::vector<ResourcePtr> built_in);
  CatalogPtr catalog() const {
    const std::shared_lock lock(current_mutex_);
    return current_;
  }
  /// Serves these custom resources beside the built-in ones, in place of those before.
  void set_custom(std::vector<ResourcePtr> custom);

 private:
  std::mutex mutex_;
  const std::vector<ResourcePtr> built_in_;
  uint64_t generation_ = 1;  // guarded by mutex_
  // Not std::atomic<shared_ptr>: libstdc++ 12's load() unlocks relaxed, a data race by the letter.
  mutable std::shared_mutex current_mutex_;
  CatalogPtr current_;  // guarded by current_mutex_
};

/// Kubernetes' order of versions: v2, v1, v1beta2, v1beta1, v1alpha1, then others by name. True
/// when `a` comes before `b`.
bool version_before(std::string_view a, std::string_view b);

}  // namespace nanika::apiserver
