// The listener: accepts on the first loop and hands each connection to the loops in turn.
#include "base/http_server.h"

#include <future>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/endpoint.h"
#include "base/http_loop.h"
#include "base/log.h"
#include "base/stream.h"

namespace nanika::base::http {

namespace asio = boost::asio;

namespace {

constexpr int kAcceptBatch = 64;
constexpr std::chrono::milliseconds kAcceptPause{100};

Result<int> listen_on(const Endpoint& endpoint, const std::string& text) {
  const int fd =
      ::socket(endpoint.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail_errno("socket");
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd, endpoint.address(), endpoint.size) != 0 || ::listen(fd, 4096) != 0) {
    const int error = errno;
    ::close(fd);
    return fail(Code::kUnavailable, "cannot listen on {}: {}", text, ::strerrordesc_np(error));
  }
  return fd;
}

void tune(int socket) {
  // A watcher's peer that vanished without a word is noticed after two minutes.
  const int on = 1, idle = 60, interval = 15, count = 4;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

class ServerImpl final : public Server {
 public:
  ServerImpl(std::shared_ptr<ServerShared> shared, int listener, std::string address, int port)
      : shared_(std::move(shared)), address_(std::move(address)), port_(port) {
    for (int i = 0; i < std::max(1, shared_->options.threads); ++i) {
      loops_.push_back(std::make_unique<Loop>(shared_));
    }
    listener_ = std::make_unique<asio::posix::stream_descriptor>(loops_[0]->io(), listener);
    pause_ = std::make_unique<asio::steady_timer>(loops_[0]->io());
    wait();
    for (const auto& loop : loops_) loop->start();
  }
  ~ServerImpl() override { stop(std::chrono::milliseconds(0)); }

  std::string address() const override { return address_; }
  int port() const override { return port_; }

  void stop(std::chrono::milliseconds grace) override {
    const std::lock_guard once(stop_mutex_);
    if (stopped_) return;
    stopped_ = true;
    shared_->stopping = true;
    // No connection may reach a loop behind the calls below.
    std::promise<void> closed;
    loops_[0]->post([this, &closed] {
      pause_->cancel();
      listener_->close();
      closed.set_value();
    });
    closed.get_future().wait();
    for (const auto& loop : loops_) {
      loop->post([&loop] { loop->for_each([](Connection& c) { c.stop(); }); });
    }
    {
      std::unique_lock lock(shared_->mutex);
      shared_->gone.wait_for(lock, grace, [this] { return shared_->connections == 0; });
    }
    for (const auto& loop : loops_) {
      loop->post([&loop] { loop->for_each([](Connection& c) { c.close(); }); });
    }
    for (const auto& loop : loops_) loop->join();
  }

 private:
  void wait() {
    listener_->async_wait(asio::posix::descriptor_base::wait_read,
                          [this](boost::system::error_code error) {
                            if (!error && !shared_->stopping) accept();
                          });
  }

  void accept() {
    for (int i = 0; i < kAcceptBatch; ++i) {
      Endpoint peer;
      peer.size = sizeof peer.storage;
      const int socket =
          ::accept4(listener_->native_handle(), reinterpret_cast<sockaddr*>(&peer.storage),
                    &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (socket >= 0) {
        hand_over(socket, peer);
        continue;
      }
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        return rest(errno);
      }
      if (errno == EAGAIN || errno == EBADF || errno == EINVAL) break;
    }
    wait();
  }

  /// Out of descriptors or memory: the backlog holds who comes meanwhile.
  void rest(int error) {
    log::warning("http", "cannot accept connections for the moment",
                 {{log::Key::kAddress, address_}, {log::Key::kError, ::strerrordesc_np(error)}});
    pause_->expires_after(kAcceptPause);
    pause_->async_wait([this](boost::system::error_code cancelled) {
      if (!cancelled && !shared_->stopping) accept();
    });
  }

  void hand_over(int socket, const Endpoint& peer) {
    {
      const std::lock_guard lock(shared_->mutex);
      if (shared_->connections >= shared_->options.max_connections) {
        ::close(socket);
        return;
      }
      ++shared_->connections;
    }
    tune(socket);
    loops_[next_++ % loops_.size()]->serve(socket, peer.str());
  }

  std::shared_ptr<ServerShared> shared_;
  const std::string address_;
  const int port_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::unique_ptr<asio::posix::stream_descriptor> listener_;  // the first loop's
  std::unique_ptr<asio::steady_timer> pause_;                 // the first loop's
  size_t next_ = 0;                                           // the first loop's
  std::mutex stop_mutex_;
  bool stopped_ = false;  // guarded by stop_mutex_
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Handler handler) {
  ignore_sigpipe();
  const HostPort at = TRY(in_context(parse_host_port(options.listen), "listen address"));
  auto endpoints = local_endpoints(at);
  if (!endpoints) {
    return fail(Code::kInvalid,
                "listen address \"{}\": the host must be an IP address or localhost",
                options.listen);
  }
  const int listener = TRY(listen_on(endpoints->front(), options.listen));
  Endpoint bound;
  bound.size = sizeof bound.storage;
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&bound.storage), &bound.size);
  const std::string address = bound.str();
  const int port = TRY(parse_host_port(address)).port;
  auto shared = std::make_shared<ServerShared>();
  shared->options = std::move(options);
  shared->handler = std::move(handler);
  return std::make_unique<ServerImpl>(std::move(shared), listener, address, port);
}

}  // namespace nanika::base::http
