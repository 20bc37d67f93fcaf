#include "kube/transport_fake.h"

#include "base/json.h"

namespace nanika::kube {

namespace http = base::http;

namespace {

http::Response refusal(const Fault& fault) {
  http::Response response{.status = fault.code};
  response.headers.add("Content-Type", "application/json");
  if (fault.retry_after > 0) response.headers.add("Retry-After", std::to_string(fault.retry_after));
  response.body = base::to_json(base::json::object{{"kind", "Status"},
                                                   {"apiVersion", "v1"},
                                                   {"status", "Failure"},
                                                   {"message", "injected by the test"},
                                                   {"reason", fault.reason},
                                                   {"code", fault.code}});
  return response;
}

Result<void> wait(const Fault& fault, const Context& ctx) {
  MonoTime served = ctx.clock->mono() + fault.delay;
  if (!ctx.clock->sleep_until(std::min(served, ctx.deadline), ctx.stop))
    return fail(Code::kCancelled, "stopped while waiting for the answer");
  if (served > ctx.deadline) return fail(Code::kDeadlineExceeded, "no answer in time");
  return {};
}

class RefusalStream final : public http::BodyStream {
 public:
  explicit RefusalStream(http::Response response) : response_(std::move(response)) {}
  int status() const override { return response_.status; }
  const http::Headers& headers() const override { return response_.headers; }
  Result<std::string> read_line(MonoTime, std::stop_token, size_t) override {
    return response_.body;
  }
  Result<std::string> read_all(MonoTime, std::stop_token) override { return response_.body; }

 private:
  http::Response response_;
};

class CutStream final : public http::BodyStream {
 public:
  CutStream(std::unique_ptr<http::BodyStream> inner, size_t lines)
      : inner_(std::move(inner)), lines_(lines) {}
  int status() const override { return inner_->status(); }
  const http::Headers& headers() const override { return inner_->headers(); }
  Result<std::string> read_line(MonoTime deadline, std::stop_token stop, size_t max) override {
    if (lines_ == 0) return fail(Code::kUnavailable, "connection reset by peer");
    auto line = inner_->read_line(deadline, std::move(stop), max);
    if (line) --lines_;
    return line;
  }
  Result<std::string> read_all(MonoTime, std::stop_token) override {
    return fail(Code::kUnavailable, "connection reset by peer");
  }

 private:
  std::unique_ptr<http::BodyStream> inner_;
  size_t lines_;
};

}  // namespace

void FaultyTransport::next(FaultMatch match, Fault fault, int times) {
  std::scoped_lock lock(mutex_);
  rules_.push_back({std::move(match), std::move(fault), times});
}

void FaultyTransport::clear() {
  std::scoped_lock lock(mutex_);
  rules_.clear();
}

int FaultyTransport::left() const {
  std::scoped_lock lock(mutex_);
  int sum = 0;
  for (const Rule& rule : rules_) sum += rule.times;
  return sum;
}

std::optional<Fault> FaultyTransport::take(const http::Request& request) {
  std::scoped_lock lock(mutex_);
  bool watch = request.target.contains("watch=true");
  for (auto rule = rules_.begin(); rule != rules_.end(); ++rule) {
    if (!rule->match.method.empty() && rule->match.method != request.method) continue;
    if (!request.target.contains(rule->match.path) || (rule->match.watch && !watch)) continue;
    Fault fault = rule->fault;
    if (--rule->times == 0) rules_.erase(rule);
    return fault;
  }
  return std::nullopt;
}

Result<http::Response> FaultyTransport::send(http::Request request, const Context& ctx) {
  auto fault = take(request);
  if (!fault) return inner_->send(std::move(request), ctx);
  switch (fault->kind) {
    case Fault::Kind::kDropBefore:
      return fail(Code::kUnavailable, "connection refused");
    case Fault::Kind::kStatus:
      return refusal(*fault);
    case Fault::Kind::kSlow:
      TRY(wait(*fault, ctx));
      return inner_->send(std::move(request), ctx);
    case Fault::Kind::kDropAfter:
    case Fault::Kind::kCut:
      TRY(inner_->send(std::move(request), ctx));
      return fail(Code::kUnavailable, "connection reset by peer");
  }
  return fail(Code::kInternal, "no such fault");
}

Result<std::unique_ptr<http::BodyStream>> FaultyTransport::open(http::Request request,
                                                                const Context& ctx) {
  auto fault = take(request);
  if (!fault) return inner_->open(std::move(request), ctx);
  switch (fault->kind) {
    case Fault::Kind::kDropBefore:
    case Fault::Kind::kDropAfter:
      return fail(Code::kUnavailable, "connection refused");
    case Fault::Kind::kStatus:
      return std::make_unique<RefusalStream>(refusal(*fault));
    case Fault::Kind::kSlow:
      TRY(wait(*fault, ctx));
      return inner_->open(std::move(request), ctx);
    case Fault::Kind::kCut:
      return std::make_unique<CutStream>(TRY(inner_->open(std::move(request), ctx)), fault->lines);
  }
  return fail(Code::kInternal, "no such fault");
}

}  // namespace nanika::kube
