#include "base/http_exchange.h"

#include <algorithm>
#include <chrono>
#include <ctime>

#include "base/http_parse.h"
#include "base/log.h"

namespace nanika::base::http {

namespace {

/// Bodies up to this size travel in one buffer with their header.
constexpr size_t kInlineBody = 8 << 10;

/// The Date field's value, made once a second and thread.
const std::string& date_now() {
  static thread_local std::string text;
  static thread_local std::time_t made = 0;
  const std::time_t now = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(system_clock().wall()));
  if (now != made) {
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm t{};
    ::gmtime_r(&now, &t);
    text = fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[t.tm_wday], t.tm_mday,
                       kMonths[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
    made = now;
  }
  return text;
}

bool has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace

void Inbox::push(std::shared_ptr<ExchangeState> exchange) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  ready_.push_back(std::move(exchange));
  if (ready_.size() == 1) wake_();
}

std::vector<std::shared_ptr<ExchangeState>> Inbox::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(ready_, {});
}

void Inbox::close() {
  std::vector<std::shared_ptr<ExchangeState>> dropped;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  dropped.swap(ready_);
}

ExchangePtr ExchangeState::handle() {
  return {static_cast<Exchange*>(this),
          [self = shared_from_this()](Exchange*) mutable { self->dropped(); }};
}

bool ExchangeState::want_wake() {
  return !std::exchange(scheduled_, true);
}

void ExchangeState::wake(bool wanted) {
  if (wanted) inbox_->push(shared_from_this());
}

void ExchangeState::append(Segment segment) {
  queued_.fetch_add(segment.size(), std::memory_order_relaxed);
  pending_.push_back(std::move(segment));
}

std::string ExchangeState::head_of(const Response& response, std::optional<size_t> length) {
  std::string out;
  out.reserve(256 + (length && *length <= kInlineBody ? *length : 0));
  const auto line = [&out](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
  };
  out.append("HTTP/1.1 ");
  fmt::format_to(std::back_inserter(out), "{} ", response.status);
  out.append(reason_phrase(response.status)).append("\r\n");
  if (has_token(response.headers, "Connection", "close")) rules_.keep_alive = false;
  for (const auto& [name, value] : response.headers) {
    // Framing is ours; a field that would break the header is left out.
    static constexpr std::string_view kOurs[] = {"connection", "content-length", "date",
                                                 "transfer-encoding"};
    const bool ours = std::ranges::any_of(kOurs, [&](std::string_view own) {
      return own.size() == name.size() &&
             std::ranges::equal(own, name, [](char a, char b) { return a == (b | 0x20); });
    });
    if (!ours && is_token(name) && is_field_value(value)) line(name, value);
  }
  line("Date", date_now());
  if (!rules_.keep_alive) line("Connection", "close");
  if (length) {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", *length);
  } else if (has_body(response.status) && !rules_.http10) {
    line("Transfer-Encoding", "chunked");
  }
  out.append("\r\n");
  return out;
}

void ExchangeState::reply(Response response) {
  bool wanted = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || phase_ != Phase::kOpen) return;
    const bool body_allowed = has_body(response.status);
    Segment segment;
    segment.head =
        head_of(response, body_allowed ? std::optional(response.body.size()) : std::nullopt);
    if (body_allowed && !rules_.head_request && !response.body.empty()) {
      if (response.body.size() <= kInlineBody) {
        segment.head += response.body;
      } else {
        segment.body = std::make_shared<const std::string>(std::move(response.body));
      }
    }
    append(std::move(segment));
    phase_ = Phase::kComplete;
    wanted = want_wake();
  }
  wake(wanted);
}

void ExchangeState::start_stream(Response head) {
  bool wanted = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || phase_ != Phase::kOpen) return;
    if (rules_.http10) rules_.keep_alive = false;
    append({.head = head_of(head, std::nullopt)});
    if (!has_body(head.status)) rules_.head_request = true;
    phase_ = Phase::kStreaming;
    chunk(std::make_shared<const std::string>(std::move(head.body)));
    wanted = want_wake();
  }
  wake(wanted);
}

