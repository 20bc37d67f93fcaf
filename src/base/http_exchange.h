// The server's side of an Exchange: answers may come from any thread, and are taken over by the
// connection's thread in batches. No I/O here.
//
//   handler's thread:  write() -> pending_ ─┐  first of a burst: wake the loop once
//                                           v
//   loop's thread:     Inbox::take() -> exchange.collect() -> the connection's output
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/http_server.h"

namespace nanika::base::http {

class ExchangeState;

/// Exchanges of one loop that have something to send. Outlives the loop for those that still hold
/// exchanges.
class Inbox {
 public:
  explicit Inbox(std::function<void()> wake) : wake_(std::move(wake)) {}
  void push(std::shared_ptr<ExchangeState> exchange);
  std::vector<std::shared_ptr<ExchangeState>> take();
  void close();  ///< what is pushed from now on is dropped

 private:
  std::mutex mutex_;
  std::function<void()> wake_;  // guarded by mutex_; called under it, so it must not block
  std::vector<std::shared_ptr<ExchangeState>> ready_;  // guarded by mutex_
  bool closed_ = false;                                // guarded by mutex_
};

/// Some bytes on their way out: head, then body, then CRLF when it is a chunk.
struct Segment {
  std::string head;
  std::shared_ptr<const std::string> body;
  bool crlf = false;
  size_t size() const { return head.size() + (body ? body->size() : 0) + (crlf ? 2 : 0); }
};

/// Who is at the other end; shared by the exchanges of a connection.
struct Peer {
  std::string address;
  std::optional<PeerCertificate> certificate;
  std::string certificate_error;
};

/// What the loop's thread took over from an exchange.
struct Collected {
  std::vector<Segment> segments;
  bool streaming = false;
  bool complete = false;  ///< nothing follows these segments
  bool aborted = false;
  bool close = false;  ///< the connection must not live on
};

/// How an answer must be framed; known from the request.
struct AnswerRules {
  bool head_request = false;
  bool http10 = false;
  bool keep_alive = true;
};

class ExchangeState final : public Exchange, public std::enable_shared_from_this<ExchangeState> {
 public:
  ExchangeState(Request request, AnswerRules rules, std::shared_ptr<const Peer> peer,
                std::shared_ptr<Inbox> inbox)
      : request_(std::move(request)),
        rules_(rules),
        peer_(std::move(peer)),
        inbox_(std::move(inbox)) {}

  /// What handlers hold: when the last copy goes, an open answer is ended.
  ExchangePtr handle();

  const Request& request() const override { return request_; }
  const PeerCertificate* peer_certificate() const override {
    return peer_->certificate ? &*peer_->certificate : nullptr;
  }
  const std::string& peer_certificate_error() const override { return peer_->certificate_error; }
  const std::string& remote_address() const override { return peer_->address; }
  void reply(Response response) override;
  void start_stream(Response head) override;
  void write(std::shared_ptr<const std::string> bytes) override;
  void finish() override;
  void abort() override;
  size_t queued() const override { return queued_.load(std::memory_order_relaxed); }
  void on_close(std::function<void()> callback) override;

  // The rest is for the connection, on its thread.

  /// Lets the handler have it. Its exceptions end here: they are logged and answered 500.
  void run(const Handler& handler);
  /// Takes over what came since. From here on the next write wakes the loop.
  Collected collect();
  void sent(size_t bytes) { queued_.fetch_sub(bytes, std::memory_order_relaxed); }
  bool streaming() const;
  /// The server stops: the answer still to come says so, a stream is ended in good order.
  void stop();
  /// The connection is done with it: on_close runs, further calls do nothing.
  void close();
  /// The peer ended its side: on_close runs, an answer is still taken.
  void peer_left();

  class Connection* connection = nullptr;  ///< null once closed; the loop's thread only

 private:
  enum class Phase : uint8_t { kOpen, kStreaming, kComplete, kAborted };
  void append(Segment segment);                          // mutex_ held
  void chunk(std::shared_ptr<const std::string> bytes);  // mutex_ held
  void finish_locked();                                  // mutex_ held
  bool want_wake();  // mutex_ held: true when the loop must be told
  void wake(bool wanted);
  void dropped();
  void reply_500();
  std::string head_of(const Response& response, std::optional<size_t> length);

  const Request request_;
  AnswerRules rules_;  // keep_alive: guarded by mutex_
  const std::shared_ptr<const Peer> peer_;
  const std::shared_ptr<Inbox> inbox_;
  std::atomic<size_t> queued_{0};

  mutable std::mutex mutex_;
  // Guarded by mutex_:
  Phase phase_ = Phase::kOpen;
  bool closed_ = false;
  /// True while the loop knows that there is something to collect; at first because the connection
  /// collects by itself when the handler returns.
  bool scheduled_ = true;
  std::vector<Segment> pending_;
  std::function<void()> on_close_;
};

}  // namespace nanika::base::http
