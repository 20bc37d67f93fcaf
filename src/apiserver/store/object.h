// What the store keeps: immutable objects, each one revision of one key of one stored resource.
//
// A stored resource is apart from its served views: core and events.k8s.io Events are one resource,
// the versions of a CRD likewise. The store never looks into the JSON: what it must know for lists,
// watches and the loops stands beside it in Meta.
//
//   Draft draft = make_draft(object, {{"status.phase", "Running"}});
//   store.submit({.op = Op::kCreate, .resource = pods, .namespace_ = "shop", .name = "www",
//                 .draft = std::move(draft)}, done);
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace nanika::apiserver::store {

/// The interned name of a stored resource, as given to Store::resource(); small and dense, valid
/// for the life of that Store only.
enum class ResourceId : uint32_t {};

/// Sorted by name, names once: labels, and fields that selectors may ask for.
class Pairs {
 public:
  Pairs() = default;
  Pairs(std::initializer_list<std::pair<std::string, std::string>> pairs);
  explicit Pairs(std::vector<std::pair<std::string, std::string>> pairs);
  /// Null when there is none.
  const std::string* find(std::string_view name) const;
  auto begin() const { return pairs_.begin(); }
  auto end() const { return pairs_.end(); }
  size_t size() const { return pairs_.size(); }
  bool empty() const { return pairs_.empty(); }
  bool operator==(const Pairs&) const = default;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

/// What is known of an object without reading its JSON. Written beside it, so that a start parses
/// nothing.
struct Meta {
  std::string uid;
  Pairs labels;
  Pairs fields;                     ///< selectable fields by path; the writer chooses them
  std::vector<std::string> owners;  ///< uids of metadata.ownerReferences, in order
  bool finalizers = false;          ///< metadata.finalizers is not empty
  bool deleting = false;            ///< metadata.deletionTimestamp is set
  bool operator==(const Meta&) const = default;
};

/// An object about to be written: canonical JSON in the storage version with a gap where the value
/// of metadata.resourceVersion goes: `{... "resourceVersion":"` and `" ...}`.
struct Draft {
  Meta meta;
  std::string before;
  std::string after;
};

/// Makes a draft of a whole object: takes uid, labels, owners, finalizers and deletionTimestamp
/// from its metadata, and puts the gap where metadata.resourceVersion stands (at the end of
/// metadata when it is absent; its old value is dropped). The object must have a metadata object.
Draft make_draft(const base::json::value& object, Pairs fields = {});

/// One revision of one object. Immutable; shared by the tables, the events and all readers.
class Object {
 public:
  Object(ResourceId resource, std::string_view ns, std::string_view name, uint64_t revision,
         Meta meta, std::string bytes);

  ResourceId resource() const { return resource_; }
  std::string_view ns() const { return std::string_view(path_).substr(0, namespace_size_); }
  std::string_view name() const {
    return std::string_view(path_).substr(namespace_size_ == 0 ? 0 : namespace_size_ + 1);
  }
  /// "namespace/name", or "name" of a cluster-scoped one: the order of lists is that of these
  /// bytes.
  const std::string& path() const { return path_; }
  uint64_t revision() const { return revision_; }  ///< metadata.resourceVersion
  const std::string& uid() const { return meta_.uid; }
  const Meta& meta() const { return meta_; }
  /// Canonical JSON with metadata.resourceVersion filled in; no newline.
  const std::string& bytes() const { return bytes_; }
  /// Bytes that it holds in memory, roughly.
  size_t footprint() const;

 private:
  std::string path_;
  std::string bytes_;
  Meta meta_;
  uint64_t revision_;
  ResourceId resource_;
  uint32_t namespace_size_;
};
using ObjectPtr = std::shared_ptr<const Object>;

/// The JSON as a buffer of its own that keeps the object alive: nothing is copied.
inline std::shared_ptr<const std::string> share_bytes(const ObjectPtr& object) {
  return {object, &object->bytes()};
}

/// "namespace/name", or "name" when `ns` is empty.
std::string path_of(std::string_view ns, std::string_view name);

/// Meta as one blob of length-prefixed strings, the form of the database's column `meta`.
std::string encode_meta(const Meta& meta);
base::Result<Meta> decode_meta(std::string_view blob);

}  // namespace nanika::apiserver::store
