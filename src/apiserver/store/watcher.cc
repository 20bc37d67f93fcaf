#include "apiserver/store/watcher.h"

#include <exception>

#include "base/log.h"

namespace nanika::apiserver::store {

void Watcher::call(std::span<const EventPtr> events) {
  if (events.empty() || cancelled_.load(std::memory_order_acquire)) return;
  try {
    sink_(events);
  } catch (const std::exception& error) {
    base::log::error("store", "a watch's sink failed; the watch ends",
                     {{base::log::Key::kError, std::string_view(error.what())}});
    cancel();
  }
}

void Watcher::deliver(std::span<const EventPtr> events) {
  while (!events.empty() && events.front()->revision() <= after_) events = events.subspan(1);
  {
    std::lock_guard lock(mutex_);
    if (!live_) {
      backlog_.insert(backlog_.end(), events.begin(), events.end());
      return;
    }
  }
  // start() is over and no other thread calls the sink now, so the lock need not be held.
  call(events);
}

void Watcher::start(std::span<const EventPtr> replay) {
  call(replay);
  std::vector<EventPtr> missed;
  while (true) {
    {
      std::lock_guard lock(mutex_);
      missed.swap(backlog_);
      if (missed.empty()) {
        live_ = true;
        return;
      }
    }
    call(missed);
    missed.clear();
  }
}

}  // namespace nanika::apiserver::store
