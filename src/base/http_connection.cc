// One connection: a coroutine reads and dispatches (top to bottom in run()), answers are written by
// flush() whenever there is something to write. Both run on the loop's thread only.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/socket.h>

#include "base/http_loop.h"
#include "base/http_output.h"
#include "base/http_request_reader.h"
#include "base/log.h"
#include "base/stream.h"

namespace nanika::base::http {

namespace asio = boost::asio;

namespace {

/// How long, and how much, we listen on after our last word, so that a reset does not swallow it.
constexpr std::chrono::milliseconds kLinger{2000};
constexpr size_t kLingerBytes = 16 << 20;
constexpr size_t kIdleBuffer = 4 << 10;

class ConnectionImpl final : public Connection,
                             public std::enable_shared_from_this<ConnectionImpl> {
 public:
  ConnectionImpl(Loop& loop, std::shared_ptr<ServerShared> shared, std::unique_ptr<Stream> stream,
                 std::string remote_address)
      : loop_(loop),
        shared_(std::move(shared)),
        options_(shared_->options),
        stream_(std::move(stream)),
        descriptor_(loop.io(), stream_->socket()),
        read_deadline_(*this, &ConnectionImpl::on_read_deadline),
        write_deadline_(*this, &ConnectionImpl::close) {
    peer_ = std::make_shared<const Peer>(Peer{.address = std::move(remote_address)});
  }
  ~ConnectionImpl() override { descriptor_.release(); }  // the stream closes the socket

  void drain() override;
  void stop() override;
  void close() override;

  static asio::awaitable<void> run(std::shared_ptr<ConnectionImpl> self);

 private:
  using Deadline = DeadlineWheel::MemberEntry<ConnectionImpl>;
  using Wait = asio::posix::descriptor_base::wait_type;

  asio::awaitable<bool> handshake();
  asio::awaitable<bool> serve_one();
  asio::awaitable<bool> read_request(RequestReader& reader);
  asio::awaitable<void> wait_answered();
  asio::awaitable<bool> fill(bool try_first);
  asio::awaitable<bool> wait(Wait type);
  asio::awaitable<void> woken();
  asio::awaitable<void> refuse(int status, std::string message);
  asio::awaitable<void> end();
  asio::awaitable<void> linger();

  void dispatch(RequestHead head);
  void flush();
  void answer_done();
  void on_read_deadline();
  void wake();

  Loop& loop_;
  const std::shared_ptr<ServerShared> shared_;
  const ServerOptions& options_;
  std::unique_ptr<Stream> stream_;
  asio::posix::stream_descriptor descriptor_;
  std::shared_ptr<const Peer> peer_;

  std::string in_;  ///< read, not yet parsed
  Output out_;
  std::shared_ptr<ExchangeState> exchange_;
  std::move_only_function<void()> waiter_;  ///< resumes the coroutine in woken()

  bool complete_ = false;  ///< nothing follows what is in out_
  bool keep_alive_ = true;
  bool idle_ = false;  ///< between requests
  bool eof_ = false;
  bool refused_ = false;    ///< the request was not read up
  bool timed_out_ = false;  ///< the read deadline passed
  bool write_waiting_ = false;
  bool closed_ = false;
  Deadline read_deadline_;
  Deadline write_deadline_;
};

asio::awaitable<void> ConnectionImpl::run(std::shared_ptr<ConnectionImpl> self) {
  if (co_await self->handshake()) {
    bool more = true;
    while (more) more = co_await self->serve_one();
  }
}

asio::awaitable<bool> ConnectionImpl::handshake() {
  if (options_.tls == nullptr) co_return true;
  loop_.set_deadline(read_deadline_, options_.header_timeout);
  for (;;) {
    const Stream::Outcome outcome = stream_->handshake();
    bool good = false;
    switch (outcome.io) {
      case Stream::Io::kDone: {
        auto peer = std::make_shared<Peer>(*peer_);
        peer->certificate = stream_->peer_certificate();
        peer->certificate_error = stream_->peer_certificate_error();
        peer_ = std::move(peer);
        co_return true;
      }
      case Stream::Io::kWantRead:
        good = co_await wait(Wait::wait_read);
        break;
      case Stream::Io::kWantWrite:
        good = co_await wait(Wait::wait_write);
        break;
      case Stream::Io::kEnd:
        co_return false;
      case Stream::Io::kFailed:
        log::debug("http", "TLS handshake failed",
                   {{log::Key::kAddress, peer_->address}, {log::Key::kError, stream_->error()}});
        // The alert that says why must arrive.
        stream_->end();
        co_await linger();
        co_return false;
    }
    if (!good) co_return false;
  }
}

asio::awaitable<bool> ConnectionImpl::serve_one() {
  RequestReader reader(options_.max_header_bytes, options_.max_body_bytes);
  const bool have_request = co_await read_request(reader);
  if (!have_request) co_return false;
  DeadlineWheel::clear(read_deadline_);
  dispatch(std::move(reader.request()));
  if (exchange_ != nullptr) co_await wait_answered();
  if (closed_ || timed_out_) co_return false;
  if (!keep_alive_ || eof_) {
    co_await end();
    co_return false;
  }
  co_return true;
}

asio::awaitable<bool> ConnectionImpl::read_request(RequestReader& reader) {
  using State = RequestReader::State;
  if (in_.empty() && in_.capacity() > kIdleBuffer) in_ = std::string();
  State timed = State::kDone;  // what the deadline is for
  idle_ = false;
  for (;;) {
    const State state = reader.advance(in_);
    if (state == State::kDone) co_return true;
    if (state == State::kBad) {
      co_await refuse(reader.error().status, reader.error().message);
      co_return false;
    }
    if (reader.take_expectation(in_)) {
      out_.push_own("HTTP/1.1 100 Continue\r\n\r\n");
      flush();
    }
    idle_ = state == State::kHead && reader.untouched(in_);
    if (idle_) {
      if (shared_->stopping) co_return false;
      loop_.set_deadline(read_deadline_, options_.idle_timeout);
    } else if (std::exchange(timed, state) != state) {
      loop_.set_deadline(read_deadline_,
                         state == State::kHead ? options_.header_timeout : options_.body_timeout);
    }
    const bool filled = co_await fill(state == State::kBody);
    if (!filled) {
      if (timed_out_ && !idle_) {
        co_await refuse(408, fmt::format("the request {} took too long",
                                         timed == State::kHead ? "header" : "body"));
      }
      co_return false;
    }
    idle_ = false;
  }
}

void ConnectionImpl::dispatch(RequestHead head) {
  keep_alive_ = head.keep_alive && !shared_->stopping;
  complete_ = false;
  const AnswerRules rules{.head_request = head.request.method == "HEAD",
                          .http10 = head.http10,
                          .keep_alive = keep_alive_};
  auto exchange =
      std::make_shared<ExchangeState>(std::move(head.request), rules, peer_, loop_.inbox());
  exchange->connection = this;
  exchange_ = exchange;
  exchange->run(shared_->handler);
  drain();
}

/// Until the answer is out. Meanwhile it listens, to learn when the peer goes away; the first byte
/// of a pipelined request ends that.
asio::awaitable<void> ConnectionImpl::wait_answered() {
  while (exchange_ != nullptr && !closed_) {
    if (!in_.empty() || eof_) {
      co_await woken();
      continue;
    }
    const bool filled = co_await fill(false);
    if (filled || !eof_ || exchange_ == nullptr) continue;
    // A half-closed peer may still read a plain answer; a stream has no one left to stream for.
    if (exchange_->streaming()) {
      close();
    } else {
      exchange_->peer_left();
    }
  }
}

asio::awaitable<bool> ConnectionImpl::fill(bool try_first) {
  bool look = try_first || stream_->pending();
  for (;;) {
    if (!look) {
      const bool ready = co_await wait(Wait::wait_read);
      if (!ready) co_return false;
    }
    look = false;
    const std::span<char> scratch = loop_.scratch();
    const Stream::Outcome outcome = stream_->read(scratch);
    switch (outcome.io) {
      case Stream::Io::kDone:
        in_.append(scratch.data(), outcome.bytes);
        co_return true;
      case Stream::Io::kWantRead:
        break;
      case Stream::Io::kWantWrite: {
        const bool ready = co_await wait(Wait::wait_write);
        if (!ready) co_return false;
        look = true;
        break;
      }
      case Stream::Io::kEnd:
        eof_ = true;
        co_return false;
      case Stream::Io::kFailed:
        close();
        co_return false;
    }
  }
}

asio::awaitable<bool> ConnectionImpl::wait(Wait type) {
  if (closed_ || timed_out_) co_return false;
  const auto [error] = co_await descriptor_.async_wait(type, asio::as_tuple(asio::use_awaitable));
  co_return !error && !closed_ && !timed_out_;
}

asio::awaitable<void> ConnectionImpl::woken() {
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [](auto handler, ConnectionImpl* self) {
        self->waiter_ = [h = std::move(handler)]() mutable { std::move(h)(); };
      },
      asio::use_awaitable, this);
}

void ConnectionImpl::wake() {
  if (waiter_) std::exchange(waiter_, nullptr)();
}

asio::awaitable<void> ConnectionImpl::refuse(int status, std::string message) {
  timed_out_ = false;
  keep_alive_ = false;
  refused_ = true;
  out_.push_refusal(status, message);
  flush();
  co_await end();
}

/// Our last word is said: until it is out, and then until the peer had a chance to read it.
asio::awaitable<void> ConnectionImpl::end() {
  DeadlineWheel::clear(read_deadline_);
  while (!out_.empty() && !closed_) co_await woken();
  if (closed_) co_return;
  // With all of the peer's bytes read, closing sends no reset.
  stream_->end();
  if (refused_ || !in_.empty()) co_await linger();
}

asio::awaitable<void> ConnectionImpl::linger() {
  loop_.set_deadline(read_deadline_, std::min(kLinger, options_.header_timeout));
  size_t budget = kLingerBytes;
  while (!eof_ && budget > 0) {
    const bool ready = co_await wait(Wait::wait_read);
    if (!ready) co_return;
    const std::span<char> scratch = loop_.scratch();
    const ssize_t n = ::recv(stream_->socket(), scratch.data(), scratch.size(), 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) co_return;
    if (n > 0) budget -= std::min(budget, static_cast<size_t>(n));
  }
}

void ConnectionImpl::flush() {
  while (!write_waiting_ && !closed_ && !out_.empty()) {
    std::array<std::string_view, kGatherPieces> pieces;
    const size_t count = out_.gather(pieces);
    const auto outcome = stream_->write(std::span(pieces).first(count));
    if (outcome.io == Stream::Io::kDone) {
      const size_t of_exchange = out_.consume(outcome.bytes);
      if (exchange_ != nullptr) exchange_->sent(of_exchange);
      DeadlineWheel::clear(write_deadline_);
    } else if (outcome.io == Stream::Io::kWantWrite) {
      write_waiting_ = true;
      loop_.set_deadline(write_deadline_, options_.write_timeout);
      descriptor_.async_wait(Wait::wait_write,
                             [self = shared_from_this()](boost::system::error_code) {
                               self->write_waiting_ = false;
                               self->flush();
                             });
      return;
    } else {
      return close();
    }
  }
  if (!out_.empty() || closed_) return;
  if (exchange_ != nullptr && complete_) {
    answer_done();
  } else if (exchange_ == nullptr) {
    wake();
  }
}

void ConnectionImpl::answer_done() {
  const auto exchange = std::exchange(exchange_, nullptr);
  complete_ = false;
  exchange->close();
  if (closed_) return;
  if (keep_alive_ && !eof_) {
    idle_ = in_.empty();
    loop_.set_deadline(read_deadline_, options_.idle_timeout);
  } else if (!waiter_) {
    descriptor_.cancel();  // the coroutine listens: there is nothing more to hear
  }
  wake();
}

void ConnectionImpl::drain() {
  if (exchange_ == nullptr || closed_) return;
  const auto self = shared_from_this();  // the coroutine may end in flush()
  Collected fresh = exchange_->collect();
  for (Segment& segment : fresh.segments) out_.push(std::move(segment));
  complete_ = complete_ || fresh.complete;
  if (fresh.close) keep_alive_ = false;
  flush();
  if (fresh.aborted) close();
}

void ConnectionImpl::stop() {
  if (closed_) return;
  if (exchange_ != nullptr) {
    exchange_->stop();
  } else if (idle_) {
    stream_->end();
    close();
  }
}

void ConnectionImpl::close() {
  if (std::exchange(closed_, true)) return;
  const auto self = shared_from_this();
  DeadlineWheel::clear(read_deadline_);
  DeadlineWheel::clear(write_deadline_);
  ::shutdown(stream_->socket(), SHUT_RDWR);
  descriptor_.cancel();
  if (const auto exchange = std::exchange(exchange_, nullptr)) exchange->close();
  wake();
}

void ConnectionImpl::on_read_deadline() {
  timed_out_ = true;
  descriptor_.cancel();
}

}  // namespace

void start_connection(Loop& loop, std::shared_ptr<ServerShared> shared, int socket,
                      std::string remote_address) {
  const auto tls = shared->options.tls;
  auto stream = tls ? Stream::tls_server(socket, tls) : Stream::plain(socket);
  const auto connection = std::make_shared<ConnectionImpl>(
      loop, std::move(shared), std::move(stream), std::move(remote_address));
  loop.add(connection);
  asio::co_spawn(loop.io(), ConnectionImpl::run(connection),
                 [&loop, connection](std::exception_ptr error) {
                   connection->close();
                   loop.ended(connection.get(), error);
                 });
}

}  // namespace nanika::base::http
