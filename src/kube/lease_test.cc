#include "kube/lease.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kube/fake_api.h"
#include "kube/testing.h"
#include "kube/transport_fake.h"

namespace nanika::kube {
namespace {

using namespace std::chrono_literals;

const Key kKey{"kube-system", "nanika-controllers"};

// A process that wants to lead, with a road and a wall clock of its own. Monotonic time runs alike
// for all: `eventually` advances both clocks.
struct Candidate {
  Candidate(const std::shared_ptr<FakeApi>& api, const std::string& name)
      : road(std::make_shared<FaultyTransport>(api)),
        client(road, clock),
        election(client, {.key = kKey, .identity = name}, &metrics) {}
  ~Candidate() { end(); }

  void start() {
    thread = std::jthread([this](std::stop_token stop) {
      while (election.acquire(stop)) {
        ++terms;
        leads = true;
        bool asked = election.hold(stop);
        leads = false;
        if (asked && graceful) election.release(Context{.clock = &clock});
        if (asked) return;
      }
    });
  }
  void end() {
    thread.request_stop();
    if (thread.joinable()) thread.join();
  }

  base::FakeClock clock;
  Metrics metrics;
  std::shared_ptr<FaultyTransport> road;
  Client client;
  LeaseElection election;
  std::atomic<int> terms = 0;
  std::atomic<bool> leads = false;
  bool graceful = true;
  std::jthread thread;
};

class LeaseTest : public testing::Test {
 protected:
  // Both clocks run until `state` holds; never may two lead at once.
  bool comes(const std::function<bool()>& state) {
    return eventually([&] {
      if (state()) return true;
      run(200ms);
      return false;
    });
  }
  void run(Duration by) {
    // Each sees the other's time pass first, once: no order of the two is the lucky one.
    (turn_ = !turn_) ? (a_.clock.advance(by), b_.clock.advance(by))
                     : (b_.clock.advance(by), a_.clock.advance(by));
    passed_ += by;
    if (a_.leads && b_.leads) both_ = true;
  }
  std::string holder() const {
    return std::string(base::find_string(api_->get("leases", kKey), "spec", "holderIdentity"));
  }

  base::FakeClock server_clock_;
  std::shared_ptr<FakeApi> api_ = std::make_shared<FakeApi>(server_clock_);
  Candidate a_{api_, "a"}, b_{api_, "b"};
  bool turn_ = false, both_ = false;
  Duration passed_{};
};

TEST_F(LeaseTest, OneLeadsAndTheOtherFollowsAtOnceAfterAGracefulEnd) {
  a_.start();
  ASSERT_TRUE(comes([&] { return a_.leads.load(); }));
  b_.start();
  Duration start = passed_;
  ASSERT_TRUE(comes([&] { return passed_ - start > 60s; }));
  EXPECT_TRUE(a_.leads);
  EXPECT_EQ(b_.terms, 0);
  EXPECT_THAT(a_.metrics.expose(),
              testing::HasSubstr("leader_election_master_status{name=\"nanika-controllers\"} 1\n"));
  a_.end();
  EXPECT_EQ(holder(), "");
  start = passed_;
  ASSERT_TRUE(comes([&] { return b_.leads.load(); }));
  EXPECT_LE(passed_ - start, 6s) << "no need to wait for the end of the lease";
  EXPECT_EQ(holder(), "b");
}

TEST_F(LeaseTest, ACrashedLeaderIsFollowedAfterTheLeaseEnds) {
  a_.graceful = false;
  a_.start();
  ASSERT_TRUE(comes([&] { return a_.leads.load(); }));
  a_.end();
  EXPECT_EQ(holder(), "a");
  b_.start();
  Duration start = passed_;
  ASSERT_TRUE(comes([&] { return b_.leads.load(); }));
  EXPECT_GE(passed_ - start, 14s);
  EXPECT_EQ(base::find(api_->get("leases", kKey), "spec", "leaseTransitions")->to_number<int>(), 1);
}

TEST_F(LeaseTest, SkewedWallClocksChangeNothing) {
  a_.clock.skew(-3h);  // its renewTime always looks long over
  b_.clock.skew(5h);
  a_.start();
  ASSERT_TRUE(comes([&] { return a_.leads.load(); }));
  b_.start();
  Duration start = passed_;
  ASSERT_TRUE(comes([&] { return passed_ - start > 60s; }));
  EXPECT_TRUE(a_.leads);
  EXPECT_EQ(b_.terms, 0);
}

TEST_F(LeaseTest, ALeaderThatIsCutOffStopsBeforeTheOtherStarts) {
  a_.start();
  ASSERT_TRUE(comes([&] { return a_.leads.load(); }));
  b_.start();
  a_.road->next({}, Fault::drop_before_send(), 100000);
  ASSERT_TRUE(comes([&] { return b_.leads.load(); }));
  EXPECT_FALSE(both_);
  EXPECT_FALSE(a_.leads);
  a_.road->clear();  // back again: it stands by
  Duration start = passed_;
  ASSERT_TRUE(comes([&] { return passed_ - start > 30s; }));
  EXPECT_EQ(a_.terms, 1);
  EXPECT_TRUE(b_.leads);
}

TEST_F(LeaseTest, LostAnswersOfRenewalsAreSurvived) {
  a_.start();
  ASSERT_TRUE(comes([&] { return a_.leads.load(); }));
  b_.start();
  a_.road->next({.method = "PUT"}, Fault::drop_after_send(), 3);
  Duration start = passed_;
  ASSERT_TRUE(comes([&] { return passed_ - start > 30s; }));
  EXPECT_TRUE(a_.leads);
  EXPECT_EQ(b_.terms, 0);
  EXPECT_EQ(a_.road->left(), 0);
}

TEST_F(LeaseTest, OfTwoThatStartTogetherOneLeads) {
  a_.start();
  b_.start();
  ASSERT_TRUE(comes([&] { return a_.leads || b_.leads; }));
  Duration start = passed_;
  ASSERT_TRUE(comes([&] { return passed_ - start > 40s; }));
  EXPECT_FALSE(both_);
  EXPECT_EQ(a_.terms + b_.terms, 1);
}

}  // namespace
}  // namespace nanika::kube
