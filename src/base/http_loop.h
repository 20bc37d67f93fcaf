// One thread of the server: an io_context, its connections, their deadlines and its inbox.
//
// Threading: members are for the loop's thread, but for post(), join() and what says otherwise.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <unordered_map>

#include "base/clock.h"
#include "base/deadline_wheel.h"
#include "base/http_exchange.h"
#include "base/http_server.h"

namespace boost::asio {
class io_context;
}

namespace nanika::base::http {

/// What loops and connections of a server share.
struct ServerShared {
  ServerOptions options;
  Handler handler;
  std::atomic<bool> stopping{false};

  std::mutex mutex;
  std::condition_variable gone;
  size_t connections = 0;  // guarded by mutex
};

class Connection {
 public:
  virtual ~Connection() = default;
  /// The exchange of this connection has something to collect.
  virtual void drain() = 0;
  /// Ends when the present answer is out; at once when there is none.
  virtual void stop() = 0;
  /// Ends now.
  virtual void close() = 0;
};

class Loop {
 public:
  explicit Loop(std::shared_ptr<ServerShared> shared);
  ~Loop();

  void start();                           ///< any thread, once
  void post(std::function<void()> work);  ///< any thread
  void join();                            ///< any thread: lets the loop run out of work and end

  /// Takes an accepted, non-blocking socket over and serves it. Any thread.
  void serve(int socket, std::string remote_address);
  void add(std::shared_ptr<Connection> connection);
  /// The connection's coroutine ended, with an exception or none.
  void ended(Connection* connection, std::exception_ptr error);
  void for_each(const std::function<void(Connection&)>& visit);

  boost::asio::io_context& io() { return *io_; }
  const std::shared_ptr<Inbox>& inbox() const { return inbox_; }
  /// For reads: each loop has one buffer, so that idle connections have none.
  std::span<char> scratch() { return scratch_; }
  void set_deadline(DeadlineWheel::Entry& entry, std::chrono::milliseconds from_now);

 private:
  struct Timer;
  void run();
  void start_ticking();
  void drain_inbox();
  void connection_gone();

  std::shared_ptr<ServerShared> shared_;
  std::unique_ptr<boost::asio::io_context> io_;
  std::unique_ptr<Timer> timer_;
  std::shared_ptr<Inbox> inbox_;
  DeadlineWheel wheel_;
  std::chrono::milliseconds tick_;
  MonoTime start_;
  bool ticking_ = false;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
  std::array<char, 64 << 10> scratch_;
  std::thread thread_;
};

/// Starts the coroutine that serves the socket; called on the loop's thread.
void start_connection(Loop& loop, std::shared_ptr<ServerShared> shared, int socket,
                      std::string remote_address);

}  // namespace nanika::base::http
