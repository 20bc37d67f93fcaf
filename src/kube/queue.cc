#include "kube/queue.h"

#include <algorithm>
#include <cmath>

namespace nanika::kube {

namespace {

double seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

// Metrics of a queue without a registry go nowhere, but to one place.
Metrics& nowhere() {
  static Metrics registry;
  return registry;
}

}  // namespace

Queue::Queue(const base::Clock& clock, QueueOptions options, Metrics* metrics)
    : clock_(clock),
      options_(std::move(options)),
      metrics_(metrics != nullptr ? *metrics : nowhere(), options_.name),
      refresher_(metrics != nullptr ? metrics->before_expose([this] { report(); }) : nullptr),
      delay_thread_([this](std::stop_token stop) { release_due_items(std::move(stop)); }) {}

Queue::~Queue() {
  refresher_.reset();
  delay_thread_.request_stop();
  std::scoped_lock lock(mutex_);
  if (sleeper_) sleeper_->request_stop();
}

void Queue::add(const Key& key, Priority priority) {
  std::scoped_lock lock(mutex_);
  enqueue(key, priority);
}

void Queue::enqueue(const Key& key, Priority priority) {
  Entry& entry = entries_[key];
  if (entry.processing) {
    if (!entry.dirty) metrics_.adds.add();
    entry.priority = entry.dirty ? std::min(entry.priority, priority) : priority;
    entry.dirty = true;
    return;
  }
  if (entry.queued) {
    if (priority >= entry.priority) return;
    ready_.erase({entry.priority, entry.sequence});  // a fresh event lifts it up
  } else {
    metrics_.adds.add();
    entry.since = clock_.mono();
  }
  place(key, entry, priority);
}

void Queue::place(const Key& key, Entry& entry, Priority priority) {
  entry.queued = true;
  entry.priority = priority;
  entry.sequence = next_sequence_++;
  ready_.emplace(Place{priority, entry.sequence}, key);
  metrics_.depth.set(static_cast<double>(ready_.size()));
  ready_cv_.notify_one();
}

void Queue::add_after(const Key& key, Duration delay) {
  std::scoped_lock lock(mutex_);
  if (delay <= Duration::zero()) return enqueue(key, Priority::kFresh);
  MonoTime due = clock_.mono() + delay;
  auto [at, inserted] = delayed_until_.try_emplace(key, due);
  if (!inserted) {
    if (at->second <= due) return;
    delayed_.erase({at->second, key});
    at->second = due;
  }
  bool earliest = delayed_.empty() || due < delayed_.begin()->first;
  delayed_.emplace(due, key);
  if (!earliest) return;
  if (sleeper_) sleeper_->request_stop();
  delays_cv_.notify_one();
}

void Queue::add_rate_limited(const Key& key) {
  Duration delay;
  {
    std::scoped_lock lock(mutex_);
    int failures = failures_[key]++;
    // In doubles, since 2^failures overflows long before anybody forgets the key.
    double wanted = seconds(options_.base_delay) * std::pow(2.0, failures);
    delay = wanted >= seconds(options_.max_delay)
                ? options_.max_delay
                : std::chrono::duration_cast<Duration>(std::chrono::duration<double>(wanted));
    metrics_.retries.add();
  }
  add_after(key, delay);
}

void Queue::forget(const Key& key) {
  std::scoped_lock lock(mutex_);
  failures_.erase(key);
}

int Queue::failures(const Key& key) const {
  std::scoped_lock lock(mutex_);
  auto at = failures_.find(key);
  return at == failures_.end() ? 0 : at->second;
}

std::optional<Key> Queue::get(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  if (!ready_cv_.wait(lock, stop, [this] { return !ready_.empty(); })) return std::nullopt;
  if (stop.stop_requested()) {  // another worker may still want what woke us
    ready_cv_.notify_one();
    return std::nullopt;
  }
  Key key = std::move(ready_.extract(ready_.begin()).mapped());
  Entry& entry = entries_.at(key);
  MonoTime now = clock_.mono();
  metrics_.queue_duration.observe(seconds(now - entry.since));
  metrics_.depth.set(static_cast<double>(ready_.size()));
  entry.queued = false;
  entry.processing = true;
  entry.since = now;
  ++processing_;
  return key;
}

void Queue::done(const Key& key) {
  std::scoped_lock lock(mutex_);
  auto at = entries_.find(key);
  CHECK(at != entries_.end() && at->second.processing);
  metrics_.work_duration.observe(seconds(clock_.mono() - at->second.since));
  --processing_;
  Entry& entry = at->second;
  if (!entry.dirty) {
    entries_.erase(at);
    return;
  }
  entry.processing = entry.dirty = false;
  entry.since = clock_.mono();
  place(key, entry, entry.priority);
}

size_t Queue::depth() const {
  std::scoped_lock lock(mutex_);
  return ready_.size();
}

bool Queue::idle() const {
  std::scoped_lock lock(mutex_);
  return ready_.empty() && processing_ == 0;
}

size_t Queue::waiting() const {
  std::scoped_lock lock(mutex_);
  return delayed_.size();
}

size_t Queue::processing() const {
  std::scoped_lock lock(mutex_);
  return processing_;
}

void Queue::release_due_items(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (delays_cv_.wait(lock, stop, [this] { return !delayed_.empty(); }) &&
         !stop.stop_requested()) {
    MonoTime now = clock_.mono();
    while (!delayed_.empty() && delayed_.begin()->first <= now) {
      Key key = std::move(delayed_.extract(delayed_.begin()).value().second);
      delayed_until_.erase(key);
      enqueue(key, Priority::kFresh);
    }
    if (delayed_.empty()) continue;
    MonoTime next = delayed_.begin()->first;
    std::stop_token sleep = sleeper_.emplace().get_token();
    lock.unlock();
    clock_.sleep_until(next, sleep);
    lock.lock();
    sleeper_.reset();
  }
}

void Queue::report() const {
  std::scoped_lock lock(mutex_);
  if (processing_ == 0) {
    metrics_.unfinished_work.set(0);
    metrics_.longest_running.set(0);
    return;
  }
  MonoTime now = clock_.mono();
  double sum = 0, longest = 0;
  for (const auto& [key, entry] : entries_) {
    if (!entry.processing) continue;
    sum += seconds(now - entry.since);
    longest = std::max(longest, seconds(now - entry.since));
  }
  metrics_.unfinished_work.set(sum);
  metrics_.longest_running.set(longest);
}

}  // namespace nanika::kube
