// The store of the embedded API: all objects in memory, every answered write durable in SQLite.
//
//   auto store = TRY(Store::open({.folder = dir + "/store", .clock = &system_clock()}));
//   ResourceId pods = store->resource("core/pods");
//   ObjectPtr pod = store->get(pods, "shop", "www");                 // null: there is none
//   store->submit({.op = Op::kUpdate, .resource = pods, .namespace_ = "shop", .name = "www",
//                  .draft = make_draft(changed), .expected = pod->revision()},
//                 [x](Result<ObjectPtr> done) { ... });              // kConflict: read and try
//                 again
//
// One writer thread commits in groups: it takes all that is queued, checks each write against
// memory and the earlier ones of its group, makes one transaction (WAL, synchronous=FULL), and only
// then changes memory, tells the watchers in the order of revisions, and calls `done` of each. So
// whoever is answered finds its write in every read, and its event is on the way.
//
// Revisions are one uint64 counter over all resources, from 1, never given twice.
// Threading: all members from any thread; reads never wait for the disk.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apiserver/store/event.h"
#include "apiserver/store/object.h"
#include "base/clock.h"
#include "base/result.h"

namespace nanika::apiserver::store {

enum class Op : uint8_t { kCreate, kUpdate, kDelete };

/// What a precondition may read: memory and the earlier writes of the group.
class View {
 public:
  virtual ~View() = default;
  virtual ObjectPtr get(ResourceId resource, std::string_view ns, std::string_view name) const = 0;
};

struct Write {
  Op op = Op::kCreate;
  ResourceId resource{};
  std::string namespace_;  ///< "" for cluster-scoped resources
  std::string name;
  Draft draft;  ///< the new object; of a kDelete its final state, as its DELETED event shows it
  /// kUpdate and kDelete: the revision that was read; 0: whatever is there.
  uint64_t expected = 0;
  /// Asked on the writer thread once all else holds; an error refuses the write. Must not block.
  std::function<base::Result<void>(const View&)> precondition;
};

/// The committed object. kAlreadyExists (create), kNotFound (update, delete), kConflict (another
/// revision is there), the precondition's error, kUnavailable (the commit failed, or the store
/// stops: nothing was changed), kExhausted (too much is queued).
using Done = std::move_only_function<void(base::Result<ObjectPtr>)>;

struct ListRequest {
  ResourceId resource{};
  std::string namespace_;  ///< "": all
  uint64_t revision = 0;   ///< exactly as of then; 0: now
  size_t limit = 0;        ///< at most so many that match; 0: all
  std::string after;       ///< path() of the last one of the page before; "": from the start
  std::function<bool(const Object&)> matches;  ///< null: all. Called on the caller's thread.
};

struct ListResult {
  std::vector<ObjectPtr> items;  ///< in the order of path()
  uint64_t revision = 0;         ///< what the list shows
  bool more = false;             ///< the limit cut it: go on after items.back()->path()
  size_t remaining = 0;          ///< objects behind the cut, counted without `matches`
};

/// Gets the events of one commit that a watch asked for, in order. Must not block.
using Sink = std::function<void(std::span<const EventPtr>)>;

struct WatchRequest {
  ResourceId resource{};
  std::string namespace_;  ///< "": all
  /// Events after this revision; nullopt: `initial` is filled with what is there now, in one step
  /// with the registration, and the events are those after it.
  std::optional<uint64_t> after;
};

/// One watcher. Its destruction ends it: no call of the sink starts after that (one that is running
/// on another thread may still be; the sink must own what it touches).
class Watch {
 public:
  virtual ~Watch() = default;
  virtual const std::vector<ObjectPtr>& initial() const = 0;
  virtual uint64_t revision() const = 0;  ///< of `initial`, or as asked for
  /// Starts delivery: first what happened since revision(), on the caller's thread, then as it
  /// happens, on the writer's. Call once, after `initial` is on its way to the client.
  virtual void start() = 0;
};

struct Options {
  std::string folder;  ///< made 0700 when absent; its files are 0600
  const base::Clock* clock = nullptr;
  /// Superseded revisions are kept for so long: for watches that resume, lists that go on.
  base::Duration history_age = std::chrono::minutes(5);
  /// Over this many bytes of superseded objects, events older than 75 s are forgotten earlier, and
  /// over four times as many any.
  size_t history_bytes = 64 << 20;
  size_t max_queued_bytes = 256 << 20;  ///< of waiting writes
  std::string vfs;                      ///< SQLite's VFS by name; "": the default. For tests.
};

class Store {
 public:
  /// kConflict: another process has it; kUnsupported: a newer version wrote it; kInternal: damaged.
  static base::Result<std::unique_ptr<Store>> open(Options options);
  /// Commits what is queued, then stops. Watches must be gone by then.
  virtual ~Store() = default;

  /// The id of a stored resource: "core/services", "GROUP/PLURAL"; any name will do, at any time.
  virtual ResourceId resource(std::string_view name) = 0;
  virtual std::string resource_name(ResourceId id) const = 0;
  virtual std::vector<ResourceId> resources() const = 0;  ///< all that were ever interned

  virtual void submit(Write write, Done done) = 0;       ///< `done` is called on the writer thread
  base::Result<ObjectPtr> submit_and_wait(Write write);  ///< not from `done`, sinks, preconditions

  /// Null when there is none.
  virtual ObjectPtr get(ResourceId resource, std::string_view ns, std::string_view name) const = 0;
  /// kExpired: that revision is compacted; kInvalid: it is not there yet.
  virtual base::Result<ListResult> list(const ListRequest& request) const = 0;
  virtual size_t count(ResourceId resource) const = 0;
  /// The newest revision that reads show.
  virtual uint64_t revision() const = 0;

  /// kExpired: events after that revision are no longer known.
  virtual base::Result<std::unique_ptr<Watch>> watch(WatchRequest request, Sink sink) = 0;

  /// Events of all resources, those interned later too, after now; initial() is empty. What is
  /// there is read by list() between this and start(): then nothing is missed, though some is seen
  /// twice.
  virtual std::unique_ptr<Watch> watch_all(Sink sink) = 0;

  /// False after three failed commits in a row (disk full, say); true again once a commit, or the
  /// store's own probe each second, succeeds.
  virtual bool ready() const = 0;
  /// Does now what the writer does when it idles: forgets, compacts, checkpoints.
  virtual void maintain() = 0;
};

}  // namespace nanika::apiserver::store
