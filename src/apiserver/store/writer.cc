#include "apiserver/store/writer.h"

#include <algorithm>
#include <exception>
#include <unordered_map>

#include "base/log.h"

namespace nanika::apiserver::store {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr size_t kMaxGroup = 2048;
constexpr size_t kCompactSlice = 256;
/// More dead rows than this are taken out along with writes, lest a busy store never compacts.
constexpr size_t kMaxDead = 20000;

int64_t to_milliseconds(base::WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

size_t size_of(const Write& write) {
  return sizeof(Write) + write.draft.before.size() + write.draft.after.size();
}

void answer(Done& done, Result<ObjectPtr> result) {
  try {
    done(std::move(result));
  } catch (const std::exception& error) {
    base::log::error("store", "the receiver of a write's answer failed",
                     {{base::log::Key::kError, std::string_view(error.what())}});
  }
}

}  // namespace

/// The writes of one transaction, each checked against memory and those before it.
class Writer::Group final : public View {
 public:
  Group(const Memory& memory, uint64_t revision) : memory_(memory), revision_(revision) {}

  Result<ObjectPtr> admit(Write& write) {
    std::string path = path_of(write.namespace_, write.name);
    ObjectPtr current = at(write.resource, path);
    TRY(check(write, path, current));
    if (write.precondition) TRY(write.precondition(*this));
    ++revision_;
    std::string bytes = std::move(write.draft.before);
    bytes += fmt::format_int(revision_).c_str();
    bytes += write.draft.after;
    auto object =
        std::make_shared<const Object>(write.resource, write.namespace_, write.name, revision_,
                                       std::move(write.draft.meta), std::move(bytes));
    EventType type = write.op == Op::kDelete ? EventType::kDeleted
                     : current               ? EventType::kModified
                                             : EventType::kAdded;
    events_.push_back(std::make_shared<const Event>(type, object, std::move(current)));
    changed_[write.resource][std::move(path)] = write.op == Op::kDelete ? nullptr : object;
    return object;
  }

  ObjectPtr get(ResourceId resource, std::string_view ns, std::string_view name) const override {
    return at(resource, path_of(ns, name));
  }
  const std::vector<EventPtr>& events() const { return events_; }

 private:
  ObjectPtr at(ResourceId resource, const std::string& path) const {
    if (auto r = changed_.find(resource); r != changed_.end())
      if (auto it = r->second.find(path); it != r->second.end()) return it->second;
    return memory_.get(resource, path);
  }

  Result<void> check(const Write& write, const std::string& path, const ObjectPtr& current) const {
    auto called = [&] { return fmt::format("{} \"{}\"", memory_.name(write.resource), path); };
    if (write.op == Op::kCreate) {
      if (current) return fail(Code::kAlreadyExists, "{} already exists", called());
      return {};
    }
    if (!current) return fail(Code::kNotFound, "{} not found", called());
    if (write.expected != 0 && write.expected != current->revision())
      return fail(Code::kConflict, "{} is at revision {}, not {}: it was changed meanwhile",
                  called(), current->revision(), write.expected);
    return {};
  }

  const Memory& memory_;
  uint64_t revision_;
  std::vector<EventPtr> events_;
  std::unordered_map<ResourceId, std::unordered_map<std::string, ObjectPtr>> changed_;
};

Writer::~Writer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  maintained_.notify_all();
}

Result<void> Writer::load() {
  base::MonoTime now = options_.clock->mono();
  int64_t wall = to_milliseconds(options_.clock->wall());
  auto counters = TRY(log_.load([&](const RevisionLog::Row& row) -> Result<void> {
    base::Duration age = std::chrono::milliseconds(std::max<int64_t>(0, wall - row.at));
    auto object =
        std::make_shared<const Object>(memory_.intern(row.resource), row.ns, row.name, row.revision,
                                       TRY(decode_meta(row.meta)), std::string(row.value));
    ObjectPtr previous = memory_.load(object, row.deleted, now - age, now);
    add_dead(*object, row.deleted, previous, now - age);
    return {};
  }));
  revision_ = counters.revision;
  compacted_ = counters.compacted;
  memory_.loaded(revision_, compacted_);
  return {};
}

void Writer::start() {
  thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
}

void Writer::submit(Write write, Done done) {
  size_t bytes = size_of(write);
  {
    std::lock_guard lock(mutex_);
    if (queued_bytes_ + bytes <= options_.max_queued_bytes) {
      queued_bytes_ += bytes;
      queue_.push_back({std::move(write), std::move(done), bytes});
      if (queue_.size() == 1) wake_.notify_one();
      return;
    }
  }
  answer(done, fail(Code::kExhausted, "the store is overloaded: {} MiB of writes wait; try later",
                    options_.max_queued_bytes >> 20));
}

void Writer::maintain() {
  std::unique_lock lock(mutex_);
  uint64_t mine = ++maintain_asked_;
  wake_.notify_one();
  maintained_.wait(lock, [&] { return maintain_done_ >= mine || stopping_; });
}

