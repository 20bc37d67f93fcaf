// A thread for what must run neither on a connection's thread nor on the store's writer: retries
// after a conflict, deletecollection.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace nanika::apiserver {

/// Threading: post() from any thread. What comes after stop() is dropped.
class Executor {
 public:
  using Task = std::move_only_function<void()>;
  Executor();
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  void post(Task task);
  void stop();  ///< runs what is queued, then joins

 private:
  void run();
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;  // guarded by mutex_
  bool stop_ = false;       // guarded by mutex_
  std::thread thread_;
};

}  // namespace nanika::apiserver
