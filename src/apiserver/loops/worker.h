// What runs a loop: keys from watches into a queue, one after another through reconcile().
//
//   struct Defaults : Reconciler { ... };
//   Worker worker(defaults, store, clock);
//   worker.start();                          // or, in tests, worker.drain() after each write
//
// Level-based: a key says that something may have to be done, never what. A key that fails comes
// back after 5 ms, doubled each time, at most 1,000 s (as controller-runtime does).
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>

#include "apiserver/store/store.h"
#include "base/clock.h"
#include "base/result.h"

namespace nanika::apiserver::loops {

/// Keys that wait, each once. Threading: all members from any thread; one thread takes.
class KeyQueue {
 public:
  explicit KeyQueue(const base::Clock& clock) : clock_(clock) {}
  void add(const std::string& key);
  /// Later; when it waits already, at the earlier of both times.
  void add_after(const std::string& key, base::Duration delay);
  /// After its backoff, which grows until forget(). How often it failed in a row.
  int retry(const std::string& key);
  void forget(const std::string& key);
  /// Not again before that time is over, whatever is added meanwhile: so a key that costs much and
  /// is added often runs once for many events.
  void hold(const std::string& key, base::Duration time);
  /// The next key that is due now; nullopt: none is.
  std::optional<std::string> poll();
  /// Waits for the next one; nullopt: told to stop.
  std::optional<std::string> take(std::stop_token stop);

 private:
  std::optional<std::string> next(base::MonoTime now);
  const base::Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  uint64_t order_ = 0;                                                       // guarded by mutex_
  std::map<std::pair<base::MonoTime, uint64_t>, std::string> keys_;          // guarded by mutex_
  std::unordered_map<std::string, std::pair<base::MonoTime, uint64_t>> at_;  // guarded by mutex_
  std::unordered_map<std::string, base::MonoTime> held_;                     // guarded by mutex_
  std::unordered_map<std::string, int> failures_;                            // guarded by mutex_
};

/// What happened to one object. Maps are called one at a time, mostly on the writer's thread: they
/// only note things and add keys.
struct Seen {
  const store::Object* before;  ///< null: it was not there
  const store::Object* after;   ///< null: it was deleted
  const store::Object& any() const { return after != nullptr ? *after : *before; }
};

/// Where a reconciler says at its start what it looks at.
class Feed {
 public:
  using Map = std::function<void(const Seen&)>;
  explicit Feed(store::Store& store) : store_(store), gate_(std::make_shared<Gate>()) {}
  /// No map is called after that.
  ~Feed();
  /// What is there first, as Seen without `before`, then every change.
  void watch(store::ResourceId resource, Map map);
  /// The same of all resources, those that come later too.
  void watch_all(Map map);

 private:
  /// The end of a watch does not wait for a sink that runs; this does.
  struct Gate {
    std::mutex mutex;
    bool open = true;  // guarded by mutex
  };
  store::Sink sink(const Map& map);
  store::Store& store_;
  const std::shared_ptr<Gate> gate_;
  std::vector<std::unique_ptr<store::Watch>> watches_;
};

class Reconciler {
 public:
  virtual ~Reconciler() = default;
  virtual std::string_view name() const = 0;
  virtual void begin(Feed& feed, KeyQueue& queue) = 0;
  /// Reads the world and makes it so. 0: done until the next event; else it wants to come again
  /// after that time.
  virtual base::Result<base::Duration> reconcile(const std::string& key) = 0;
};

class Worker {
 public:
  Worker(Reconciler& reconciler, store::Store& store, const base::Clock& clock);
  ~Worker();  ///< stops after the key under way

  void start();
  /// Runs all that is due, on the caller's thread, and what it makes due. Not with start().
  void drain();
  KeyQueue& queue() { return queue_; }

 private:
  void begin();
  void run_one(const std::string& key);

  Reconciler& reconciler_;
  const base::Clock& clock_;
  KeyQueue queue_;
  bool begun_ = false;
  Feed feed_;
  std::jthread thread_;
};

}  // namespace nanika::apiserver::loops
