#include "base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanika::base {
namespace {

TEST(Metrics, SameNameAndLabelsAreOneSeries) {
  Registry registry;
  registry.counter("requests_total", "Requests.", {{"code", "200"}}).add();
  registry.counter("requests_total", "Requests.", {{"code", "200"}}).add(2);
  registry.counter("requests_total", "Requests.", {{"code", "500"}}).add();
  EXPECT_EQ(registry.expose(),
            "# HELP requests_total Requests.\n# TYPE requests_total counter\n"
            "requests_total{code=\"200\"} 3\nrequests_total{code=\"500\"} 1\n");
}

TEST(Metrics, EscapesLabelsAndHelp) {
  Registry registry;
  registry.gauge("g", "a\\b\nc", {{"l", "x\"y\\z\n"}}).set(0.5);
  EXPECT_EQ(registry.expose(),
            "# HELP g a\\\\b\\nc\n# TYPE g gauge\ng{l=\"x\\\"y\\\\z\\n\"} 0.5\n");
}

TEST(Metrics, HistogramBucketsAreCumulative) {
  Registry registry;
  Histogram& h = registry.histogram("h", "H.", {1, 2.5}, {{"a", "b"}});
  h.observe(1);  // a bound belongs to its own bucket
  h.observe(2);
  h.observe(100);
  EXPECT_EQ(registry.expose(),
            "# HELP h H.\n# TYPE h histogram\n"
            "h_bucket{a=\"b\",le=\"1\"} 1\nh_bucket{a=\"b\",le=\"2.5\"} 2\n"
            "h_bucket{a=\"b\",le=\"+Inf\"} 3\nh_sum{a=\"b\"} 103\nh_count{a=\"b\"} 3\n");
}

TEST(Metrics, RefreshersRunWhileTheirHandleLives) {
  Registry registry;
  Gauge& gauge = registry.gauge("g", "G.");
  auto handle = registry.before_expose([&] { gauge.add(1); });
  registry.expose();
  EXPECT_EQ(gauge.value(), 1);
  handle.reset();
  registry.expose();
  EXPECT_EQ(gauge.value(), 1);
}

}  // namespace
}  // namespace nanika::base
