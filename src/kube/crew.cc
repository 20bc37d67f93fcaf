#include "kube/crew.h"

#include "base/log.h"

namespace nanika::kube {

namespace log = base::log;

Crew::~Crew() {
  request_stop();
  std::vector<std::jthread> threads;
  {
    std::scoped_lock lock(mutex_);
    threads.swap(threads_);
  }
}

void Crew::start(std::string name, std::function<void(std::stop_token)> body) {
  std::scoped_lock lock(mutex_);
  if (running_.empty()) all_ended_ = {};
  auto self = running_.insert(std::move(name));
  threads_.emplace_back([this, self, body = std::move(body), stop = stop_.get_token()] {
    try {
      body(stop);
    } catch (const std::exception& e) {
      log::error("kube", "thread ended by an exception",
                 {{log::Key::kController, *self}, {log::Key::kError, e.what()}});
    } catch (...) {
      log::error("kube", "thread ended by an exception of unknown type",
                 {{log::Key::kController, *self}});
    }
    std::scoped_lock ending(mutex_);
    running_.erase(self);
    if (running_.empty()) all_ended_.request_stop();
  });
}

void Crew::request_stop() {
  stop_.request_stop();
}

bool Crew::wait(const base::Clock& clock, base::MonoTime deadline) {
  std::stop_token all_ended;
  {
    std::scoped_lock lock(mutex_);
    if (running_.empty()) return true;
    all_ended = all_ended_.get_token();
  }
  return !clock.sleep_until(deadline, all_ended) || running().empty();
}

std::vector<std::string> Crew::running() const {
  std::scoped_lock lock(mutex_);
  return {running_.begin(), running_.end()};
}

}  // namespace nanika::kube
