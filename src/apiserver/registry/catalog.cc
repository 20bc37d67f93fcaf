#include "apiserver/registry/catalog.h"

#include <algorithm>
#include <charconv>
#include <tuple>

namespace nanika::apiserver {

namespace {

// v1beta2 -> (stability 1, major 1, minor 2); anything else does not parse.
struct KubeVersion {
  int stability = -1;  ///< 2 GA, 1 beta, 0 alpha
  uint32_t major = 0, minor = 0;
};

bool take_number(std::string_view& text, uint32_t& out) {
  if (text.empty() || text.front() < '1' || text.front() > '9') return false;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

KubeVersion parse_version(std::string_view text) {
  KubeVersion out;
  if (!text.starts_with('v')) return {};
  text.remove_prefix(1);
  if (!take_number(text, out.major)) return {};
  if (text.empty()) {
    out.stability = 2;
    return out;
  }
  int stability = text.starts_with("beta") ? 1 : text.starts_with("alpha") ? 0 : -1;
  if (stability < 0) return {};
  text.remove_prefix(stability == 1 ? 4 : 5);
  if (!take_number(text, out.minor) || !text.empty()) return {};
  out.stability = stability;
  return out;
}

std::atomic<uint64_t> next_encoding_id{1};

}  // namespace

bool version_before(std::string_view a, std::string_view b) {
  KubeVersion x = parse_version(a), y = parse_version(b);
  if (x.stability < 0 && y.stability < 0) return a < b;
  return std::tie(x.stability, x.major, x.minor) > std::tie(y.stability, y.major, y.minor);
}

const kinds::Subresource* Resource::subresource(std::string_view wanted) const {
  for (const kinds::Subresource& s : kind.subresources)
    if (s.name == wanted) return &s;
  return nullptr;
}

const crd::CrdView* Endpoint::custom() const {
  return resource->crd == nullptr ? nullptr : resource->crd->find(view().version);
}

bool Endpoint::serves(std::string_view subresource) const {
  if (resource->subresource(subresource) == nullptr) return false;
  const crd::CrdView* version = custom();
  if (version == nullptr) return true;
  return subresource == "status" ? version->has_status : version->scale.has_value();
}

DocumentCache::Document DocumentCache::get(const std::string& key,
                                           const std::function<std::string()>& make) const {
  std::lock_guard lock(mutex_);
  Document& document = documents_[key];
  if (document == nullptr) document = std::make_shared<const std::string>(make());
  return document;
}

Catalog::Catalog(std::vector<ResourcePtr> resources, uint64_t generation)
    : resources_(std::move(resources)), generation_(generation) {
  for (const ResourcePtr& resource : resources_) {
    for (size_t i = 0; i < resource->kind.views.size(); ++i) {
      const kinds::View& view = resource->kind.views[i];
      // A custom resource keeps versions that are not served: they may be stored.
      if (resource->crd != nullptr) {
        const crd::CrdView* custom = resource->crd->find(view.version);
        if (custom == nullptr || !custom->served) continue;
      }
      endpoints_.try_emplace(Key{view.group, view.version, resource->kind.plural},
                             Endpoint{resource, i, next_encoding_id++});
      auto group = std::ranges::find(groups_, view.group, &Group::name);
      if (group == groups_.end()) group = groups_.insert(groups_.end(), Group{view.group, {}});
      if (std::ranges::find(group->versions, view.version) == group->versions.end())
        group->versions.push_back(view.version);
    }
  }
  for (Group& group : groups_) std::ranges::sort(group.versions, version_before);
  // Core first, the others as they came.
  auto core = std::ranges::find(groups_, std::string(), &Group::name);
  if (core != groups_.end()) std::rotate(groups_.begin(), core, core + 1);
}

const Endpoint* Catalog::find(std::string_view group, std::string_view version,
                              std::string_view plural) const {
  auto at = endpoints_.find(Key{std::string(group), std::string(version), std::string(plural)});
  return at == endpoints_.end() ? nullptr : &at->second;
}

std::vector<const Endpoint*> Catalog::in(std::string_view group, std::string_view version) const {
  std::vector<const Endpoint*> out;
  for (auto at = endpoints_.lower_bound(Key{std::string(group), std::string(version), ""});
       at != endpoints_.end() && at->first.group == group && at->first.version == version; ++at)
    out.push_back(&at->second);
  return out;
}

const Endpoint* Catalog::by_kind(std::string_view group, std::string_view version,
                                 std::string_view kind) const {
  for (const Endpoint* endpoint : in(group, version))
    if (endpoint->kind().kind == kind) return endpoint;
  return nullptr;
}

const Group* Catalog::group(std::string_view name) const {
  auto at = std::ranges::find(groups_, name, &Group::name);
  return at == groups_.end() ? nullptr : &*at;
}

Registry::Registry(std::vector<ResourcePtr> built_in)
    : built_in_(std::move(built_in)), current_(std::make_shared<const Catalog>(built_in_, 1)) {}

void Registry::set_custom(std::vector<ResourcePtr> custom) {
  std::lock_guard lock(mutex_);
  std::vector<ResourcePtr> all = built_in_;
  all.insert(all.end(), custom.begin(), custom.end());
  CatalogPtr next = std::make_shared<const Catalog>(std::move(all), ++generation_);
  const std::unique_lock swap(current_mutex_);
  current_.swap(next);  // the older one goes, if nobody holds it, after the lock
}

}  // namespace nanika::apiserver
