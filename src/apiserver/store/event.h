// A change of one object, made once by the writer and shared by the history and all watchers.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "apiserver/store/object.h"

namespace nanika::apiserver::store {

enum class EventType : uint8_t { kAdded, kModified, kDeleted };

/// Threading: all members may be called from any thread.
class Event {
 public:
  using Bytes = std::shared_ptr<const std::string>;

  Event(EventType type, ObjectPtr object, ObjectPtr previous)
      : type_(type), object_(std::move(object)), previous_(std::move(previous)) {}

  EventType type() const { return type_; }
  /// The object after the change; of a kDeleted its final state, which bears the revision of the
  /// delete.
  const ObjectPtr& object() const { return object_; }
  /// Before the change; null for kAdded. A watch with selectors needs both: an object that leaves
  /// the selector is DELETED to that watch, one that enters it ADDED.
  const ObjectPtr& previous() const { return previous_; }
  uint64_t revision() const { return object_->revision(); }

  /// The bytes of this event in the view `id`, made by `make(*this)` when no watcher asked before.
  /// An id stands for all that the bytes depend on: type as the watcher sees it, version, form
  /// (object, table, metadata). A null answer of `make` is handed on and not kept. Encodings live
  /// for about a second after the event was published; later watchers make theirs anew.
  template <class Make>
  Bytes encoding(uint64_t id, Make&& make) const {
    std::lock_guard lock(mutex_);
    for (const auto& [known, bytes] : encodings_)
      if (known == id) return bytes;
    Bytes bytes = make(*this);
    if (bytes && keep_) encodings_.emplace_back(id, bytes);
    return bytes;
  }
  /// For the writer: keep encodings from now on (while watchers get the event), or forget them.
  void keep_encodings(bool keep) const {
    std::lock_guard lock(mutex_);
    keep_ = keep;
    if (!keep) encodings_ = {};
  }

 private:
  const EventType type_;
  const ObjectPtr object_;
  const ObjectPtr previous_;
  mutable std::mutex mutex_;
  mutable bool keep_ = false;                                  // guarded by mutex_
  mutable std::vector<std::pair<uint64_t, Bytes>> encodings_;  // guarded by mutex_
};
using EventPtr = std::shared_ptr<const Event>;

}  // namespace nanika::apiserver::store
