#include "base/process_metrics.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/clock.h"

namespace nanika::base {
namespace {

using ::testing::HasSubstr;

double value_of(const std::string& text, const std::string& name) {
  const size_t at = text.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::strtod(text.c_str() + at + name.size() + 2, nullptr);
}

TEST(ProcessMetrics, SaysWhatIsSo) {
  Registry registry;
  const auto handle = add_process_metrics(registry, "1.2.3");
  registry.expose();
  const std::string text = registry.expose();
  EXPECT_THAT(text, HasSubstr("nanika_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_GE(value_of(text, "process_open_fds"), 3);
  EXPECT_GE(value_of(text, "process_max_fds"), value_of(text, "process_open_fds"));
  EXPECT_GT(value_of(text, "process_resident_memory_bytes"), 1 << 20);
  EXPECT_GE(value_of(text, "process_threads"), 1);
  const double now =
      std::chrono::duration<double>(system_clock().wall().time_since_epoch()).count();
  EXPECT_NEAR(value_of(text, "process_start_time_seconds"), now, 3600);
}

TEST(ProcessMetrics, TheExpositionPleasesPromtool) {
  if (std::system("promtool --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no promtool";
  Registry registry;
  const auto handle = add_process_metrics(registry, "a\"b\\c\nd");
  registry.counter("requests_total", "Requests\nby \\code.", {{"code", "2\"00"}}).add();
  registry.histogram("latency_seconds", "Latency.", default_buckets(), {{"verb", "GET"}})
      .observe(0.3);
  std::string path = std::filesystem::temp_directory_path() / "metrics.XXXXXX";
  const int fd = ::mkstemp(path.data());
  ASSERT_GE(fd, 0);
  ::close(fd);
  std::ofstream(path) << registry.expose();
  std::string out;
  FILE* pipe = ::popen(("promtool check metrics < " + path + " 2>&1").c_str(), "r");
  char buffer[4096];
  while (const size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, n);
  EXPECT_EQ(::pclose(pipe), 0) << out;
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace nanika::base
