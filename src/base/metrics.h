// Prometheus metrics: counters, gauges and histograms, and their text exposition (format 0.0.4).
//
//   Registry metrics;
//   Counter& requests = metrics.counter("rest_client_requests_total", "Requests by code.",
//                                       {{"code", "200"}, {"method", "GET"}});
//   requests.add();
//   reply({.status = 200, .headers = {...kMetricsContentType}, .body = metrics.expose()});
//
// Asking again with the same name and labels gives the same series; keep the reference where it is
// hot. Threading: everything may be called from any thread; updates are atomic and take no lock.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nanika::base {

inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

class Counter {
 public:
  void add(double by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double by) { value_.fetch_add(by, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

class Histogram {
 public:
  /// `bounds`: upper bounds, ascending, without +Inf.
  explicit Histogram(std::vector<double> bounds);
  void observe(double value);
  uint64_t count() const { return count_.load(std::memory_order_relaxed); }
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  friend class Registry;
  std::vector<double> bounds_;
  std::vector<std::atomic<uint64_t>> buckets_;  ///< not cumulative; the last is +Inf
  std::atomic<uint64_t> count_{0};
  std::atomic<double> sum_{0};
};

/// `count` bounds from `start`, each `factor` times the one before.
std::vector<double> exponential_buckets(double start, double factor, int count);
/// client_golang's DefBuckets: 5 ms to 10 s.
std::vector<double> default_buckets();

class Registry {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  /// The series of that name and these labels; it lives as long as the registry. CHECKs that
  /// names are Prometheus' and that a name keeps its type.
  Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                       Labels labels = {});
  /// Runs `refresh` before each exposition: for gauges that are cheaper to read than to keep. It
  /// may set metrics, and must not register any. Lives until the returned handle is dropped.
  [[nodiscard]] std::shared_ptr<void> before_expose(std::function<void()> refresh);

  /// All of it as text, families in the order of their names.
  std::string expose() const;

 private:
  enum class Type : uint8_t { kCounter, kGauge, kHistogram };
  struct Series {
    std::unique_ptr<Counter> counter;
    std::unique_ptr<Gauge> gauge;
    std::unique_ptr<Histogram> histogram;
  };
  struct Family {
    Type type = Type::kCounter;
    std::string help;
    std::map<std::string, Series> series;  ///< by labels as printed
  };
  Series& series(std::string_view name, std::string_view help, Type type, const Labels& labels);

  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;                   // guarded by mutex_
  mutable std::vector<std::weak_ptr<std::function<void()>>> refreshers_;  // guarded by mutex_
};

}  // namespace nanika::base