void Writer::run(std::stop_token) {
  std::unique_lock lock(mutex_);
  while (true) {
    auto awake = [&] { return !queue_.empty() || stopping_ || maintain_asked_ != maintain_done_; };
    if (memory_.settled() && dead_.empty() && failures_.load() == 0) {
      wake_.wait(lock, awake);
    } else {
      wake_.wait_for(lock, std::chrono::seconds(1), awake);
    }
    if (queue_.empty()) {
      if (stopping_) return;
      idle_step(lock);
      continue;
    }
    std::vector<Pending> batch;
    if (queue_.size() <= kMaxGroup) {
      batch.swap(queue_);
    } else {
      auto end = queue_.begin() + kMaxGroup;
      batch.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
      queue_.erase(queue_.begin(), end);
    }
    for (const Pending& pending : batch) queued_bytes_ -= pending.bytes;
    lock.unlock();
    commit(std::move(batch));
    lock.lock();
  }
}

void Writer::idle_step(std::unique_lock<std::mutex>& lock) {
  uint64_t asked = maintain_asked_;
  bool all = asked != maintain_done_;
  lock.unlock();
  memory_.forget(options_.clock->mono());
  if (failures_.load() > 0) probe();
  auto nothing_waits = [&] {
    std::lock_guard again(mutex_);
    return queue_.empty() && !stopping_;
  };
  while (nothing_waits() && compact_slice()) {
  }
  if (all) {
    if (auto done = log_.checkpoint(); !done)
      base::log::warning("store", "cannot checkpoint", {{base::log::Key::kError, done.error()}});
  }
  lock.lock();
  maintain_done_ = asked;
  maintained_.notify_all();
}

void Writer::commit(std::vector<Pending> batch) {
  Group group(memory_, revision_);
  std::vector<Result<ObjectPtr>> results;
  results.reserve(batch.size());
  for (Pending& pending : batch) results.push_back(group.admit(pending.write));
  const std::vector<EventPtr>& events = group.events();
  Result<void> logged;
  if (!events.empty()) logged = write_log(events);
  if (!logged) {
    // Those refused were perhaps refused because of others that now never happened.
    for (auto& result : results)
      result = fail(Code::kUnavailable, "the write could not be made durable and was not done: {}",
                    logged.error().message);
  } else if (!events.empty()) {
    base::MonoTime now = options_.clock->mono();
    revision_ = events.back()->revision();
    for (const EventPtr& event : events)
      add_dead(*event->object(), event->type() == EventType::kDeleted, event->previous(), now);
    memory_.publish(events, now);
    memory_.forget(now);
  }
  for (size_t i = 0; i < batch.size(); ++i) answer(batch[i].done, std::move(results[i]));
}

Result<void> Writer::write_log(const std::vector<EventPtr>& events) {
  int64_t at = to_milliseconds(options_.clock->wall());
  std::vector<std::string> metas;
  std::vector<std::string> names;
  std::vector<RevisionLog::Row> rows;
  metas.reserve(events.size());
  names.reserve(events.size());
  rows.reserve(events.size());
  for (const EventPtr& event : events) {
    const Object& object = *event->object();
    rows.push_back({object.revision(), names.emplace_back(memory_.name(object.resource())),
                    object.ns(), object.name(), event->type() == EventType::kDeleted, at,
                    metas.emplace_back(encode_meta(object.meta())), object.bytes()});
  }
  std::vector<uint64_t> dead;
  if (dead_.size() > kMaxDead) dead = due_dead(2 * events.size());
  uint64_t compacted = dead.empty() ? compacted_ : dead_[dead.size() - 1].superseded_by;
  Result<void> done = log_.commit(rows, dead, {events.back()->revision(), compacted});
  if (done) {
    bury(dead.size());
    failures_ = 0;
  } else if (failures_.fetch_add(1) < 3) {
    base::log::error("store", "commit failed", {{base::log::Key::kError, done.error()}});
  }
  return done;
}

std::vector<uint64_t> Writer::due_dead(size_t at_most) const {
  base::MonoTime now = options_.clock->mono();
  std::vector<uint64_t> out;
  for (const Dead& dead : dead_) {
    if (out.size() == at_most || now - dead.when <= options_.history_age) break;
    out.push_back(dead.revision);
  }
  return out;
}

void Writer::bury(size_t count) {
  if (count == 0) return;
  compacted_ = dead_[count - 1].superseded_by;
  dead_.erase(dead_.begin(), dead_.begin() + static_cast<ptrdiff_t>(count));
}

bool Writer::compact_slice() {
  std::vector<uint64_t> dead = due_dead(kCompactSlice);
  if (dead.empty()) return false;
  auto done = log_.commit({}, dead, {revision_, dead_[dead.size() - 1].superseded_by});
  if (!done) {
    base::log::warning("store", "cannot compact", {{base::log::Key::kError, done.error()}});
    return false;
  }
  bury(dead.size());
  return true;
}

void Writer::add_dead(const Object& object, bool deleted, const ObjectPtr& previous,
                      base::MonoTime when) {
  if (previous) dead_.push_back({previous->revision(), object.revision(), when});
  // The row that tells of a delete goes after the rows that it outdates.
  if (deleted) dead_.push_back({object.revision(), object.revision(), when});
}

void Writer::probe() {
  if (log_.commit({}, {}, {revision_, compacted_})) {
    failures_ = 0;
    base::log::info("store", "commits succeed again", {});
  }
}

}  // namespace nanika::apiserver::store
