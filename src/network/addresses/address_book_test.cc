#include "network/addresses/address_book.h"

#include <gtest/gtest.h>

#include "base/clock_fake.h"
#include "network/addresses/claim_name.h"

namespace nanika::network {
namespace {

IpAddress ip(std::string_view text) {
  return base::IpAddress::parse(text).value();
}

class Book : public testing::Test {
 protected:
  Book() : book_(clock_) {
    pool_.name = "a";
    pool_.all.add(base::range_of(base::IpPrefix::parse("192.0.2.0/30").value()));
    pool_.give = pool_.all;
    view_ = {.name = "internet", .spec = {}, .pools = {&pool_}};
  }
  std::string take() {
    const AllocationPlan plan =
        book_.plan({.uid = "x", .families = {base::Family::kIPv4}}, {}, view_);
    return plan.refusal ? plan.refusal->reason : plan.take.at(0).address.str();
  }
  static api::AddressClaim claim(std::string_view address, std::vector<std::string> uids) {
    api::AddressClaim out;
    out.metadata.name = claim_name("default", ip(address));
    for (std::string& uid : uids) out.spec.holders.push_back({.uid = std::move(uid)});
    out.spec.published = true;
    return out;
  }
  base::FakeClock clock_;
  AddressBook book_;
  PoolView pool_;
  NetworkView view_;
};

TEST_F(Book, WhatIsInFlightIsGivenToNobodyElse) {
  EXPECT_EQ(take(), "192.0.2.0");
  EXPECT_EQ(take(), "192.0.2.1");
  book_.cancel("default", ip("192.0.2.0"));
  EXPECT_EQ(take(), "192.0.2.0");
}

TEST_F(Book, AConfirmedAddressIsHeldBeforeTheCacheShowsIt) {
  take();
  book_.confirm(claim("192.0.2.0", {"me"}), "me");
  EXPECT_EQ(book_.held_by("default", "me", {}), std::vector{ip("192.0.2.0")});
  book_.forget(claim_name("default", ip("192.0.2.0")));  // an old deletion, seen late
  EXPECT_EQ(book_.held_by("default", "me", {}), std::vector{ip("192.0.2.0")});
  book_.observe(claim("192.0.2.0", {"me"}));
  book_.forget(claim_name("default", ip("192.0.2.0")));
  EXPECT_TRUE(book_.held_by("default", "me", {}).empty());
}

TEST_F(Book, WhatWeDidLastOutweighsWhatTheCacheSaysOfBefore) {
  api::AddressClaim made = claim("192.0.2.0", {"me"});
  made.metadata.resource_version = "10";
  book_.confirm(made, "me");
  book_.released(made.metadata.name, 12);
  book_.observe(made);  // the creation, seen after we gave it back
  EXPECT_TRUE(book_.held_by("default", "me", {}).empty());
  api::AddressClaim freed = claim("192.0.2.0", {});
  freed.metadata.resource_version = "12";
  book_.observe(freed);
  EXPECT_TRUE(book_.held_by("default", "me", {}).empty());
  EXPECT_EQ(take(), "192.0.2.1") << "it rests";
}

TEST_F(Book, AnotherOnesAddressIsLeftAloneUntilTheCacheHadTimeToShowIt) {
  book_.taken_by_another("default", ip("192.0.2.0"));
  EXPECT_EQ(take(), "192.0.2.1");
  clock_.advance(std::chrono::seconds(61));
  EXPECT_EQ(take(), "192.0.2.0") << "nothing stands there, whatever we were told a minute ago";
}

TEST_F(Book, ShowsWhatAStatusHasFirst) {
  book_.observe(claim("192.0.2.1", {"me"}));
  book_.observe(claim("192.0.2.2", {"me"}));
  EXPECT_EQ(book_.held_by("default", "me", {ip("192.0.2.2")}),
            (std::vector{ip("192.0.2.2"), ip("192.0.2.1")}));
}

TEST_F(Book, SkewedWallClocksDoNotShortenARest) {
  book_.observe(claim("192.0.2.0", {}));
  clock_.skew(std::chrono::hours(1));
  EXPECT_FALSE(book_.rest_is_over("default", ip("192.0.2.0"), {}));
  clock_.advance(std::chrono::seconds(60));
  EXPECT_TRUE(book_.rest_is_over("default", ip("192.0.2.0"), {}));
}

TEST_F(Book, CountsWhatIsHeldAndWhatRests) {
  book_.observe(claim("192.0.2.0", {}));
  book_.observe(claim("192.0.2.1", {"me"}));
  const auto count = book_.count("default", pool_.all, base::Family::kIPv4);
  EXPECT_EQ(count.held, 1);
  EXPECT_EQ(count.claimed, 2);
}

}  // namespace
}  // namespace nanika::network
