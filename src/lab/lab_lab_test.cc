// Labs on this machine's kernel, with FRR as routers. The test program is its own `nanika lab
// serve`.
#include "lab/lab.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/netns.h"
#include "base/random.h"
#include "lab/command.h"

namespace nanika::lab {
namespace {

using namespace std::chrono_literals;
using base::system_clock;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

base::MonoTime in(base::Duration d) {
  return system_clock().mono() + d;
}

#define ASSERT_OK(...)                                    \
  do {                                                    \
    auto&& ok_ = (__VA_ARGS__);                           \
    ASSERT_TRUE(ok_) << (ok_ ? "" : ok_.error().message); \
  } while (false)

/// The quickstart's lab under another name.
LabSpec quickstart(const std::string& name) {
  std::string path = NANIKA_SOURCE_DIR "/examples/quickstart/lab.yaml";
  LabSpec spec = *parse_lab(*base::read_file(path), path);
  spec.name = name;
  return spec;
}

class LabTest : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_TRUE(lab_.down());
    EXPECT_THAT(namespaces(), IsEmpty());
    EXPECT_FALSE(std::filesystem::exists(options_.run_dir + "/" + name_));
    EXPECT_TRUE(base::remove_all(options_.run_dir));
  }
  std::vector<std::string> namespaces() {
    std::vector<std::string> out = *base::list_netns();
    std::erase_if(out, [&](const std::string& n) { return !n.starts_with(name_ + "-"); });
    return out;
  }
  std::string output(const std::string& member, std::vector<std::string> argv) {
    auto result = lab_.capture(member, std::move(argv), in(20s));
    if (!result) return result.error().message;
    return fmt::format("status {}\n{}{}", result->status, result->out, result->err);
  }
  std::vector<pid_t> pids() {
    std::vector<pid_t> out;
    for (const MemberStatus& member : lab_.status()->members) {
      for (const auto& daemon : member.daemons) out.push_back(daemon.pid);
    }
    return out;
  }

  std::string name_ = "nkl" + base::random_name_suffix();
  LabOptions options_{.run_dir = "/run/nanika-test-" + name_};
  Lab lab_{name_, options_};
};

TEST_F(LabTest, CarriesPacketsAndServesPages) {
  LabSpec spec = quickstart(name_);
  auto begin = system_clock().mono();
  ASSERT_OK(lab_.up(spec, in(30s), {}));
  EXPECT_LT(system_clock().mono() - begin, 5s);
  RecordProperty("up-milliseconds", static_cast<int>((system_clock().mono() - begin) / 1ms));
  EXPECT_EQ(lab_.status()->state, LabStatus::State::kUp);

  for (std::string target : {"192.0.2.10", "2001:db8:2::10"}) {
    EXPECT_THAT(output("client-1", {"ping", "-c1", "-W2", target}), StartsWith("status 0"));
  }
  // The router does not know the workloads' networks; the node does.
  for (std::string url : {"http://10.244.1.2:8080/", "http://[2001:db8:244:1::2]:8080/x"}) {
    std::string page = output("node-1", {"curl", "-gsS", "--max-time", "5", url});
    EXPECT_THAT(page,
                HasSubstr(fmt::format("pod: default/www-1\nnode: node-1\nclient: {}",
                                      url.contains('[') ? "2001:db8:244:1::1" : "10.244.1.1")));
  }
  EXPECT_THAT(output("edge-1", {"vtysh", "-c", "show bgp summary"}), HasSubstr("192.0.2.10"));
  EXPECT_THAT(output("edge-1", {"vtysh", "-c", "show bgp ipv4"}), HasSubstr("198.51.100.0/24"));
  EXPECT_EQ(lab_.exec("node-1", {"true"}), 0);
  EXPECT_EQ(lab_.exec("node-1", {"false"}), 1);
  EXPECT_THAT(lab_.exec("nobody", {"true"}).error().message, HasSubstr("has no member nobody"));

  begin = system_clock().mono();
  ASSERT_OK(lab_.down());
  EXPECT_LT(system_clock().mono() - begin, 2s);
  EXPECT_THAT(namespaces(), IsEmpty());
  EXPECT_EQ(lab_.status()->state, LabStatus::State::kDown);
}

