#include "base/ip.h"

#include <random>

#include <arpa/inet.h>
#include <gmock/gmock.h>

namespace nanika::base {
namespace {

using testing::HasSubstr;

TEST(IpAddress, ParsesAndPrintsCanonically) {
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"0.0.0.0", "0.0.0.0"},
      {"192.0.2.255", "192.0.2.255"},
      {"::", "::"},
      {"::1", "::1"},
      {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"1:0:0:0:0:0:0:0", "1::"},
      {"0:0:1:0:0:0:0:0", "0:0:1::"},
      {"64:ff9b::192.0.2.1", "64:ff9b::c000:201"},
  };
  for (const auto& [in, out] : kCases) {
    auto address = IpAddress::parse(in);
    ASSERT_TRUE(address) << in;
    EXPECT_EQ(address->str(), out);
    EXPECT_EQ(IpAddress::from_bytes(address->family(), address->bytes().data()), *address);
  }
}

TEST(IpAddress, RefusesWhatIsNotOneAddress) {
  for (std::string_view text : {"",
                                "1",
                                "1.2.3",
                                "1.2.3.4.5",
                                "1.2.3.256",
                                "01.2.3.4",
                                "1.2.3.4 ",
                                " 1.2.3.4",
                                "1..2.3",
                                "1.2.3.-4",
                                "0x1.2.3.4",
                                ":",
                                ":::",
                                "1::2::3",
                                "fe80::1%eth0",
                                "12345::",
                                "1:2:3:4:5:6:7",
                                "[::1]",
                                "::ffff:1.2.3.4",
                                "1.2.3.4/24",
                                "localhost"}) {
    auto address = IpAddress::parse(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code, Code::kInvalid);
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("::1\0", 4)));
  EXPECT_THAT(IpAddress::parse("::ffff:1.2.3.4").error().message, HasSubstr("write 1.2.3.4"));
}

TEST(IpAddress, AgreesWithTheSystemsPrinter) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 20000; i++) {
    U128 number = U128{random()} << 64 | random();
    for (int g = 0; g < 8; g++) {  // many zero groups
      if (random() % 2 == 0) number &= ~(U128{0xffff} << (16 * g));
    }
    if (number >> 48 == 0) continue;  // the system prints dotted quads there
    IpAddress address(Family::kIPv6, number);
    char text[INET6_ADDRSTRLEN];
    ASSERT_EQ(address.str(), ::inet_ntop(AF_INET6, address.bytes().data(), text, sizeof text));
    ASSERT_EQ(IpAddress::parse(text), address);
  }
}

TEST(IpAddress, KnowsItsKind) {
  auto a = [](std::string_view text) { return *IpAddress::parse(text); };
  EXPECT_TRUE(a("169.254.1.1").is_link_local());
  EXPECT_TRUE(a("fe80::1").is_link_local());
  EXPECT_TRUE(a("febf::1").is_link_local());
  EXPECT_FALSE(a("fec0::1").is_link_local());
  EXPECT_TRUE(a("127.8.8.8").is_loopback());
  EXPECT_TRUE(a("::1").is_loopback());
  EXPECT_TRUE(a("239.1.1.1").is_multicast());
  EXPECT_TRUE(a("ff02::1").is_multicast());
  EXPECT_TRUE(a("::").is_unspecified());
  EXPECT_LT(a("255.255.255.255"), a("::"));
  EXPECT_LT(a("10.0.0.2"), a("10.0.0.10"));
}

TEST(IpPrefix, ParsesStrictly) {
  EXPECT_EQ(IpPrefix::parse("192.0.2.0/24")->str(), "192.0.2.0/24");
  EXPECT_EQ(IpPrefix::parse("::/0")->last().str(), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  EXPECT_EQ(IpPrefix::parse("0.0.0.0/0")->last().str(), "255.255.255.255");
  EXPECT_EQ(IpPrefix::parse("2001:db8::1/128")->last().str(), "2001:db8::1");
  EXPECT_THAT(IpPrefix::parse("192.0.2.1/24").error().message, HasSubstr("write 192.0.2.0/24"));
  EXPECT_THAT(IpPrefix::parse("192.0.2.0").error().message, HasSubstr("length is missing"));
  for (std::string_view text : {"1.2.3.4/33", "1.2.3.4/", "1.2.3.4/032", "1.2.3.4/-1", "1.2.3.4/+8",
                                "::/129", "1.2.3.4/ 8", "1.2.3.4/8/8", "1.2.3.4/99999999999"}) {
    EXPECT_FALSE(IpPrefix::parse(text)) << text;
  }
}

TEST(IpPrefix, Contains) {
  IpPrefix p = *IpPrefix::parse("10.1.0.0/16");
  EXPECT_TRUE(p.contains(*IpAddress::parse("10.1.255.255")));
  EXPECT_FALSE(p.contains(*IpAddress::parse("10.2.0.0")));
  EXPECT_FALSE(p.contains(*IpAddress::parse("::")));
  EXPECT_TRUE(p.contains(*IpPrefix::parse("10.1.2.0/24")));
  EXPECT_FALSE(p.contains(*IpPrefix::parse("10.0.0.0/8")));
  EXPECT_TRUE(IpPrefix::parse("::/0")->contains(*IpPrefix::parse("::/0")));
}

TEST(IpRange, CountsAndOverlaps) {
  IpRange a = range_of(*IpPrefix::parse("192.0.2.0/24"));
  EXPECT_EQ(a.size(), U128{256});
  EXPECT_EQ(range_of(*IpPrefix::parse("::/0")).size(), ~U128{0});
  IpRange b{*IpAddress::parse("192.0.2.255"), *IpAddress::parse("192.0.3.0")};
  EXPECT_TRUE(a.overlaps(b));
  EXPECT_TRUE(b.contains(*IpAddress::parse("192.0.3.0")));
  EXPECT_FALSE(a.overlaps(range_of(*IpPrefix::parse("192.0.3.0/24"))));
}

}  // namespace
}  // namespace nanika::base
