// Creates ConfigMaps over so many connections for so long, and says how many were answered: the
// same load for any Kubernetes API. It costs a tenth of what kube-apiserver does for it, so it is
// not the bottleneck.
//
//   create_load KUBECONFIG CONNECTIONS SECONDS      ->  {"creates_per_second": ..., "p50_ms": ...,
//   "p99_ms": ...}
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "base/random.h"
#include "kube/config.h"
#include "kube/transport.h"

namespace nanika {
namespace {

using Clock = std::chrono::steady_clock;

/// One connection's work: its latencies, in milliseconds.
std::vector<double> create(kube::Transport& transport, const std::string& prefix,
                           Clock::time_point end) {
  std::vector<double> latencies;
  for (int i = 0; Clock::now() < end; ++i) {
    base::http::Request request{.method = "POST",
                                .target = "/api/v1/namespaces/default/configmaps"};
    request.headers.add("Content-Type", "application/json");
    request.body = fmt::format(
        R"({{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{}-{}","labels":{{"bench":"true"}}}},)"
        R"("data":{{"key":"{}"}}}})",
        prefix, i, std::string(400, 'x'));
    const auto began = Clock::now();
    auto response =
        transport.send(std::move(request), kube::Context{}.within(std::chrono::seconds(30)));
    if (!response || response->status != 201) {
      std::fprintf(stderr, "%s\n",
                   response ? response->body.c_str() : response.error().message.c_str());
      std::exit(1);
    }
    latencies.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
  }
  return latencies;
}

int run(const char* kubeconfig, int connections, double seconds) {
  auto config = kube::Config::load(kubeconfig);
  if (!config) return std::fprintf(stderr, "%s\n", config.error().message.c_str()), 1;
  auto transport = kube::connect(*config, base::system_clock());
  if (!transport) return std::fprintf(stderr, "%s\n", transport.error().message.c_str()), 1;
  const std::string id = base::random_uuid();
  const auto began = Clock::now();
  const auto end =
      began + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  std::vector<std::vector<double>> results(connections);
  {
    std::vector<std::jthread> threads;
    for (int c = 0; c < connections; ++c)
      threads.emplace_back(
          [&, c] { results[c] = create(**transport, fmt::format("{}-{}", id, c), end); });
  }
  const double took = std::chrono::duration<double>(Clock::now() - began).count();
  std::vector<double> all;
  for (const auto& r : results) all.insert(all.end(), r.begin(), r.end());
  std::ranges::sort(all);
  const auto at = [&](double q) {
    return all.empty() ? 0 : all[std::min(all.size() - 1, static_cast<size_t>(all.size() * q))];
  };
  std::printf(
      "{\"creates_per_second\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"creates\": %zu}\n",
      all.size() / took, at(0.5), at(0.99), all.size());
  return 0;
}

}  // namespace
}  // namespace nanika

int main(int argc, char** argv) {
  if (argc != 4)
    return std::fprintf(stderr, "usage: create_load KUBECONFIG CONNECTIONS SECONDS\n"), 2;
  return nanika::run(argv[1], std::atoi(argv[2]), std::atof(argv[3]));
}
