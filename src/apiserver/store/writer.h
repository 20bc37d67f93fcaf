// The one writer: queue, group commit, compaction while it idles.
//
//   submit -> queue -> admit (checks, revisions) -> log (durable) -> memory, watchers -> done
//
// Threading: submit(), maintain() and ready() from any thread; all else is the writer thread's.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "apiserver/store/memory.h"
#include "apiserver/store/revision_log.h"
#include "apiserver/store/store.h"

namespace nanika::apiserver::store {

class Writer {
 public:
  /// All outlive the writer. Loads the log into memory; start() then takes writes.
  Writer(const Options& options, Memory& memory, RevisionLog& log)
      : options_(options), memory_(memory), log_(log) {}
  /// Commits what is queued and stops.
  ~Writer();

  base::Result<void> load();
  void start();
  void submit(Write write, Done done);
  void maintain();
  bool ready() const { return failures_.load(std::memory_order_relaxed) < 3; }

 private:
  struct Pending {
    Write write;
    Done done;
    size_t bytes;
  };
  /// A row of the log that nobody needs once history_age has passed since `when`.
  struct Dead {
    uint64_t revision;
    uint64_t superseded_by;
    base::MonoTime when;
  };
  class Group;

  void run(std::stop_token stop);
  void idle_step(std::unique_lock<std::mutex>& lock);
  void commit(std::vector<Pending> batch);
  base::Result<void> write_log(const std::vector<EventPtr>& events);
  std::vector<uint64_t> due_dead(size_t at_most) const;
  void bury(size_t count);
  bool compact_slice();
  void add_dead(const Object& object, bool deleted, const ObjectPtr& previous, base::MonoTime when);
  void probe();

  const Options& options_;
  Memory& memory_;
  RevisionLog& log_;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<Pending> queue_;   // guarded by mutex_
  size_t queued_bytes_ = 0;      // guarded by mutex_
  bool stopping_ = false;        // guarded by mutex_
  uint64_t maintain_asked_ = 0;  // guarded by mutex_
  uint64_t maintain_done_ = 0;   // guarded by mutex_
  std::condition_variable_any maintained_;

  std::atomic<int> failures_{0};  ///< commits that failed in a row
  // The writer thread's own.
  uint64_t revision_ = 0;
  uint64_t compacted_ = 0;
  std::deque<Dead> dead_;  ///< in the order of superseded_by
  std::jthread thread_;
};

}  // namespace nanika::apiserver::store
