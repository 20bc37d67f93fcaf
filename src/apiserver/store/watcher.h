// One watch seen from the writer: where its events go, and those that wait until it starts.
#pragma once

#include <atomic>
#include <mutex>
#include <span>
#include <vector>

#include "apiserver/store/store.h"

namespace nanika::apiserver::store {

/// Threading: deliver() on the writer's thread, the others on any.
class Watcher {
 public:
  Watcher(uint64_t after, Sink sink) : after_(after), sink_(std::move(sink)) {}

  /// Hands on the events newer than `after`, or keeps them until start() has caught up.
  void deliver(std::span<const EventPtr> events);
  /// Delivers `replay`, then what came meanwhile; from then on deliver() calls the sink itself.
  void start(std::span<const EventPtr> replay);
  void cancel() { cancelled_.store(true, std::memory_order_release); }

 private:
  void call(std::span<const EventPtr> events);

  const uint64_t after_;
  const Sink sink_;
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  bool live_ = false;              // guarded by mutex_
  std::vector<EventPtr> backlog_;  // guarded by mutex_
};

}  // namespace nanika::apiserver::store
