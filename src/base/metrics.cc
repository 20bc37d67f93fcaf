#include "base/metrics.h"

#include <cmath>

#include "base/result.h"

namespace nanika::base {

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), buckets_(bounds_.size() + 1) {}

void Histogram::observe(double value) {
  size_t at = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  buckets_[at].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
  count_.fetch_add(1, std::memory_order_relaxed);
}

std::vector<double> exponential_buckets(double start, double factor, int count) {
  std::vector<double> bounds;
  for (int i = 0; i < count; ++i, start *= factor) bounds.push_back(start);
  return bounds;
}

std::vector<double> default_buckets() {
  return {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};
}

namespace {

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

std::string print(const Registry::Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out += ',';
    out += name;
    out += "=\"";
    append_escaped(out, value, true);
    out += '"';
  }
  return out;
}

std::string print(double value) {
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (std::isnan(value)) return "NaN";
  return fmt::format("{}", value);
}

/// [a-zA-Z_][a-zA-Z0-9_]*, and colons in the names of metrics.
bool is_name(std::string_view name, bool colons) {
  const auto letter = [colons](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colons && c == ':');
  };
  return !name.empty() && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

void append_sample(std::string& out, std::string_view name, std::string_view labels, double value) {
  out += name;
  if (!labels.empty()) fmt::format_to(std::back_inserter(out), "{{{}}}", labels);
  fmt::format_to(std::back_inserter(out), " {}\n", print(value));
}

}  // namespace

Registry::Series& Registry::series(std::string_view name, std::string_view help, Type type,
                                   const Labels& labels) {
  CHECK(is_name(name, true));
  for (const auto& [label, value] : labels) CHECK(is_name(label, false));
  auto family = families_.find(name);
  if (family == families_.end()) {
    family = families_.emplace(std::string(name), Family{type, std::string(help), {}}).first;
  }
  CHECK(family->second.type == type);
  return family->second.series[print(labels)];
}

Counter& Registry::counter(std::string_view name, std::string_view help, Labels labels) {
  std::scoped_lock lock(mutex_);
  Series& s = series(name, help, Type::kCounter, labels);
  if (!s.counter) s.counter = std::make_unique<Counter>();
  return *s.counter;
}

Gauge& Registry::gauge(std::string_view name, std::string_view help, Labels labels) {
  std::scoped_lock lock(mutex_);
  Series& s = series(name, help, Type::kGauge, labels);
  if (!s.gauge) s.gauge = std::make_unique<Gauge>();
  return *s.gauge;
}

Histogram& Registry::histogram(std::string_view name, std::string_view help,
                               std::vector<double> bounds, Labels labels) {
  std::scoped_lock lock(mutex_);
  Series& s = series(name, help, Type::kHistogram, labels);
  if (!s.histogram) s.histogram = std::make_unique<Histogram>(std::move(bounds));
  return *s.histogram;
}

std::shared_ptr<void> Registry::before_expose(std::function<void()> refresh) {
  auto handle = std::make_shared<std::function<void()>>(std::move(refresh));
  std::scoped_lock lock(mutex_);
  refreshers_.push_back(handle);
  return handle;
}

std::string Registry::expose() const {
  std::vector<std::shared_ptr<std::function<void()>>> refreshers;
  {
    std::scoped_lock lock(mutex_);
    std::erase_if(refreshers_, [](const auto& weak) { return weak.expired(); });
    for (const auto& weak : refreshers_) {
      if (auto refresh = weak.lock()) refreshers.push_back(std::move(refresh));
    }
  }
  for (const auto& refresh : refreshers) (*refresh)();

  std::scoped_lock lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    constexpr std::string_view kTypes[] = {"counter", "gauge", "histogram"};
    fmt::format_to(std::back_inserter(out), "# HELP {} ", name);
    append_escaped(out, family.help, false);
    fmt::format_to(std::back_inserter(out), "\n# TYPE {} {}\n", name,
                   kTypes[static_cast<size_t>(family.type)]);
    for (const auto& [labels, s] : family.series) {
      if (s.counter) append_sample(out, name, labels, s.counter->value());
      if (s.gauge) append_sample(out, name, labels, s.gauge->value());
      if (!s.histogram) continue;
      const Histogram& h = *s.histogram;
      uint64_t cumulative = 0;
      for (size_t i = 0; i < h.buckets_.size(); ++i) {
        cumulative += h.buckets_[i].load(std::memory_order_relaxed);
        std::string bound = i < h.bounds_.size() ? print(h.bounds_[i]) : "+Inf";
        append_sample(out, name + "_bucket",
                      fmt::format("{}{}le=\"{}\"", labels, labels.empty() ? "" : ",", bound),
                      static_cast<double>(cumulative));
      }
      append_sample(out, name + "_sum", labels, h.sum());
      append_sample(out, name + "_count", labels, static_cast<double>(cumulative));
    }
  }
  return out;
}

}  // namespace nanika::base
