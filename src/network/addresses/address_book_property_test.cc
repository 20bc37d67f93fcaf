// The AddressBook beside the truth: an API whose events come late, our own writes whose answers
// come early, late or never, and others who write too.
#include <algorithm>
#include <deque>
#include <optional>
#include <set>

#include <gtest/gtest.h>

#include "base/clock_fake.h"
#include "network/addresses/address_book.h"
#include "network/addresses/claim_name.h"

namespace nanika::network {
namespace {

using base::Family;
using std::chrono::seconds;

/// AddressClaims as the API holds them, and what a watch has told of them so far.
class Api {
 public:
  /// POST, or PUT of a freed one; nothing: it is held.
  std::optional<api::AddressClaim> take(const IpAddress& address, const std::string& uid) {
    auto at = claims_.find(address);
    if (at != claims_.end() && !at->second.spec.holders.empty()) return std::nullopt;
    api::AddressClaim claim;
    claim.metadata.name = claim_name("default", address);
    claim.spec.holders = {{.namespace_ = "shop", .name = uid, .uid = uid}};
    claim.spec.published = true;
    return store(address, std::move(claim));
  }
  /// The revision of the write.
  uint64_t free(const IpAddress& address) {
    api::AddressClaim claim = claims_.at(address);
    claim.spec.holders.clear();
    return revision_of(store(address, std::move(claim)));
  }
  void erase(const IpAddress& address) {
    claims_.erase(address);
    events_.push_back({claim_name("default", address), std::nullopt});
    ++revision_;
  }
  void tell(AddressBook& book, size_t count) {
    for (; count > 0 && !events_.empty(); --count) {
      auto& [name, claim] = events_.front();
      claim ? book.observe(*claim) : book.forget(name);
      events_.pop_front();
    }
  }
  size_t untold() const { return events_.size(); }
  std::set<IpAddress> held_by(const std::string& uid) const {
    std::set<IpAddress> out;
    for (const auto& [address, claim] : claims_)
      if (!claim.spec.holders.empty() && claim.spec.holders.front().uid == uid) out.insert(address);
    return out;
  }
  bool rests(const IpAddress& address) const {
    auto at = claims_.find(address);
    return at != claims_.end() && at->second.spec.holders.empty();
  }

 private:
  const api::AddressClaim& store(const IpAddress& address, api::AddressClaim claim) {
    claim.metadata.resource_version = fmt::format("{}", ++revision_);
    events_.push_back({claim.metadata.name, claim});
    return claims_[address] = std::move(claim);
  }
  std::map<IpAddress, api::AddressClaim> claims_;
  std::deque<std::pair<std::string, std::optional<api::AddressClaim>>> events_;
  uint64_t revision_ = 10;
};

class BookProperty : public testing::TestWithParam<uint64_t> {
 protected:
  BookProperty() : book_(clock_), dice_(GetParam()) {
    pool_.name = "a";
    pool_.all.add(base::range_of(base::IpPrefix::parse("192.0.2.0/28").value()));
    pool_.give = pool_.all;
    view_ = {.name = "internet", .spec = {}, .pools = {&pool_}};
    view_.spec.allocation.release_cooldown.value = seconds(5);
  }
  int pick(int below) { return static_cast<int>(dice_() % static_cast<unsigned>(below)); }
  std::string mine() { return fmt::format("mine-{}", pick(6)); }
  IpAddress any_address() {
    return {Family::kIPv4,
            pool_.all.runs().begin()->first.number() + static_cast<unsigned>(pick(16))};
  }
  std::set<IpAddress> by_book(const std::string& uid) const {
    const auto held = book_.held_by("default", uid, {});
    return {held.begin(), held.end()};
  }

