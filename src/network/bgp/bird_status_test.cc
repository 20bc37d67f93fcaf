#include "network/bgp/bird_status.h"

#include <gtest/gtest.h>

namespace nanika::network::bgp {
namespace {

// As BIRD 2.0.12 wrote it.
constexpr std::string_view kProtocols =
    "2002-Name       Proto      Table      State  Since         Info\n"
    "1002-nanika4    Kernel     master4    up     2026-11-23 21:49:43.166  \n"
    "1006-  Channel ipv4\n"
    "     Routes:         2 imported, 0 exported, 2 preferred\n"
    " \n"
    "1002-peer_a     BGP        ---        up     2026-11-23 21:49:44.037  Established   \n"
    "1006-  Description:    BGPPeer a\n"
    "   BGP state:          Established\n"
    "     Neighbor address: 10.99.0.2\n"
    "   Channel ipv4\n"
    "     Routes:         0 imported, 1 exported, 0 preferred\n"
    "   Channel ipv6\n"
    "     Routes:         7 imported, 12 exported, 0 preferred\n"
    " \n"
    "1002-peer_b     BGP        ---        start  2026-11-23 21:49:44.037  Active        Socket: "
    "Connection refused\n"
    "1006-  BGP state:          Active\n"
    "     Neighbor address: 10.99.0.3\n"
    "     Last error:       Socket: Connection refused\n"
    " \n"
    "0000 \n";

SpeakerPeer peer(const char* name, const char* address) {
  return {.name = name, .address = base::IpAddress::parse(address).value()};
}

TEST(BirdReply, IsWholeOnlyWithItsLastLine) {
  BirdReply reply;
  EXPECT_FALSE(parse_bird_reply("", reply));
  EXPECT_FALSE(parse_bird_reply(kProtocols.substr(0, kProtocols.size() - 1), reply));
  EXPECT_TRUE(parse_bird_reply(kProtocols, reply));
  EXPECT_EQ(reply.code(), 0);
}

TEST(BirdReply, SkipsAsynchronousLinesAndKeepsErrors) {
  BirdReply reply;
  ASSERT_TRUE(
      parse_bird_reply("0002-Reading configuration from /x\n+someone else did something\n"
                       "8002 /x:3:7 syntax error, unexpected '}'\n",
                       reply));
  ASSERT_EQ(reply.lines.size(), 2u);
  auto check = reply.check();
  ASSERT_FALSE(check.has_value());
  EXPECT_EQ(check.error().message, "BIRD: /x:3:7 syntax error, unexpected '}'");
}

TEST(BirdStatus, SaysStateRoutesAndError) {
  BirdReply reply;
  ASSERT_TRUE(parse_bird_reply(kProtocols, reply));
  const auto states = parse_sessions(
      reply, nullptr, {peer("a", "10.99.0.2"), peer("b", "10.99.0.3"), peer("c", "10.99.0.4")});
  ASSERT_EQ(states.size(), 3u);
  EXPECT_EQ(states[0].state, "Established");
  EXPECT_EQ(states[0].routes.at(Family::kIPv4), std::pair(int64_t{1}, int64_t{0}));
  EXPECT_EQ(states[0].routes.at(Family::kIPv6), std::pair(int64_t{12}, int64_t{7}));
  EXPECT_EQ(states[1].state, "Active");
  EXPECT_EQ(states[1].last_error, "Socket: Connection refused");
  EXPECT_EQ(states[2].state, "Idle") << "BIRD does not know it";
}

TEST(BirdStatus, SaysBfdOnlyWhereItIsAskedFor) {
  BirdReply protocols, bfd;
  ASSERT_TRUE(parse_bird_reply(kProtocols, protocols));
  ASSERT_TRUE(
      parse_bird_reply("1020-bfd1:\n IP address                Interface  State      Since         "
                       "Interval  Timeout\n"
                       " 10.99.0.2                 tv0        Up         2026-11-23 21:49:43.932   "
                       " 0.300    0.900\n0000 \n",
                       bfd));
  SpeakerPeer with = peer("a", "10.99.0.2");
  with.bfd = SpeakerBfd{};
  SpeakerPeer down = peer("b", "10.99.0.3");
  down.bfd = SpeakerBfd{};
  const auto states = parse_sessions(protocols, &bfd, {with, down, peer("c", "10.99.0.4")});
  EXPECT_EQ(states[0].bfd, "Up");
  EXPECT_EQ(states[1].bfd, "Down");
  EXPECT_EQ(states[2].bfd, "");
}

}  // namespace
}  // namespace nanika::network::bgp
