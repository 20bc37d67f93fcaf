#include "base/process_metrics.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/resource.h>
#include <unistd.h>

#include "base/result.h"

namespace nanika::base {

namespace {

/// Fields of /proc/self/stat from the third on: the second, the name, may hold spaces (proc(5)).
std::vector<double> read_stat() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  std::istringstream words(text.substr(std::min(text.size(), text.rfind(')') + 1)));
  std::string state;
  words >> state;
  std::vector<double> fields{0};
  for (double value = 0; words >> value;) fields.push_back(value);
  fields.resize(std::max<size_t>(fields.size(), 50));
  return fields;
}

// Places in read_stat().
constexpr size_t kUserTicks = 14 - 3;
constexpr size_t kSystemTicks = 15 - 3;
constexpr size_t kThreads = 20 - 3;
constexpr size_t kStartTicks = 22 - 3;
constexpr size_t kVirtualBytes = 23 - 3;
constexpr size_t kResidentPages = 24 - 3;

double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::strtod(line.c_str() + 6, nullptr);
  }
  return 0;
}

double open_descriptors() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; at != end && !error;
       at.increment(error)) {
    ++count;
  }
  return std::max(0.0, count - 1);  // without the one that this listing needs
}

}  // namespace

std::shared_ptr<void> add_process_metrics(Registry& registry, std::string_view version) {
  registry
      .gauge("nanika_build_info", "The program's version; always 1.",
             {{"version", std::string(version)}})
      .set(1);
  Counter& cpu = registry.counter("process_cpu_seconds_total",
                                  "Total user and system CPU time spent in seconds.");
  Gauge& resident =
      registry.gauge("process_resident_memory_bytes", "Resident memory size in bytes.");
  Gauge& memory = registry.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.");
  Gauge& fds = registry.gauge("process_open_fds", "Number of open file descriptors.");
  Gauge& max_fds = registry.gauge("process_max_fds", "Maximum number of open file descriptors.");
  Gauge& threads = registry.gauge("process_threads", "Number of threads.");
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  registry
      .gauge("process_start_time_seconds", "Start time of the process since the epoch in seconds.")
      .set(boot_time() + read_stat()[kStartTicks] / ticks);
  const auto mutex = std::make_shared<std::mutex>();  // a counter is moved by what is missing
  return registry.before_expose([=, &cpu, &resident, &memory, &fds, &max_fds, &threads] {
    const std::lock_guard lock(*mutex);
    const std::vector<double> stat = read_stat();
    const double spent = (stat[kUserTicks] + stat[kSystemTicks]) / ticks;
    cpu.add(std::max(0.0, spent - cpu.value()));
    resident.set(stat[kResidentPages] * page);
    memory.set(stat[kVirtualBytes]);
    threads.set(stat[kThreads]);
    fds.set(open_descriptors());
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    max_fds.set(static_cast<double>(limit.rlim_cur));
  });
}

}  // namespace nanika::base
