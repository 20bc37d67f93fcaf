#include "network/addresses/interval_set.h"

#include <bitset>
#include <random>

#include <gtest/gtest.h>

namespace nanika::network {
namespace {

using base::Family;

IpAddress ip(std::string_view text) {
  return base::IpAddress::parse(text).value();
}
IpRange cidr(std::string_view text) {
  return base::range_of(base::IpPrefix::parse(text).value());
}

TEST(IntervalSet, JoinsWhatTouchesWithinOneFamily) {
  IntervalSet set;
  set.add(cidr("192.0.2.0/31"));
  set.add(cidr("192.0.2.2/31"));
  EXPECT_EQ(set.runs().size(), 1u);
  set.add(cidr("255.255.255.255/32"));
  set.add(cidr("::/128"));
  EXPECT_EQ(set.runs().size(), 3u)
      << "the last IPv4 address and the first IPv6 address do not touch";
}

TEST(IntervalSet, IsExactAtTheEdgesOfIPv6) {
  IntervalSet set;
  set.add(cidr("ffff:ffff:ffff:ffff::/64"));
  EXPECT_EQ(set.first_gap(cidr("ffff:ffff:ffff:ffff::/64")), std::nullopt);
  set.remove({ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
              ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")});
  EXPECT_EQ(set.first_gap(cidr("ffff:ffff:ffff:ffff::/64")),
            ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
  set.add(cidr("::/0"));
  EXPECT_EQ(set.size(Family::kIPv6), ~base::U128{0}) << "2^128 saturates";
}

TEST(IntervalSet, FindsTheOnlyFreeAddressOfA127) {
  IntervalSet set;
  set.add(cidr("2001:db8::/128"));
  EXPECT_EQ(set.first_gap(cidr("2001:db8::/127")), ip("2001:db8::1"));
  set.add(cidr("2001:db8::1/128"));
  EXPECT_EQ(set.first_gap(cidr("2001:db8::/127")), std::nullopt);
}

// Against a model that anybody can see is right: one bit an address.
TEST(IntervalSet, DoesAsABitsetDoes) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const uint32_t base = 0xc0000200;
  const auto address = [&](unsigned i) { return IpAddress(Family::kIPv4, base + i); };
  for (int round = 0; round < 50; ++round) {
    IntervalSet set;
    std::bitset<128> model;
    for (int step = 0; step < 200; ++step) {
      unsigned a = random() % 128, b = random() % 128;
      if (a > b) std::swap(a, b);
      const bool adding = random() % 2 == 0;
      adding ? set.add(IpRange{address(a), address(b)})
             : set.remove(IpRange{address(a), address(b)});
      for (unsigned i = a; i <= b; ++i) model[i] = adding;
      unsigned gap = a;
      while (gap <= b && model[gap]) ++gap;
      EXPECT_EQ(set.first_gap({address(a), address(b)}),
                gap <= b ? std::optional(address(gap)) : std::nullopt);
    }
    for (unsigned i = 0; i < 128; ++i) ASSERT_EQ(set.contains(address(i)), model[i]) << i;
    ASSERT_EQ(set.size(Family::kIPv4), model.count());
    for (auto it = set.runs().begin(); it != set.runs().end() && std::next(it) != set.runs().end();
         ++it)
      ASSERT_LT(it->second.number() + 1, std::next(it)->first.number()) << "runs touch";
  }
}

}  // namespace
}  // namespace nanika::network
