#include "kube/queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock_fake.h"
#include "kube/testing.h"

namespace nanika::kube {
namespace {

using namespace std::chrono_literals;

const Key kA{"ns", "a"};
const Key kB{"ns", "b"};
const Key kC{"", "c"};

class QueueTest : public testing::Test {
 protected:
  // Nothing is in the queue now, and no worker would be given anything.
  bool empty() const { return queue_.depth() == 0; }

  base::FakeClock clock_;
  Metrics metrics_;
  Queue queue_{clock_, {.name = "test"}, &metrics_};
  std::stop_source stop_;
};

TEST_F(QueueTest, HoldsAKeyOnceAndGivesInOrder) {
  queue_.add(kA);
  queue_.add(kB);
  queue_.add(kA);
  EXPECT_EQ(queue_.depth(), 2);
  EXPECT_EQ(queue_.get(stop_.get_token()), kA);
  EXPECT_EQ(queue_.get(stop_.get_token()), kB);
  EXPECT_TRUE(empty());
}

TEST_F(QueueTest, FreshEventsOvertakeTheInitialList) {
  queue_.add(kA, Priority::kInitial);
  queue_.add(kB, Priority::kInitial);
  queue_.add(kC);
  queue_.add(kB);  // lifts it up
  EXPECT_EQ(queue_.get(stop_.get_token()), kC);
  EXPECT_EQ(queue_.get(stop_.get_token()), kB);
  EXPECT_EQ(queue_.get(stop_.get_token()), kA);
  queue_.add(kC, Priority::kInitial);
  queue_.add(kC);
  EXPECT_TRUE(empty());  // being processed
}

TEST_F(QueueTest, AKeyAddedWhileProcessedComesAgainAfterDone) {
  queue_.add(kA);
  ASSERT_EQ(queue_.get(stop_.get_token()), kA);
  queue_.add(kA);
  queue_.add(kA);
  EXPECT_TRUE(empty());
  queue_.done(kA);
  EXPECT_EQ(queue_.depth(), 1);
  ASSERT_EQ(queue_.get(stop_.get_token()), kA);
  queue_.done(kA);
  EXPECT_TRUE(empty());
  EXPECT_EQ(queue_.processing(), 0);
}

TEST_F(QueueTest, BackoffDoublesPerKeyUntilForgotten) {
  for (Duration wait : {5ms, 10ms, 20ms, 40ms}) {
    queue_.add_rate_limited(kA);
    clock_.advance(wait - 1ms);
    EXPECT_TRUE(empty());
    clock_.advance(1ms);
    ASSERT_TRUE(eventually([&] { return queue_.depth() == 1; }));
    queue_.done(*queue_.get(stop_.get_token()));
  }
  queue_.add_rate_limited(kB);  // a backoff of its own
  clock_.advance(5ms);
  ASSERT_TRUE(eventually([&] { return queue_.depth() == 1; }));
  queue_.done(*queue_.get(stop_.get_token()));
  queue_.forget(kA);
  queue_.add_rate_limited(kA);
  clock_.advance(5ms);
  EXPECT_TRUE(eventually([&] { return queue_.depth() == 1; }));
}

TEST_F(QueueTest, BackoffEndsAtItsMaximum) {
  for (int i = 0; i < 5000; ++i) queue_.add_rate_limited(kA);  // 2^5000 is no double
  EXPECT_EQ(queue_.failures(kA), 5000);
  queue_.add_rate_limited(kB);
  for (int i = 0; i < 30; ++i) queue_.add_rate_limited(kC);
  clock_.advance(1000s);
  EXPECT_TRUE(eventually([&] { return queue_.depth() == 3; }));
}

TEST_F(QueueTest, TheEarliestOfSeveralDelaysCounts) {
  queue_.add_after(kA, 10s);
  queue_.add_after(kA, 1s);
  queue_.add_after(kA, 20s);
  queue_.add_after(kB, 500ms);  // earlier than what the delay thread sleeps for
  EXPECT_EQ(queue_.waiting(), 2);
  clock_.advance(500ms);
  ASSERT_TRUE(eventually([&] { return queue_.depth() == 1; }));
  EXPECT_EQ(queue_.get(stop_.get_token()), kB);
  clock_.advance(500ms);
  ASSERT_TRUE(eventually([&] { return queue_.depth() == 1; }));
  EXPECT_EQ(queue_.get(stop_.get_token()), kA);
  EXPECT_EQ(queue_.waiting(), 0);
}

TEST_F(QueueTest, AStopRequestEndsWaiting) {
  std::optional<Key> got = kA;
  std::jthread worker([&] { got = queue_.get(stop_.get_token()); });
  stop_.request_stop();
  worker.join();
  EXPECT_EQ(got, std::nullopt);
}

// Eight workers and four producers: no key is ever with two workers, and the last add of each key
// is followed by a processing.
TEST_F(QueueTest, NeverGivesOneKeyToTwoWorkers) {
  constexpr int kKeys = 10, kAdds = 2000;
  std::array<std::atomic<int>, kKeys> added{}, seen{}, busy{};
  std::atomic<bool> clash = false;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      while (auto key = queue_.get(stop_.get_token())) {
        size_t k = key->name[0] - '0';
        if (busy[k].fetch_add(1) != 0) clash = true;
        seen[k] = added[k].load();
        busy[k].fetch_sub(1);
        queue_.done(*key);
      }
    });
  }
  {
    std::vector<std::jthread> producers;
    for (int p = 0; p < 4; ++p) {
      producers.emplace_back([&, p] {
        for (int i = 0; i < kAdds; ++i) {
          size_t k = (i * 7 + p) % kKeys;
          added[k].fetch_add(1);
          queue_.add({"", std::string(1, static_cast<char>('0' + k))},
                     i % 2 ? Priority::kFresh : Priority::kInitial);
        }
      });
    }
  }
  EXPECT_TRUE(eventually([&] { return queue_.depth() + queue_.processing() == 0; }));
  for (int k = 0; k < kKeys; ++k) EXPECT_EQ(seen[k], added[k]);
  EXPECT_FALSE(clash);
  stop_.request_stop();
}

TEST_F(QueueTest, ReportsUpstreamsMetrics) {
  queue_.add(kA);
  queue_.add(kB);
  clock_.advance(2s);
  queue_.get(stop_.get_token());
  clock_.advance(3s);
  std::string text = metrics_.expose();
  for (const char* line :
       {"workqueue_depth{name=\"test\",controller=\"test\"} 1\n",
        "workqueue_adds_total{name=\"test\",controller=\"test\"} 2\n",
        "workqueue_queue_duration_seconds_sum{name=\"test\",controller=\"test\"} 2\n",
        "workqueue_unfinished_work_seconds{name=\"test\",controller=\"test\"} 3\n",
        "workqueue_longest_running_processor_seconds{name=\"test\",controller=\"test\"} 3\n"}) {
    EXPECT_THAT(text, testing::HasSubstr(line));
  }
}

}  // namespace
}  // namespace nanika::kube
