#include "apiserver/loops/worker.h"

#include <algorithm>
#include <exception>

#include "base/log.h"

namespace nanika::apiserver::loops {

namespace {

using base::log::Key;

constexpr base::Duration kFirstBackoff = std::chrono::milliseconds(5);
constexpr base::Duration kLongestBackoff = std::chrono::seconds(1000);
/// A reconcile that takes longer than this is not repeated for each event.
constexpr base::Duration kCostly = std::chrono::milliseconds(5);
constexpr int kHoldFactor = 3;

Seen seen_of(const store::Event& event) {
  bool gone = event.type() == store::EventType::kDeleted;
  return {event.previous().get(), gone ? nullptr : event.object().get()};
}

}  // namespace

void KeyQueue::add(const std::string& key) {
  add_after(key, base::Duration(0));
}

void KeyQueue::add_after(const std::string& key, base::Duration delay) {
  base::MonoTime when = clock_.mono() + delay;
  std::lock_guard lock(mutex_);
  if (auto held = held_.find(key); held != held_.end()) when = std::max(when, held->second);
  auto [it, inserted] = at_.try_emplace(key, when, order_);
  if (!inserted) {
    if (it->second.first <= when) return;
    keys_.erase(it->second);
    it->second = {when, order_};
  }
  keys_.emplace(it->second, key);
  ++order_;
  wake_.notify_one();
}

int KeyQueue::retry(const std::string& key) {
  int failures = 0;
  {
    std::lock_guard lock(mutex_);
    failures = failures_[key]++;
  }
  base::Duration delay = kFirstBackoff * (1 << std::min(failures, 18));
  delay = std::min(delay, kLongestBackoff);
  add_after(key, delay);
  return failures + 1;
}

void KeyQueue::forget(const std::string& key) {
  std::lock_guard lock(mutex_);
  failures_.erase(key);
}

void KeyQueue::hold(const std::string& key, base::Duration time) {
  base::MonoTime now = clock_.mono();
  std::lock_guard lock(mutex_);
  std::erase_if(held_, [&](const auto& held) { return held.second <= now; });
  held_[key] = now + time;
  auto waiting = at_.find(key);
  if (waiting == at_.end() || waiting->second.first >= now + time) return;
  keys_.erase(waiting->second);
  waiting->second = {now + time, order_++};
  keys_.emplace(waiting->second, key);
}

std::optional<std::string> KeyQueue::next(base::MonoTime now) {
  if (keys_.empty() || keys_.begin()->first.first > now) return std::nullopt;
  std::string key = std::move(keys_.begin()->second);
  keys_.erase(keys_.begin());
  at_.erase(key);
  return key;
}

std::optional<std::string> KeyQueue::poll() {
  std::lock_guard lock(mutex_);
  return next(clock_.mono());
}

std::optional<std::string> KeyQueue::take(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    base::MonoTime now = clock_.mono();
    if (auto key = next(now)) return key;
    uint64_t seen = order_;
    auto changed = [&] { return order_ != seen; };
    if (keys_.empty()) {
      wake_.wait(lock, stop, changed);
    } else {
      wake_.wait_for(lock, stop, keys_.begin()->first.first - now, changed);
    }
  }
  return std::nullopt;
}

Feed::~Feed() {
  watches_.clear();
  std::lock_guard lock(gate_->mutex);
  gate_->open = false;
}

store::Sink Feed::sink(const Map& map) {
  return [gate = gate_, map](std::span<const store::EventPtr> events) {
    std::lock_guard lock(gate->mutex);
    if (!gate->open) return;
    for (const store::EventPtr& event : events) map(seen_of(*event));
  };
}

void Feed::watch(store::ResourceId resource, Map map) {
  auto watch = store_.watch({.resource = resource}, sink(map));
  CHECK(watch.has_value());  // watches from now never fail
  {
    std::lock_guard lock(gate_->mutex);
    for (const store::ObjectPtr& object : (*watch)->initial()) map({nullptr, object.get()});
  }
  (*watch)->start();
  watches_.push_back(std::move(*watch));
}

void Feed::watch_all(Map map) {
  auto watch = store_.watch_all(sink(map));
  for (store::ResourceId resource : store_.resources()) {
    auto list = store_.list({.resource = resource});
    CHECK(list.has_value());
    std::lock_guard lock(gate_->mutex);
    for (const store::ObjectPtr& object : list->items) map({nullptr, object.get()});
  }
  watch->start();
  watches_.push_back(std::move(watch));
}

Worker::Worker(Reconciler& reconciler, store::Store& store, const base::Clock& clock)
    : reconciler_(reconciler), clock_(clock), queue_(clock), feed_(store) {}

Worker::~Worker() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
}

void Worker::begin() {
  if (begun_) return;
  begun_ = true;
  reconciler_.begin(feed_, queue_);
}

void Worker::start() {
  thread_ = std::jthread([this](std::stop_token stop) {
    begin();
    while (auto key = queue_.take(stop)) run_one(*key);
  });
}

void Worker::drain() {
  begin();
  while (auto key = queue_.poll()) run_one(*key);
}

void Worker::run_one(const std::string& key) {
  base::Result<base::Duration> done;
  base::MonoTime began = clock_.mono();
  try {
    done = reconciler_.reconcile(key);
  } catch (const std::exception& error) {
    done = base::fail(base::Code::kInternal, "exception: {}", error.what());
  }
  base::Duration took = clock_.mono() - began;
  if (took > kCostly) queue_.hold(key, kHoldFactor * took);
  if (!done) {
    // Lost races are a part of life; what fails again is worth a line.
    bool again = queue_.retry(key) > 1;
    base::log::write(
        again ? base::log::Level::kWarning : base::log::Level::kDebug, "loops", "reconcile failed",
        {{Key::kController, reconciler_.name()}, {Key::kObject, key}, {Key::kError, done.error()}});
    return;
  }
  queue_.forget(key);
  if (*done > base::Duration(0)) queue_.add_after(key, *done);
}

}  // namespace nanika::apiserver::loops