TEST_F(LabTest, SecondUpChangesNothingWhenItStands) {
  LabSpec spec = quickstart(name_);
  ASSERT_OK(lab_.up(spec, in(30s), {}));
  std::vector<pid_t> before = pids();
  ASSERT_EQ(before.size(), 6u);
  ASSERT_OK(Lab(name_, options_).up(spec, in(30s), {}));
  EXPECT_EQ(pids(), before);

  // Something is gone: made anew.
  ASSERT_EQ(::kill(before[0], SIGKILL), 0);
  base::MonoTime deadline = in(5s);
  while (lab_.status()->state == LabStatus::State::kUp && system_clock().mono() < deadline) {
  }
  EXPECT_EQ(lab_.status()->state, LabStatus::State::kPartial);
  ASSERT_OK(lab_.up(spec, in(30s), {}));
  EXPECT_EQ(lab_.status()->state, LabStatus::State::kUp);
  EXPECT_NE(pids()[0], before[0]);

  // Another lab under the same name: made anew.
  spec.workloads.pop_back();
  spec.links.pop_back();
  ASSERT_OK(lab_.up(spec, in(30s), {}));
  EXPECT_EQ(namespaces().size(), 5u);
}

TEST_F(LabTest, CleansUpAfterOneThatWasKilled) {
  LabSpec spec = quickstart(name_);
  // Killed after ever more time, so in ever another line of up().
  for (auto patience : {2ms, 5ms, 10ms, 20ms, 40ms, 80ms, 160ms, 240ms}) {
    pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto ended = Lab(name_, options_).up(spec, in(30s), {});
      ::_exit(ended ? 0 : 1);
    }
    system_clock().sleep_for(patience, {});
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
  }
  ASSERT_OK(lab_.up(spec, in(30s), {}));
  EXPECT_EQ(lab_.status()->state, LabStatus::State::kUp);
  EXPECT_EQ(namespaces().size(), 6u);
  EXPECT_THAT(output("edge-1", {"vtysh", "-c", "show bgp summary"}), HasSubstr("192.0.2.10"));
}

TEST_F(LabTest, LeavesWhatIsNotItsOwn) {
  std::string foreign = name_ + "-client-1";
  ASSERT_OK(base::create_netns(foreign));
  auto refused = lab_.up(quickstart(name_), in(30s), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::Code::kConflict);
  EXPECT_THAT(refused.error().message, HasSubstr(foreign + " is there and is not this lab's"));
  ASSERT_OK(lab_.down());
  EXPECT_THAT(namespaces(), Contains(foreign));
  ASSERT_OK(base::delete_netns(foreign));
}

TEST_F(LabTest, RefusesNamesThatLeadElsewhere) {
  ASSERT_OK(base::make_dirs(options_.run_dir + "/other"));
  for (std::string name : {"", ".", "..", "../x", "a/b"}) {
    EXPECT_EQ(Lab(name, options_).down().error().code, base::Code::kInvalid) << name;
  }
  EXPECT_TRUE(std::filesystem::exists(options_.run_dir + "/other"));
}

TEST_F(LabTest, SaysWhatFrrRefused) {
  LabSpec spec = quickstart(name_);
  spec.routers[0].extra_config = "no such line\n";
  auto refused = lab_.up(spec, in(30s), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::Code::kInvalid);
  EXPECT_THAT(refused.error().message, HasSubstr("router edge-1: FRR refused"));
  EXPECT_THAT(refused.error().message, HasSubstr("no such line"));
  EXPECT_EQ(lab_.status()->state, LabStatus::State::kPartial);
}

}  // namespace
}  // namespace nanika::lab

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments[0] == "lab") {
    return nanika::lab::run_command({arguments.begin() + 1, arguments.end()});
  }
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
