#include "kube/metrics.h"

#include <string>

namespace nanika::kube {

namespace {

Metrics::Labels queue_labels(std::string_view name) {
  return {{"name", std::string(name)}, {"controller", std::string(name)}};
}

Metrics::Labels labels(std::string_view controller) {
  return {{"controller", std::string(controller)}};
}

base::Counter& reconciles(Metrics& registry, std::string_view controller, const char* result) {
  return registry.counter("controller_runtime_reconcile_total",
                          "Total number of reconciliations per controller",
                          {{"controller", std::string(controller)}, {"result", result}});
}

// The bounds of controller-runtime.
std::vector<double> reconcile_buckets() {
  return {0.005, 0.01, 0.025, 0.05, 0.1,  0.15, 0.2,  0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6,
          0.7,   0.8,  0.9,   1.0,  1.25, 1.5,  1.75, 2.0,  2.5, 3.0,  3.5, 4.0,  4.5, 5,
          6,     7,    8,     9,    10,   15,   20,   25,   30,  40,   50,  60};
}

}  // namespace

QueueMetrics::QueueMetrics(Metrics& r, std::string_view name)
    : depth(r.gauge("workqueue_depth", "Current depth of workqueue by workqueue",
                    queue_labels(name))),
      adds(r.counter("workqueue_adds_total", "Total number of adds handled by workqueue",
                     queue_labels(name))),
      retries(r.counter("workqueue_retries_total", "Total number of retries handled by workqueue",
                        queue_labels(name))),
      queue_duration(r.histogram("workqueue_queue_duration_seconds",
                                 "How long in seconds an item stays in workqueue before requested",
                                 base::exponential_buckets(10e-9, 10, 12), queue_labels(name))),
      work_duration(r.histogram("workqueue_work_duration_seconds",
                                "How long in seconds processing an item from workqueue takes",
                                base::exponential_buckets(10e-9, 10, 12), queue_labels(name))),
      unfinished_work(r.gauge("workqueue_unfinished_work_seconds",
                              "Seconds of work in progress that work_duration has not observed yet",
                              queue_labels(name))),
      longest_running(r.gauge("workqueue_longest_running_processor_seconds",
                              "Seconds that the longest running processor has been running",
                              queue_labels(name))) {}

ControllerMetrics::ControllerMetrics(Metrics& r, std::string_view controller)
    : success(reconciles(r, controller, "success")),
      error(reconciles(r, controller, "error")),
      requeue(reconciles(r, controller, "requeue")),
      requeue_after(reconciles(r, controller, "requeue_after")),
      errors(r.counter("controller_runtime_reconcile_errors_total",
                       "Total number of reconciliation errors per controller", labels(controller))),
      terminal_errors(r.counter("controller_runtime_terminal_reconcile_errors_total",
                                "Total number of terminal reconciliation errors per controller",
                                labels(controller))),
      panics(r.counter("controller_runtime_reconcile_panics_total",
                       "Total number of reconciliation panics per controller", labels(controller))),
      time(r.histogram("controller_runtime_reconcile_time_seconds",
                       "Length of time per reconciliation per controller", reconcile_buckets(),
                       labels(controller))),
      max_concurrent(r.gauge("controller_runtime_max_concurrent_reconciles",
                             "Maximum number of concurrent reconciles per controller",
                             labels(controller))),
      active_workers(r.gauge("controller_runtime_active_workers",
                             "Number of currently used workers per controller",
                             labels(controller))) {}

}  // namespace nanika::kube
