// A Transport with faults on it, for tests: what goes wrong between us and an API server.
//
//   auto road = std::make_shared<FaultyTransport>(api);
//   road->next({.method = "PATCH"}, Fault::drop_after_send());       // carried out, answer lost
//   road->next({.path = "/services"}, Fault::status(429, "TooManyRequests", 1), 3);
//   road->next({.watch = true}, Fault::cut_after(2));                // the stream breaks
//
// Rules are tried in the order in which they were made; each serves `times` requests.
#pragma once

#include <list>
#include <mutex>
#include <string>

#include "kube/transport.h"

namespace nanika::kube {

struct Fault {
  enum class Kind : uint8_t { kDropBefore, kDropAfter, kStatus, kSlow, kCut };
  Kind kind = Kind::kDropBefore;
  int code = 0;
  std::string reason = {};
  int retry_after = 0;  ///< seconds; 0: no such header
  Duration delay = {};  ///< by the call's clock
  size_t lines = 0;

  /// The request never arrives: kUnavailable.
  static Fault drop_before_send() { return {Kind::kDropBefore}; }
  /// The request is carried out and its answer is lost: kUnavailable.
  static Fault drop_after_send() { return {Kind::kDropAfter}; }
  /// Refused with a Status.
  static Fault status(int code, std::string reason, int retry_after = 0) {
    return {Kind::kStatus, code, std::move(reason), retry_after};
  }
  /// Served after `delay`; kDeadlineExceeded, unserved, when the call's deadline comes first.
  static Fault slow(Duration delay) { return {.kind = Kind::kSlow, .delay = delay}; }
  /// A stream that breaks (kUnavailable) after so many lines.
  static Fault cut_after(size_t lines) { return {.kind = Kind::kCut, .lines = lines}; }
};

struct FaultMatch {
  std::string method = {};  ///< "": any
  std::string path = {};    ///< is in the request's target
  bool watch = false;       ///< true: watches alone
};

class FaultyTransport final : public Transport {
 public:
  explicit FaultyTransport(std::shared_ptr<Transport> inner) : inner_(std::move(inner)) {}

  void next(FaultMatch match, Fault fault, int times = 1);
  void clear();
  int left() const;  ///< faults that have not happened yet

  Result<base::http::Response> send(base::http::Request request, const Context& ctx) override;
  Result<std::unique_ptr<base::http::BodyStream>> open(base::http::Request request,
                                                       const Context& ctx) override;

 private:
  struct Rule {
    FaultMatch match;
    Fault fault;
    int times;
  };
  std::optional<Fault> take(const base::http::Request& request);

  const std::shared_ptr<Transport> inner_;
  mutable std::mutex mutex_;
  std::list<Rule> rules_;  // guarded by mutex_
};

}  // namespace nanika::kube
