// The metrics of the controller runtime, by the names that upstream's dashboards and alerts expect
// (client-go, controller-runtime). Series are made once and held; updating them takes no lock.
#pragma once

#include <string_view>

#include "base/metrics.h"

namespace nanika::kube {

using Metrics = base::Registry;

/// workqueue_*, labels name and controller.
struct QueueMetrics {
  QueueMetrics(Metrics& registry, std::string_view name);
  base::Gauge& depth;
  base::Counter& adds;
  base::Counter& retries;
  base::Histogram& queue_duration;  ///< seconds from added to taken
  base::Histogram& work_duration;   ///< seconds from taken to done
  base::Gauge& unfinished_work;     ///< seconds spent on what is processed now, summed
  base::Gauge& longest_running;     ///< seconds
};

/// controller_runtime_*, label controller.
struct ControllerMetrics {
  ControllerMetrics(Metrics& registry, std::string_view controller);
  base::Counter& success;
  base::Counter& error;
  base::Counter& requeue;
  base::Counter& requeue_after;
  base::Counter& errors;
  base::Counter& terminal_errors;
  base::Counter& panics;
  base::Histogram& time;
  base::Gauge& max_concurrent;
  base::Gauge& active_workers;
};

}  // namespace nanika::kube
