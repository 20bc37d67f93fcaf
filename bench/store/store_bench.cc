// Durable commits a second by the store alone, how fast it opens, and what 100,000 objects cost.
//
//   store_bench [FOLDER]      FOLDER must be on the disk to measure; it is made and removed
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <semaphore>
#include <thread>

#include <sys/resource.h>

#include "apiserver/store/store.h"
#include "base/clock.h"

namespace nanika::apiserver::store {
namespace {

double cpu_seconds() {
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  auto seconds = [](timeval t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

double rss_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

/// About a kilobyte, as a small Pod.
Write make_write(ResourceId pods, std::string name) {
  Write write{.op = Op::kCreate, .resource = pods, .namespace_ = "bench", .name = std::move(name)};
  write.draft.meta.uid = "0d4a2f3e-8a7b-4a53-9d67-1f4f3c5e7a11";
  write.draft.meta.labels = {{"app", "bench"}};
  write.draft.before = R"({"metadata":{"name":")" + write.name + R"(","resourceVersion":")";
  write.draft.after = R"("},"data":")" + std::string(900, 'x') + R"("})";
  return write;
}

/// As many connections would: each has one write under way.
void measure(Store& store, ResourceId pods, int connections, int writes) {
  std::vector<base::Duration> waits(static_cast<size_t>(writes));
  std::atomic<int> next = 0;
  double cpu = cpu_seconds();
  auto began = base::system_clock().mono();
  {
    std::vector<std::jthread> clients;
    for (int c = 0; c < connections; ++c)
      clients.emplace_back([&] {
        for (int i = next++; i < writes; i = next++) {
          auto sent = base::system_clock().mono();
          auto done = store.submit_and_wait(make_write(pods, fmt::format("{}-{}", connections, i)));
          if (!done) std::fprintf(stderr, "%s\n", done.error().message.c_str());
          waits[static_cast<size_t>(i)] = base::system_clock().mono() - sent;
        }
      });
  }
  std::chrono::duration<double> took = base::system_clock().mono() - began;
  cpu = cpu_seconds() - cpu;
  std::sort(waits.begin(), waits.end());
  auto at = [&](double part) {
    auto index = static_cast<size_t>(part * static_cast<double>(waits.size() - 1));
    return std::chrono::duration<double, std::milli>(waits[index]).count();
  };
  fmt::print("{:4} connections: {:8.0f} commits/s, p50 {:.2f} ms, p99 {:.2f} ms, {:.1f} us CPU\n",
             connections, writes / took.count(), at(0.5), at(0.99), cpu / writes * 1e6);
}

/// As an event loop would: many under way from one thread, so that clients cost little.
void measure_async(Store& store, ResourceId pods, int under_way, int writes) {
  std::counting_semaphore<> slots(under_way);
  double cpu = cpu_seconds();
  auto began = base::system_clock().mono();
  for (int i = 0; i < writes; ++i) {
    slots.acquire();
    store.submit(make_write(pods, fmt::format("async-{}-{}", under_way, i)),
                 [&](auto) { slots.release(); });
  }
  for (int i = 0; i < under_way; ++i) slots.acquire();
  std::chrono::duration<double> took = base::system_clock().mono() - began;
  fmt::print("{:4} under way:   {:8.0f} commits/s, {:.1f} us CPU\n", under_way,
             writes / took.count(), (cpu_seconds() - cpu) / writes * 1e6);
}

int run(const std::string& folder) {
  std::filesystem::remove_all(folder);
  Options options{.folder = folder, .clock = &base::system_clock()};
  {
    auto store = Store::open(options);
    if (!store) {
      std::fprintf(stderr, "%s\n", store.error().message.c_str());
      return 1;
    }
    ResourceId pods = (*store)->resource("core/pods");
    fmt::print("empty: {:.1f} MiB\n", rss_mib());
    measure(**store, pods, 1, 10000);
    measure(**store, pods, 16, 30000);
    measure(**store, pods, 64, 60000);
    measure_async(**store, pods, 64, 60000);
  }
  auto began = base::system_clock().mono();
  auto store = Store::open(options);
  std::chrono::duration<double> took = base::system_clock().mono() - began;
  if (!store) return 1;
  fmt::print("open with {} objects: {:.2f} s, {:.1f} MiB\n",
             (*store)->count((*store)->resource("core/pods")), took.count(), rss_mib());
  store->reset();
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace nanika::apiserver::store

int main(int argc, char** argv) {
  return nanika::apiserver::store::run(argc > 1 ? argv[1] : "/var/tmp/store_bench");
}
