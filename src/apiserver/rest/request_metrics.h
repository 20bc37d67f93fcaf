// What dashboards ask of a kube-apiserver, under upstream's names: requests by verb, resource and
// code, their durations, those in flight, running watches.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "apiserver/rest/request_info.h"
#include "base/clock.h"
#include "base/metrics.h"

namespace nanika::apiserver {

/// Threading: all members from any thread.
class RequestMetrics {
 public:
  /// Requests at once beyond which more get 429, as upstream's defaults.
  struct Limits {
    int reading = 400, mutating = 200;
  };
  RequestMetrics(base::Registry& registry, Limits limits);

  /// Counts a request in; false when there are too many. answered() or dropped() count it out.
  bool admit(const RequestInfo& info);
  void answered(const RequestInfo& info, int status, base::Duration took, size_t bytes);
  void dropped(const RequestInfo& info);
  void watch_started(const RequestInfo& info);
  void watch_ended(const RequestInfo& info, base::Duration lasted);

 private:
  struct Series {
    base::Counter* total = nullptr;
    base::Histogram* duration = nullptr;
    base::Histogram* size = nullptr;
  };
  using Key = std::tuple<std::string, std::string, std::string, std::string, std::string, int>;
  Series& series(const RequestInfo& info, std::string_view verb, int status);
  base::Gauge& watches(const RequestInfo& info);
  void leave(const RequestInfo& info);

  base::Registry& registry_;
  const Limits limits_;
  base::Gauge& reading_gauge_;
  base::Gauge& mutating_gauge_;
  std::atomic<int> reading_{0}, mutating_{0};
  std::mutex mutex_;
  std::map<Key, Series> series_;  // guarded by mutex_
};

}  // namespace nanika::apiserver
