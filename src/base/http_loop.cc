#include "base/http_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/log.h"

namespace nanika::base::http {

namespace asio = boost::asio;

struct Loop::Timer {
  explicit Timer(asio::io_context& io) : timer(io), work(io.get_executor()) {}
  asio::steady_timer timer;
  asio::executor_work_guard<asio::io_context::executor_type> work;
};

namespace {

std::chrono::milliseconds tick_for(const ServerOptions& o) {
  using std::chrono::milliseconds;
  const milliseconds shortest =
      std::min({o.header_timeout, o.body_timeout, o.idle_timeout, o.write_timeout});
  return std::clamp(shortest / 8, milliseconds(5), milliseconds(1000));
}

}  // namespace

Loop::Loop(std::shared_ptr<ServerShared> shared)
    : shared_(std::move(shared)),
      io_(std::make_unique<asio::io_context>(1)),
      timer_(std::make_unique<Timer>(*io_)),
      tick_(tick_for(shared_->options)),
      start_(system_clock().mono()) {
  inbox_ = std::make_shared<Inbox>([this] { asio::post(*io_, [this] { drain_inbox(); }); });
}

Loop::~Loop() {
  join();
}

void Loop::start() {
  thread_ = std::thread([this] { run(); });
}

void Loop::post(std::function<void()> work) {
  asio::post(*io_, std::move(work));
}

void Loop::join() {
  if (!thread_.joinable()) return;
  post([this] {
    inbox_->close();
    timer_->work.reset();
    timer_->timer.cancel();
  });
  thread_.join();
}

void Loop::run() {
  for (;;) {
    try {
      io_->run();
      return;
    } catch (const std::exception& e) {
      // A callback's exception ends here; the loop goes on with the next event.
      log::error("http", "exception in a callback",
                 {{log::Key::kError, std::string_view(e.what())}});
    }
  }
}

void Loop::serve(int socket, std::string remote_address) {
  asio::post(*io_, [this, socket, address = std::move(remote_address)]() mutable {
    try {
      start_connection(*this, shared_, socket, std::move(address));
    } catch (const std::exception& e) {
      log::error("http", "cannot serve a connection",
                 {{log::Key::kError, std::string_view(e.what())}});
      connection_gone();
    }
  });
}

void Loop::add(std::shared_ptr<Connection> connection) {
  Connection* key = connection.get();
  connections_.emplace(key, std::move(connection));
  if (!ticking_) {
    ticking_ = true;
    wheel_.advance(static_cast<uint64_t>((system_clock().mono() - start_) / tick_));
    start_ticking();
  }
}

void Loop::ended(Connection* connection, std::exception_ptr error) {
  try {
    if (error) std::rethrow_exception(error);
  } catch (const std::exception& e) {
    log::error("http", "exception on a connection",
               {{log::Key::kError, std::string_view(e.what())}});
  }
  if (connections_.erase(connection) > 0) connection_gone();
}

void Loop::connection_gone() {
  const std::lock_guard lock(shared_->mutex);
  if (--shared_->connections == 0) shared_->gone.notify_all();
}

void Loop::for_each(const std::function<void(Connection&)>& visit) {
  std::vector<std::shared_ptr<Connection>> all;
  all.reserve(connections_.size());
  for (const auto& [key, connection] : connections_) all.push_back(connection);
  for (const auto& connection : all) visit(*connection);
}

void Loop::set_deadline(DeadlineWheel::Entry& entry, std::chrono::milliseconds from_now) {
  wheel_.set(entry,
             wheel_.now() + 1 +
                 static_cast<uint64_t>((from_now + tick_ - std::chrono::milliseconds(1)) / tick_));
}

void Loop::start_ticking() {
  timer_->timer.expires_after(tick_);
  timer_->timer.async_wait([this](boost::system::error_code error) {
    if (error) return;
    wheel_.advance(static_cast<uint64_t>((system_clock().mono() - start_) / tick_));
    if (connections_.empty()) {
      ticking_ = false;
    } else {
      start_ticking();
    }
  });
}

void Loop::drain_inbox() {
  for (const auto& exchange : inbox_->take()) {
    if (exchange->connection != nullptr) {
      exchange->connection->drain();
    } else {
      exchange->collect();
    }
  }
}

}  // namespace nanika::base::http
