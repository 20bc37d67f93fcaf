#include "network/bgp/bird_config.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace nanika::network::bgp {
namespace {

base::IpAddress ip(std::string_view text) {
  return base::IpAddress::parse(text).value();
}

SpeakerConfig quickstart() {
  SpeakerPeer edge{
      .name = "edge-1", .address = ip("192.0.2.1"), .peer_asn = 64500, .local_asn = 64512};
  edge.families = {{Family::kIPv4}, {Family::kIPv6, 1000, "block"}};
  edge.password = "s3cret";
  SpeakerPeer inner{
      .name = "rr.inner-2", .address = ip("2001:db8::9"), .peer_asn = 64512, .local_asn = 64512};
  inner.families = {{Family::kIPv6}};
  inner.source = ip("2001:db8::1");
  inner.multihop = 2;
  inner.bfd = SpeakerBfd{};
  inner.graceful_restart_seconds = 120;
  inner.import = {{.prefix = base::IpPrefix::parse("2001:db8::/32").value(), .max_length = 48},
                  {.prefix = base::IpPrefix::parse("10.0.0.0/8").value()}};
  RouteAttributes plain;
  plain.communities = {"64500:100", "no-export"};
  plain.large_communities = {"64500:1:2"};
  plain.local_pref = 200;
  plain.med = 10;
  plain.prepend = 2;
  return {.node = "node-1",
          .router_id = ip("192.0.2.11"),
          .peers = {edge, inner},
          .classes = {
              {.id = 1, .advertisements = {"internet-to-edge"}, .to_peers = {{"edge-1", plain}}},
              {.id = 2,
               .advertisements = {"a", "b"},
               .to_peers = {{"edge-1", {}}, {"rr.inner-2", plain}}}}};
}

std::string read(const std::string& path) {
  std::ifstream in(path);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

// The file is what router engineers read: changes to it are looked at. NANIKA_GOLDEN=write renews
// it.
TEST(BirdConfig, ReadsAsARouterEngineerExpects) {
  const std::string golden = NANIKA_SOURCE_DIR "/src/network/bgp/testdata/quickstart.conf";
  auto text = render_bird_config(quickstart(), {.kernel_table = 9179});
  ASSERT_TRUE(text.has_value()) << text.error().message;
  if (const char* mode = std::getenv("NANIKA_GOLDEN");
      mode != nullptr && std::string_view(mode) == "write")
    std::ofstream(golden) << *text;
  EXPECT_EQ(*text, read(golden));
}

TEST(BirdConfig, BirdItselfAcceptsIt) {
  if (std::system("command -v bird >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "bird is not installed: make deps";
  const std::string command =
      "bird -p -c " NANIKA_SOURCE_DIR "/src/network/bgp/testdata/quickstart.conf";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST(BirdConfig, ProtocolNamesAreOneToOneAndFit) {
  EXPECT_EQ(bird_protocol_name("edge-1"), "peer_edge_1");
  EXPECT_NE(bird_protocol_name("a.b"), bird_protocol_name("a-b"));
  const std::string longest(253, 'x');
  EXPECT_LE(bird_protocol_name(longest).size(), 60u);
  EXPECT_NE(bird_protocol_name(longest), bird_protocol_name(longest.substr(1)));
}

TEST(BirdConfig, RefusesWhatBirdCannotSay) {
  for (const char* password : {"a\"b", "a\nb", "a\\b"}) {
    SpeakerConfig config = quickstart();
    config.peers[0].password = password;
    auto text = render_bird_config(config, {});
    ASSERT_FALSE(text.has_value()) << password;
    EXPECT_TRUE(text.error().message.starts_with("BGPPeer edge-1: the password has a quote"))
        << text.error().message;
  }
}

}  // namespace
}  // namespace nanika::network::bgp
