#include "apiserver/registry/executor.h"

#include "base/log.h"

namespace nanika::apiserver {

Executor::Executor() : thread_([this] { run(); }) {}

Executor::~Executor() {
  stop();
}

void Executor::stop() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Executor::post(Task task) {
  {
    std::lock_guard lock(mutex_);
    if (stop_) return;
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void Executor::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stop_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    try {
      task();
    } catch (const std::exception& e) {
      base::log::error("apiserver", "a task failed", {{base::log::Key::kError, e.what()}});
    }
    task = nullptr;
    lock.lock();
  }
}

}  // namespace nanika::apiserver
