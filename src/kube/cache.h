// A local copy of all objects of one kind, as typed projections, kept by a Reflector.
//
//   Cache<api::TrafficIP>& ips = manager.cache<api::TrafficIP>();
//   ips.index("network", [](const api::TrafficIP& ip) { return std::vector{network_of(ip)}; });
//   ...
//   for (const auto& ip : ips.by_index("network", "internet")) use(ip->spec);
//
// T is a described struct with the fields that matter: what it leaves out takes no memory. Objects
// are shared and immutable: keep the pointer as long as you like, it does not change under you.
// A cache is behind the API server by design: decide by version conflicts, not by what it lacks.
//
// Threading: readers from any thread; handlers run on the reflector's thread, one at a time, after
// the cache has changed. index() and on_change() come before the start.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <shared_mutex>
#include <unordered_map>

#include "kube/reflector.h"

namespace nanika::kube {

/// One object's step. `before` null: it is new; `after` null: it is gone.
template <class T>
struct Change {
  std::shared_ptr<const T> before;
  std::shared_ptr<const T> after;
  bool initial = false;  ///< of an initial state, not a fresh event
  const T& object() const { return after ? *after : *before; }
};

template <class T>
class Cache final : public Sink {
 public:
  using Ptr = std::shared_ptr<const T>;
  using IndexKeys = std::function<std::vector<std::string>(const T&)>;
  using Handler = std::function<void(const Change<T>&)>;

  void index(std::string name, IndexKeys keys) { indexes_[std::move(name)].keys = std::move(keys); }
  void on_change(Handler handler) { handlers_.push_back(std::move(handler)); }

  /// Null when there is none.
  Ptr get(const Key& key) const {
    std::shared_lock lock(mutex_);
    auto at = objects_.find(key);
    return at == objects_.end() ? nullptr : at->second;
  }
  /// All, or those of one namespace; in no order.
  std::vector<Ptr> list(std::string_view namespace_ = {}) const {
    std::shared_lock lock(mutex_);
    std::vector<Ptr> out;
    if (namespace_.empty()) out.reserve(objects_.size());
    for (const auto& [key, object] : objects_)
      if (namespace_.empty() || key.namespace_ == namespace_) out.push_back(object);
    return out;
  }
  /// Those whose index keys hold `value`, by namespace and name. CHECKs that the index was made.
  std::vector<Ptr> by_index(std::string_view name, const std::string& value) const {
    std::shared_lock lock(mutex_);
    auto index = indexes_.find(name);
    CHECK(index != indexes_.end());
    std::vector<Ptr> out;
    auto keys = index->second.entries.find(value);
    if (keys == index->second.entries.end()) return out;
    for (const Key& key : keys->second) out.push_back(objects_.at(key));
    return out;
  }
  size_t size() const {
    std::shared_lock lock(mutex_);
    return objects_.size();
  }
  /// True once it has held a whole state; for ever after.
  bool synced() const { return synced_.load(); }

  // --- Sink ---
  Result<void> put(const json::value& object, bool initial) override {
    auto decoded = TRY(api::decode<T>(object));
    auto after = std::make_shared<const T>(std::move(decoded));
    Key key = key_of(after->metadata);
    Ptr before = get(key);
    if (before && before->metadata.uid == after->metadata.uid &&
        before->metadata.resource_version == after->metadata.resource_version)
      return {};
    store(key, before, after);
    notify({std::move(before), std::move(after), initial});
    return {};
  }
  void remove(const Key& key) override {
    Ptr before = get(key);
    if (!before) return;
    store(key, before, nullptr);
    notify({std::move(before), nullptr, false});
  }
  std::vector<Key> keys() const override {
    std::shared_lock lock(mutex_);
    std::vector<Key> out;
    for (const auto& [key, object] : objects_) out.push_back(key);
    return out;
  }
  void complete() override { synced_.store(true); }

 private:
  struct Index {
    IndexKeys keys;
    std::unordered_map<std::string, std::set<Key>> entries = {};
  };

  void store(const Key& key, const Ptr& before, const Ptr& after) {
    std::unique_lock lock(mutex_);
    for (auto& [name, index] : indexes_) {
      if (before) {
        for (const std::string& value : index.keys(*before)) {
          auto at = index.entries.find(value);
          if (at != index.entries.end() && at->second.erase(key) > 0 && at->second.empty())
            index.entries.erase(at);
        }
      }
      if (after)
        for (const std::string& value : index.keys(*after)) index.entries[value].insert(key);
    }
    if (after) {
      objects_[key] = after;
    } else {
      objects_.erase(key);
    }
  }
  void notify(const Change<T>& change) const {
    for (const Handler& handler : handlers_) handler(change);
  }

  mutable std::shared_mutex mutex_;
  std::unordered_map<Key, Ptr, KeyHash> objects_;      // guarded by mutex_
  std::map<std::string, Index, std::less<>> indexes_;  // entries guarded by mutex_
  std::vector<Handler> handlers_;
  std::atomic<bool> synced_ = false;
};

}  // namespace nanika::kube
