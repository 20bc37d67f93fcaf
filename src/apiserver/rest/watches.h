// WATCH: streams of events to clients, with selectors, bookmarks, initial events and time limits.
//
// Events come on the store's writer thread and are queued to each watcher's connection there; an
// event is encoded once for all watchers who see it alike. A watcher who reads too slowly is cut
// off: it resumes from its last resourceVersion.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "apiserver/rest/call.h"
#include "apiserver/rest/parameters.h"
#include "apiserver/rest/render.h"
#include "apiserver/store/store.h"

namespace nanika::apiserver {

/// Threading: all members from any thread.
class Watches {
 public:
  Watches(store::Store& store, const base::Clock& clock, RequestMetrics& metrics);
  ~Watches();

  /// Answers the call with a stream. Call on the connection's thread.
  void start(CallPtr call, const Endpoint& endpoint, ListParameters parameters,
             Rendering rendering);
  /// Ends every stream in good order: the server stops.
  void stop();

 private:
  struct Stream;
  struct Running {
    std::shared_ptr<Stream> stream;
    std::shared_ptr<store::Watch> watch;
  };
  void tick_loop(std::stop_token stop);
  void send_bookmark(std::shared_ptr<Stream> stream);
  void forget(uint64_t id);

  store::Store& store_;
  const base::Clock& clock_;
  RequestMetrics& metrics_;
  const store::ResourceId barrier_;
  std::mutex mutex_;
  std::map<uint64_t, Running> running_;  // guarded by mutex_
  uint64_t next_id_ = 1;                 // guarded by mutex_
  std::jthread ticker_;
};

}  // namespace nanika::apiserver
