#include "base/process.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include "base/random.h"

namespace nanika::base {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

MonoTime in(Duration d) {
  return system_clock().mono() + d;
}
SpawnOptions sh(std::string script) {
  return {.argv = {"sh", "-c", std::move(script)}};
}

TEST(Process, RunsAndCollects) {
  auto result = run(sh("cat; echo $NANIKA_TEST; pwd; echo bad >&2; exit 3"),
                    {.deadline = in(10s), .input = "in\n"});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->status, 3);
  EXPECT_THAT(result->out, HasSubstr("in\n\n"));
  EXPECT_EQ(result->err, "bad\n");

  SpawnOptions options = sh("echo $NANIKA_TEST; pwd; test -n \"$PATH\"");
  options.env = {"NANIKA_TEST=yes"};
  options.cwd = "/";
  result = run(options, {.deadline = in(10s)});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->out, "yes\n/\n");
  EXPECT_EQ(result->status, 0);
}

TEST(Process, CarriesMuchBothWays) {
  std::string input = random_bytes(1 << 20);
  auto result = run({.argv = {"cat"}}, {.deadline = in(10s), .input = input});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->out, input);
  // A child that does not read is no error.
  EXPECT_EQ(run({.argv = {"true"}}, {.deadline = in(10s), .input = input})->status, 0);
}

TEST(Process, BoundsTimeAndOutput) {
  auto begin = system_clock().mono();
  EXPECT_EQ(run(sh("sleep 100 & sleep 100"), {.deadline = in(50ms)}).error().code,
            Code::kDeadlineExceeded);
  EXPECT_EQ(run({.argv = {"yes"}}, {.deadline = in(10s), .max_output = 10000}).error().code,
            Code::kTooLarge);
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(
      run({.argv = {"sleep", "100"}}, {.deadline = in(10s), .stop = stop.get_token()}).error().code,
      Code::kCancelled);
  EXPECT_LT(system_clock().mono() - begin, 5s);
}

TEST(Process, SaysWhyItCouldNotStart) {
  auto none = Process::spawn({.argv = {"/none/such"}});
  EXPECT_EQ(none.error().code, Code::kNotFound);
  EXPECT_EQ(none.error().message, "/none/such: execute: No such file or directory");
  EXPECT_THAT(Process::spawn({.argv = {"true"}, .cwd = "/none"}).error().message,
              HasSubstr("change folder"));
  EXPECT_EQ(Process::spawn({.argv = {"true"}, .netns = "/none"}).error().code, Code::kNotFound);
  EXPECT_EQ(Process::spawn({}).error().code, Code::kInvalid);
}

TEST(Process, TerminatesPolitelyThenNot) {
  SpawnOptions polite = sh("trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done");
  polite.out.kind = Stream::Kind::kPipe;
  auto process = Process::spawn(polite);
  ASSERT_TRUE(process);
  char ready[8];
  ASSERT_GT(::read(process->out().get(), ready, sizeof ready), 0);
  EXPECT_TRUE(process->running());
  EXPECT_EQ(process->terminate(in(5s)), 7);
  EXPECT_FALSE(process->running());
  process->signal(SIGTERM);  // nothing happens

  SpawnOptions stubborn = sh("trap '' TERM; echo ready; while :; do sleep 1; done");
  stubborn.out.kind = Stream::Kind::kPipe;
  stubborn.new_session = true;
  process = Process::spawn(stubborn);
  ASSERT_TRUE(process);
  ASSERT_GT(::read(process->out().get(), ready, sizeof ready), 0);
  EXPECT_EQ(process->terminate(in(50ms)), 128 + SIGKILL);
}

TEST(Process, DiesWithItsParent) {
  std::optional<Process> child;
  std::jthread parent([&] {
    auto spawned = Process::spawn({.argv = {"sleep", "100"}, .die_with_parent = true});
    ASSERT_TRUE(spawned);
    child.emplace(std::move(*spawned));
  });
  parent.join();
  ASSERT_TRUE(child);
  EXPECT_EQ(child->wait(in(10s)), 128 + SIGKILL);
}

TEST(Process, GivesTheChildNothingElse) {
  UniqueFd leak(::dup(2));  // without close-on-exec
  auto result = run({.argv = {"ls", "/proc/self/fd"}}, {.deadline = in(10s)});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->out, "0\n1\n2\n3\n");  // 3: the folder that ls reads
}

}  // namespace
}  // namespace nanika::base