void ExchangeState::chunk(std::shared_ptr<const std::string> bytes) {
  // An empty chunk would end the body.
  if (rules_.head_request || bytes == nullptr || bytes->empty()) return;
  Segment segment;
  if (!rules_.http10) segment.head = fmt::format("{:x}\r\n", bytes->size());
  segment.body = std::move(bytes);
  segment.crlf = !rules_.http10;
  append(std::move(segment));
}

void ExchangeState::write(std::shared_ptr<const std::string> bytes) {
  bool wanted = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || phase_ != Phase::kStreaming) return;
    chunk(std::move(bytes));
    wanted = want_wake();
  }
  wake(wanted);
}

void ExchangeState::finish_locked() {
  if (closed_ || phase_ != Phase::kStreaming) return;
  if (!rules_.head_request && !rules_.http10) append({.head = "0\r\n\r\n"});
  phase_ = Phase::kComplete;
}

void ExchangeState::finish() {
  bool wanted = false;
  {
    const std::lock_guard lock(mutex_);
    finish_locked();
    wanted = want_wake();
  }
  wake(wanted);
}

void ExchangeState::abort() {
  bool wanted = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || phase_ == Phase::kComplete) return;
    phase_ = Phase::kAborted;
    wanted = want_wake();
  }
  wake(wanted);
}

void ExchangeState::on_close(std::function<void()> callback) {
  bool wanted = false;
  {
    const std::lock_guard lock(mutex_);
    on_close_ = std::move(callback);
    // Too late: the loop's thread finds it by collect() and calls it at once.
    if (closed_) wanted = want_wake();
  }
  wake(wanted);
}

void ExchangeState::run(const Handler& handler) {
  try {
    handler(handle());
  } catch (const std::exception& e) {
    log::error(
        "http", "exception in a handler",
        {{log::Key::kPath, request_.path()}, {log::Key::kError, std::string_view(e.what())}});
    reply_500();
  }
}

void ExchangeState::reply_500() {
  Response response{.status = 500, .body = "internal server error: no answer was made\n"};
  response.headers.add("Content-Type", "text/plain");
  reply(std::move(response));
}

void ExchangeState::dropped() {
  bool streaming = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || phase_ == Phase::kComplete || phase_ == Phase::kAborted) return;
    streaming = phase_ == Phase::kStreaming;
  }
  if (streaming) return abort();
  log::error("http", "a request was dropped unanswered",
             {{log::Key::kMethod, request_.method}, {log::Key::kPath, request_.path()}});
  reply_500();
}

Collected ExchangeState::collect() {
  std::function<void()> late;
  Collected out;
  {
    const std::lock_guard lock(mutex_);
    scheduled_ = false;
    if (closed_) late.swap(on_close_);
    out.segments.swap(pending_);
    out.streaming = phase_ == Phase::kStreaming;
    out.complete = phase_ == Phase::kComplete;
    out.aborted = phase_ == Phase::kAborted;
    out.close = !rules_.keep_alive;
  }
  if (late) late();
  return out;
}

bool ExchangeState::streaming() const {
  const std::lock_guard lock(mutex_);
  return phase_ == Phase::kStreaming;
}

void ExchangeState::peer_left() {
  std::function<void()> callback;
  {
    const std::lock_guard lock(mutex_);
    callback.swap(on_close_);
  }
  if (callback) callback();
}

void ExchangeState::stop() {
  std::function<void()> callback;
  bool wanted = false;
  {
    const std::lock_guard lock(mutex_);
    rules_.keep_alive = false;
    if (phase_ == Phase::kStreaming) {
      finish_locked();
      wanted = want_wake();
      callback.swap(on_close_);
    }
  }
  wake(wanted);
  if (callback) callback();
}

void ExchangeState::close() {
  std::function<void()> callback;
  std::vector<Segment> unsent;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    callback.swap(on_close_);
    unsent.swap(pending_);
  }
  connection = nullptr;
  if (callback) callback();
}

}  // namespace nanika::base::http