  void begin_to_take() {
    const std::string uid = mine();
    const auto plan = book_.plan({.uid = uid, .families = {Family::kIPv4}}, {}, view_);
    for (const Choice& choice : plan.take) {
      EXPECT_TRUE(in_flight_.emplace(choice.address, uid).second) << "two workers were given one";
      for (int i = 0; i < 6; ++i)
        EXPECT_FALSE(by_book(fmt::format("mine-{}", i)).contains(choice.address));
    }
  }
  void end_to_take() {
    if (in_flight_.empty()) return;
    const auto [address, uid] =
        *std::next(in_flight_.begin(), pick(static_cast<int>(in_flight_.size())));
    in_flight_.erase(address);
    const int luck = pick(10);
    if (luck == 0) return book_.cancel("default", address);  // never arrived
    const auto claim = api_.take(address, uid);
    if (luck == 1) return book_.cancel("default", address);  // the answer was lost
    if (!claim) return book_.taken_by_another("default", address);
    api_.tell(book_, static_cast<size_t>(pick(3)));  // the watch may be faster than the answer
    book_.confirm(*claim, uid);
    EXPECT_TRUE(by_book(uid).contains(address)) << "our own write shows at once";
    confirmed_[address] = uid;
  }
  void give_back() {
    if (confirmed_.empty()) return;
    const auto [address, uid] =
        *std::next(confirmed_.begin(), pick(static_cast<int>(confirmed_.size())));
    confirmed_.erase(address);
    const uint64_t revision = api_.free(address);
    api_.tell(book_, static_cast<size_t>(pick(3)));
    book_.released(claim_name("default", address), revision);
    EXPECT_FALSE(by_book(uid).contains(address));
  }
  void others() {
    const IpAddress address = any_address();
    if (api_.held_by("other").contains(address)) {
      api_.free(address);
    } else if (api_.rests(address) && pick(2) == 0) {
      api_.erase(address);
    } else if (pick(3) == 0) {
      api_.take(address, "other");
    }
  }
  void check() {
    for (const auto& [address, uid] : confirmed_)
      EXPECT_TRUE(by_book(uid).contains(address)) << address.str() << " is ours";
    if (api_.untold() > 0) return;
    for (int i = 0; i < 6; ++i) {
      const std::string uid = fmt::format("mine-{}", i);
      EXPECT_EQ(by_book(uid), api_.held_by(uid)) << uid << ": the cache is up to date";
    }
  }

  base::FakeClock clock_;
  AddressBook book_;
  Api api_;
  PoolView pool_;
  NetworkView view_;
  std::mt19937_64 dice_;
  std::map<IpAddress, std::string> in_flight_, confirmed_;
};

TEST_P(BookProperty, KnowsOurOwnWritesAtOnceAndTheTruthInTheEnd) {
  for (int step = 0; step < 3000 && !HasFailure(); ++step) {
    SCOPED_TRACE(fmt::format("seed {}, step {}", GetParam(), step));
    switch (pick(7)) {
      case 0:
        begin_to_take();
        break;
      case 1:
        end_to_take();
        break;
      case 2:
        give_back();
        break;
      case 3:
        others();
        break;
      case 4:
        api_.tell(book_, static_cast<size_t>(pick(6)));
        break;
      case 5:
        api_.tell(book_, static_cast<size_t>(pick(4)));
        break;
      default:
        clock_.advance(std::chrono::milliseconds(pick(1000)));
    }
    if (api_.untold() > 12) api_.tell(book_, 12);  // a cache lags for less than a minute
    check();
  }
  while (!in_flight_.empty()) end_to_take();
  api_.tell(book_, api_.untold());
  check();
  clock_.advance(seconds(61));
  (void)book_.plan({.uid = "x", .families = {Family::kIPv6}}, {}, view_);  // old notes are dropped
  size_t held = api_.held_by("other").size();
  for (int i = 0; i < 6; ++i) held += api_.held_by(fmt::format("mine-{}", i)).size();
  EXPECT_EQ(book_.count("default", pool_.all, Family::kIPv4).held, static_cast<int64_t>(held));
}
INSTANTIATE_TEST_SUITE_P(Seeds, BookProperty, testing::Range<uint64_t>(1, 33));

}  // namespace
}  // namespace nanika::network
