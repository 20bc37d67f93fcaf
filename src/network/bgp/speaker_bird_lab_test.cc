// The real BIRD against another BIRD in a second namespace: what the router's own table says.
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/netlink_address.h"
#include "base/netlink_link.h"
#include "base/netns.h"
#include "base/process.h"
#include "network/bgp/speaker_bird.h"

namespace nanika::network::bgp {
namespace {

using std::chrono::seconds;

base::IpAddress ip(std::string_view text) {
  return base::IpAddress::parse(text).value();
}
base::IpPrefix net(std::string_view text) {
  return base::IpPrefix::parse(text).value();
}

std::string shell(const std::string& command) {
  auto result = base::run({.argv = {"/bin/sh", "-c", command}},
                          {.deadline = base::system_clock().mono() + seconds(10)});
  return result ? result->out + result->err : result.error().message;
}

/// Waits until a command's output holds `text`.
testing::AssertionResult says(const std::string& command, const std::string& text,
                              bool wanted = true) {
  std::string last;
  for (const auto deadline = base::system_clock().mono() + seconds(20);
       base::system_clock().mono() < deadline;) {
    last = shell(command);
    if ((last.find(text) != std::string::npos) == wanted) return testing::AssertionSuccess();
    base::system_clock().sleep_for(std::chrono::milliseconds(50), {});
  }
  return testing::AssertionFailure()
         << command << " does " << (wanted ? "not " : "") << "say " << text << ":\n"
         << last;
}

class BirdLab : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root for network namespaces";
    shell("ip netns del nkt-node; ip netns del nkt-router; rm -rf " + dir_);
    shell(
        "ip netns add nkt-node; ip netns add nkt-router;"
        "ip link add eth0 netns nkt-node type veth peer name eth0 netns nkt-router;"
        "for n in node router; do ip -n nkt-$n link set lo up; ip -n nkt-$n link set eth0 up; done;"
        "ip -n nkt-router addr add 192.0.2.1/24 dev eth0; ip -n nkt-router addr add "
        "2001:db8:2::1/64 dev eth0 nodad;"
        "ip -n nkt-node addr add 192.0.2.11/24 dev eth0; ip -n nkt-node addr add 2001:db8:2::11/64 "
        "dev eth0 nodad");
    std::filesystem::create_directories(dir_ + "/router");
    ASSERT_TRUE(base::write_file_atomic(
        dir_ + "/router/bird.conf",
        "router id 192.0.2.1; protocol device {}\n"
        "protocol bgp node { local as 64500; neighbor 192.0.2.11 as 64512; password \"s3cret\";\n"
        "  connect delay time 1; ipv4 { import all; export none; };\n"
        "  ipv6 { import all; export none; }; }\n"));
    shell("ip netns exec nkt-router bird -c " + dir_ + "/router/bird.conf -s " + dir_ +
          "/router/bird.ctl -P " + dir_ + "/router/bird.pid");
  }
  void TearDown() override {
    if (::geteuid() != 0) return;
    shell("kill $(cat " + dir_ + "/router/bird.pid) $(cat " + dir_ + "/node/bird.pid)");
    shell("ip netns del nkt-node; ip netns del nkt-router; rm -rf " + dir_);
  }
  SpeakerConfig config() const {
    SpeakerPeer edge{
        .name = "edge-1", .address = ip("192.0.2.1"), .peer_asn = 64500, .local_asn = 64512};
    edge.families = {{Family::kIPv4}, {Family::kIPv6}};
    edge.password = "s3cret";
    RouteAttributes gold;
    gold.communities = {"64500:100"};
    return {.node = "node-1",
            .router_id = ip("192.0.2.11"),
            .peers = {edge},
            .classes = {{.id = 1, .advertisements = {"plain"}, .to_peers = {{"edge-1", {}}}},
                        {.id = 2, .advertisements = {"gold"}, .to_peers = {{"edge-1", gold}}}}};
  }
  BirdOptions options() const { return {.run_dir = dir_ + "/node", .netns = "nkt-node"}; }
  std::string router(const std::string& command) const {
    return "birdc -s " + dir_ + "/router/bird.ctl " + command;
  }
  std::string pid() const { return shell("cat " + dir_ + "/node/bird.pid"); }

  const std::string dir_ = "/tmp/nkt-bird-" + std::to_string(::getpid());
};

TEST_F(BirdLab, RoutesGoOutMoveAndAreWithdrawn) {
  BirdSpeaker speaker(options());
  ASSERT_TRUE(speaker.configure(config()).has_value());
  ASSERT_TRUE(
      speaker.sync_routes({{net("203.0.113.7/32"), 1}, {net("2001:db8:7::7/128"), 2}}).has_value());
  EXPECT_TRUE(says(router("show route all"), "203.0.113.7/32"));
  EXPECT_TRUE(says(router("show route all 2001:db8:7::7/128"), "(64500,100)"));
  const auto sessions = speaker.sessions();
  ASSERT_TRUE(sessions.has_value());
  EXPECT_EQ(sessions->at(0).state, "Established");
  EXPECT_EQ(sessions->at(0).routes.at(Family::kIPv4).first, 1);

  ASSERT_TRUE(
      speaker.change_routes({{net("203.0.113.7/32"), 1, 2}, {net("2001:db8:7::7/128"), 2, {}}})
          .has_value());
  EXPECT_TRUE(says(router("show route all 203.0.113.7/32"), "(64500,100)"));
  EXPECT_TRUE(says(router("show route"), "2001:db8:7::7/128", false));
}

TEST_F(BirdLab, AnotherAgentFindsBirdAndItsRoutesAsTheyWere) {
  auto first = std::make_unique<BirdSpeaker>(options());
  ASSERT_TRUE(first->configure(config()).has_value());
  ASSERT_TRUE(first->sync_routes({{net("203.0.113.7/32"), 1}}).has_value());
  EXPECT_TRUE(says(router("show route"), "203.0.113.7/32"));
  const std::string before = pid();
  first.reset();
  BirdSpeaker second(options());
  ASSERT_TRUE(second.configure(config()).has_value());
  ASSERT_TRUE(
      second.sync_routes({{net("203.0.113.7/32"), 1}, {net("203.0.113.8/32"), 1}}).has_value());
  EXPECT_TRUE(says(router("show route"), "203.0.113.8/32"));
  EXPECT_EQ(pid(), before) << "BIRD was not started again";
  ASSERT_TRUE(second.shut_down().has_value());
  EXPECT_TRUE(says(router("show route"), "203.0.113.8/32", false));
}

TEST_F(BirdLab, ARefusedConfigurationLeavesTheOldOneRunning) {
  BirdSpeaker speaker(options());
  ASSERT_TRUE(speaker.configure(config()).has_value());
  ASSERT_TRUE(speaker.sync_routes({{net("203.0.113.7/32"), 1}}).has_value());
  EXPECT_TRUE(says(router("show route"), "203.0.113.7/32"));
  SpeakerConfig broken = config();
  broken.classes[0].to_peers["edge-1"].communities = {"1:99999"};
  const auto refused = speaker.configure(broken);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, base::Code::kInvalid);
  EXPECT_EQ(speaker.sessions()->at(0).state, "Established");
  EXPECT_TRUE(says(router("show route"), "203.0.113.7/32"));
}

}  // namespace
}  // namespace nanika::network::bgp
