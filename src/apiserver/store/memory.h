// What reads and watches are served from: the tables, the recent events and the watchers.
//
// The writer alone changes it: load() at start, then publish() for each committed group and
// forget() as time passes. A group becomes visible in one step: the locks of all resources that it
// touches are held together, so whoever sees revision R of one resource sees R of all.
//
// Threading: the const members, intern() and watch() from any thread; the others on the writer's.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <unordered_map>

#include "apiserver/store/store.h"
#include "apiserver/store/table.h"
#include "apiserver/store/watcher.h"

namespace nanika::apiserver::store {

class Memory {
 public:
  struct Limits {
    base::Duration history_age;
    size_t history_bytes;
  };
  explicit Memory(Limits limits) : limits_(limits) {}

  ResourceId intern(std::string_view name);
  std::string name(ResourceId id) const { return resource(id).name; }
  ObjectPtr get(ResourceId id, std::string_view path) const;
  base::Result<ListResult> list(const ListRequest& request) const;
  size_t count(ResourceId id) const;
  uint64_t revision() const { return revision_.load(std::memory_order_acquire); }
  std::vector<ResourceId> resources() const;
  base::Result<std::unique_ptr<Watch>> watch(WatchRequest request, Sink sink);
  std::unique_ptr<Watch> watch_all(Sink sink);

  /// A revision found at start, in order; the object it superseded, or null. `when`: as long ago as
  /// it was written.
  ObjectPtr load(ObjectPtr object, bool deleted, base::MonoTime when, base::MonoTime now);
  /// Ends the loading: the counter's value; events up to `compacted` are not known.
  void loaded(uint64_t revision, uint64_t compacted);
  /// Shows a committed group to reads, then tells the watchers.
  void publish(std::span<const EventPtr> events, base::MonoTime now);
  /// Lets go of events that are too old or too many, and of encodings that all watchers had.
  void forget(base::MonoTime now);
  /// True when forget() has nothing to do, now or later.
  bool settled() const { return aging_.empty() && fresh_.empty(); }

 private:
  struct Resource {
    std::string name;
    mutable std::mutex mutex;
    Table table;                   // guarded by mutex
    std::deque<EventPtr> history;  // guarded by mutex
    uint64_t forgotten = 0;        // guarded by mutex; events up to here are gone
    std::map<std::string, std::vector<std::shared_ptr<Watcher>>, std::less<>>
        watchers;  // guarded by mutex; by namespace
  };
  class Handle;
  class AllHandle;
  struct Aging {
    Resource* resource;
    uint64_t revision;
    base::MonoTime when;
    size_t bytes;
  };

  Resource& resource(ResourceId id) const;
  void age(Resource& resource, const Event& event, base::MonoTime when);
  void note_time(uint64_t revision, base::MonoTime when);
  void apply(Resource& resource, const EventPtr& event);
  base::Result<ListResult> list_at(const Resource& resource, const ListRequest& request,
                                   uint64_t revision) const;

  const Limits limits_;
  std::atomic<uint64_t> revision_{0};
  /// Lists as of a revision before this one are expired, though a quiet resource could still give
  /// them: as upstream compacts by time, clients must see it.
  std::atomic<uint64_t> oldest_exact_{0};
  uint64_t forgotten_at_start_ = 0;

  mutable std::shared_mutex registry_mutex_;
  std::deque<Resource> resources_;                      // guarded by registry_mutex_; stable
  std::map<std::string, ResourceId, std::less<>> ids_;  // guarded by registry_mutex_

  std::mutex all_mutex_;                                // taken after those of resources
  std::vector<std::shared_ptr<Watcher>> all_watchers_;  // guarded by all_mutex_

  // The writer's own.
  std::deque<Aging> aging_;  ///< all events of all histories, oldest first
  size_t aging_bytes_ = 0;
  std::deque<std::pair<base::MonoTime, uint64_t>> times_;  ///< which revision was current when
  std::deque<std::pair<base::MonoTime, EventPtr>> fresh_;  ///< may hold encodings
};

}  // namespace nanika::apiserver::store
