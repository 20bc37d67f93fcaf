#include "apiserver/store/memory.h"

#include <algorithm>
#include <set>

namespace nanika::apiserver::store {

using base::Result;

namespace {

// What upstream's watch cache keeps in any case.
constexpr base::Duration kSureHistory = std::chrono::seconds(75);
constexpr base::Duration kEncodingAge = std::chrono::seconds(1);
constexpr base::Duration kTimeStep = std::chrono::seconds(5);

bool in_namespace(const Event& event, std::string_view ns) {
  return ns.empty() || event.object()->ns() == ns;
}

}  // namespace

ResourceId Memory::intern(std::string_view name) {
  {
    std::shared_lock lock(registry_mutex_);
    if (auto it = ids_.find(name); it != ids_.end()) return it->second;
  }
  std::lock_guard lock(registry_mutex_);
  auto [it, inserted] = ids_.try_emplace(std::string(name), ResourceId(resources_.size()));
  if (inserted) {
    resources_.emplace_back();
    resources_.back().name = name;
    resources_.back().forgotten = forgotten_at_start_;
  }
  return it->second;
}

std::vector<ResourceId> Memory::resources() const {
  std::shared_lock lock(registry_mutex_);
  std::vector<ResourceId> out;
  for (const auto& [name, id] : ids_) out.push_back(id);
  return out;
}

Memory::Resource& Memory::resource(ResourceId id) const {
  std::shared_lock lock(registry_mutex_);
  CHECK(static_cast<size_t>(id) < resources_.size());
  return const_cast<Resource&>(resources_[static_cast<size_t>(id)]);
}

ObjectPtr Memory::get(ResourceId id, std::string_view path) const {
  Resource& r = resource(id);
  std::lock_guard lock(r.mutex);
  return r.table.find(path);
}

size_t Memory::count(ResourceId id) const {
  Resource& r = resource(id);
  std::lock_guard lock(r.mutex);
  return r.table.size();
}

void Memory::apply(Resource& r, const EventPtr& event) {
  if (event->type() == EventType::kDeleted) {
    r.table.erase(event->object()->path());
  } else {
    r.table.put(event->object());
  }
  r.history.push_back(event);
}

void Memory::age(Resource& r, const Event& event, base::MonoTime when) {
  // The living object costs nothing more by being in the history; what it superseded does.
  size_t bytes = sizeof(Event) + (event.previous() ? event.previous()->footprint() : 0) +
                 (event.type() == EventType::kDeleted ? event.object()->footprint() : 0);
  aging_.push_back({&r, event.revision(), when, bytes});
  aging_bytes_ += bytes;
}

void Memory::note_time(uint64_t revision, base::MonoTime when) {
  if (times_.empty() || when - times_.back().first >= kTimeStep)
    times_.emplace_back(when, revision);
}

ObjectPtr Memory::load(ObjectPtr object, bool deleted, base::MonoTime when, base::MonoTime now) {
  Resource& r = resource(object->resource());
  uint64_t revision = object->revision();
  std::lock_guard lock(r.mutex);
  note_time(revision, when);
  ObjectPtr previous = deleted ? r.table.erase(object->path()) : r.table.put(object);
  // After a gap in the wall clock older rows may follow newer ones: then those before go, too.
  if (now - when > limits_.history_age) {
    forgotten_at_start_ = revision;
    return previous;
  }
  EventType type = deleted    ? EventType::kDeleted
                   : previous ? EventType::kModified
                              : EventType::kAdded;
  auto event = std::make_shared<const Event>(type, std::move(object), previous);
  age(r, *event, when);
  r.history.push_back(std::move(event));
  return previous;
}

void Memory::loaded(uint64_t revision, uint64_t compacted) {
  std::lock_guard registry(registry_mutex_);
  forgotten_at_start_ = std::max(forgotten_at_start_, compacted);
  for (Resource& r : resources_) {
    std::lock_guard lock(r.mutex);
    r.forgotten = forgotten_at_start_;
    while (!r.history.empty() && r.history.front()->revision() <= r.forgotten)
      r.history.pop_front();
  }
  std::erase_if(aging_, [&](const Aging& a) {
    if (a.revision > forgotten_at_start_) return false;
    aging_bytes_ -= a.bytes;
    return true;
  });
  oldest_exact_ = forgotten_at_start_;
  revision_ = revision;
}

void Memory::publish(std::span<const EventPtr> events, base::MonoTime now) {
  struct Group {
    Resource* resource = nullptr;
    std::vector<EventPtr> events;
    // Who was registered when the group became visible, and what of it they asked for.
    std::vector<std::pair<std::vector<std::shared_ptr<Watcher>>, std::string>> watchers;
  };
  std::vector<std::shared_ptr<Watcher>> watch_all;
  std::map<ResourceId, Group> groups;  // locked in the order of ids: no deadlock
  for (const EventPtr& event : events) {
    Group& group = groups[event->object()->resource()];
    group.events.push_back(event);
  }
  {
    std::vector<std::unique_lock<std::mutex>> locks;
    for (auto& [id, group] : groups) {
      group.resource = &resource(id);
      locks.emplace_back(group.resource->mutex);
    }
    for (auto& [id, group] : groups) {
      Resource& r = *group.resource;
      for (const EventPtr& event : group.events) {
        apply(r, event);
        age(r, *event, now);
      }
      for (const auto& [ns, watchers] : r.watchers) group.watchers.emplace_back(watchers, ns);
    }
    std::lock_guard lock(all_mutex_);
    revision_.store(events.back()->revision(), std::memory_order_release);
    watch_all = all_watchers_;
  }
  note_time(events.back()->revision(), now);
  std::vector<EventPtr> part;
  for (auto& [id, group] : groups) {
    if (group.watchers.empty()) continue;
    for (const EventPtr& event : group.events) {
      event->keep_encodings(true);
      fresh_.emplace_back(now, event);
    }
    for (auto& [watchers, ns] : group.watchers) {
      part.clear();
      std::copy_if(group.events.begin(), group.events.end(), std::back_inserter(part),
                   [&](const EventPtr& e) { return in_namespace(*e, ns); });
      if (part.empty()) continue;
      for (const auto& watcher : watchers) watcher->deliver(part);
    }
  }
  for (const auto& watcher : watch_all) watcher->deliver(events);
}

void Memory::forget(base::MonoTime now) {
  while (!fresh_.empty() && now - fresh_.front().first >= kEncodingAge) {
    fresh_.front().second->keep_encodings(false);
    fresh_.pop_front();
  }
  while (!times_.empty() && now - times_.front().first > limits_.history_age) {
    oldest_exact_ = std::max(oldest_exact_.load(), times_.front().second);
    times_.pop_front();
  }
  std::vector<EventPtr> dropped;  // freed outside the lock
  while (!aging_.empty()) {
    const Aging& oldest = aging_.front();
    base::Duration age = now - oldest.when;
    bool too_many = aging_bytes_ > limits_.history_bytes &&
                    (age > kSureHistory || aging_bytes_ > 4 * limits_.history_bytes);
    if (age <= limits_.history_age && !too_many) break;
    std::lock_guard lock(oldest.resource->mutex);
    dropped.push_back(std::move(oldest.resource->history.front()));
    oldest.resource->history.pop_front();
    oldest.resource->forgotten = oldest.revision;
    aging_bytes_ -= oldest.bytes;
    aging_.pop_front();
  }
}

}  // namespace nanika::apiserver::store
