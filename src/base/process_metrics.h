// What every program says of itself: process_cpu_seconds_total, process_resident_memory_bytes,
// process_virtual_memory_bytes, process_open_fds, process_max_fds, process_threads,
// process_start_time_seconds (as Prometheus' own clients name them) and nanika_build_info.
#pragma once

#include <memory>
#include <string_view>

#include "base/metrics.h"

namespace nanika::base {

/// Registers them; they are read from /proc at each exposition while the handle lives, which must
/// not outlive the registry.
[[nodiscard]] std::shared_ptr<void> add_process_metrics(Registry& registry,
                                                        std::string_view version);

}  // namespace nanika::base
