// The work queue of a controller: client-go's semantics (util/workqueue) with controller-runtime's
// priorities.
//
//   queue.add({"shop", "www"});
//   while (auto key = queue.get(stop)) {
//     if (reconcile(*key)) queue.forget(*key); else queue.add_rate_limited(*key);
//     queue.done(*key);
//   }
//
// - A key is in the queue once, however often it is added.
// - A key is never given to two workers at once: added while it is processed it becomes dirty, and
//   is queued again by done().
// - Fresh events overtake items of the initial list, so a restart with 10,000 objects does not
//   delay the user's change.
// - Retries wait base_delay * 2^failures, per key, up to max_delay.
//
// Threading: all members from any thread. One thread of its own serves the delays.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>

#include "kube/context.h"
#include "kube/metrics.h"

namespace nanika::kube {

enum class Priority : uint8_t { kFresh, kInitial };

struct QueueOptions {
  std::string name;  ///< label of the metrics; the controller's
  Duration base_delay = std::chrono::milliseconds(5);
  Duration max_delay = std::chrono::seconds(1000);
};

class Queue {
 public:
  /// `metrics` may be null. Both must outlive the queue.
  Queue(const base::Clock& clock, QueueOptions options, Metrics* metrics = nullptr);
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  void add(const Key& key, Priority priority = Priority::kFresh);
  /// Adds `key` once `delay` has passed; of several such wishes for a key the earliest counts.
  void add_after(const Key& key, Duration delay);
  /// Adds `key` after its backoff, which doubles with each call until forget().
  void add_rate_limited(const Key& key);
  /// Ends the backoff of `key`: it was reconciled well, or is not to be retried.
  void forget(const Key& key);
  int failures(const Key& key) const;

  /// Waits for a key and takes it; the caller must call done() on it. Nothing on a stop request.
  std::optional<Key> get(std::stop_token stop);
  void done(const Key& key);

  size_t depth() const;       ///< ready to be taken
  bool idle() const;          ///< nothing is ready, and nothing is taken and not done
  size_t waiting() const;     ///< to be added later
  size_t processing() const;  ///< taken and not done

 private:
  struct Entry {
    bool queued = false;
    bool processing = false;
    bool dirty = false;  ///< added while processing
    Priority priority = Priority::kFresh;
    uint64_t sequence = 0;  ///< place among its priority
    MonoTime since{};       ///< queued or, when processing, taken
  };
  using Place = std::pair<Priority, uint64_t>;

  void enqueue(const Key& key, Priority priority);  // with mutex_ held
  void place(const Key& key, Entry& entry, Priority priority);
  void release_due_items(std::stop_token stop);
  void report() const;

  const base::Clock& clock_;
  const QueueOptions options_;
  QueueMetrics metrics_;
  std::shared_ptr<void> refresher_;
  mutable std::mutex mutex_;
  std::condition_variable_any ready_cv_;  // guarded by mutex_, as all below
  std::condition_variable_any delays_cv_;
  std::unordered_map<Key, Entry, KeyHash> entries_;
  std::map<Place, Key> ready_;
  std::set<std::pair<MonoTime, Key>> delayed_;
  std::unordered_map<Key, MonoTime, KeyHash> delayed_until_;
  std::unordered_map<Key, int, KeyHash> failures_;
  uint64_t next_sequence_ = 0;
  size_t processing_ = 0;
  std::optional<std::stop_source> sleeper_;  // wakes the delay thread for an earlier item
  std::jthread delay_thread_;
};

}  // namespace nanika::kube
