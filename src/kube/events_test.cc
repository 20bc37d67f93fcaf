#include "kube/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/core/service.h"
#include "kube/fake_api.h"
#include "kube/testing.h"
#include "kube/transport_fake.h"

namespace nanika::kube {
namespace {

using namespace std::chrono_literals;

class EventsTest : public testing::Test {
 protected:
  void SetUp() override {
    service_.metadata.namespace_ = "shop";
    service_.metadata.name = "www";
    service_.metadata.uid = "u1";
  }
  void start() {
    thread_ = std::jthread([this](std::stop_token stop) { events_.run(stop); });
  }
  std::vector<api::Event> written() {
    return client_.list<api::Event>(Context{.clock = &clock_})->items;
  }
  bool counts(int32_t count) {
    return eventually(clock_, [&] {
      auto all = written();
      return all.size() == 1 && all[0].count == count;
    });
  }

  base::FakeClock clock_;
  Metrics metrics_;
  std::shared_ptr<FakeApi> api_ = std::make_shared<FakeApi>(clock_);
  std::shared_ptr<FaultyTransport> road_ = std::make_shared<FaultyTransport>(api_);
  Client client_{road_, clock_};
  EventRecorder events_{client_, "nanika-test", &metrics_};
  api::Service service_;
  std::jthread thread_;
};

TEST_F(EventsTest, WritesWhatDescribeShows) {
  start();
  events_.warning(service_, "Exhausted", "no free address");
  ASSERT_TRUE(counts(1));
  api::Event event = written()[0];
  EXPECT_EQ(event.metadata.namespace_, "shop");
  EXPECT_EQ(event.involved_object.kind, "Service");
  EXPECT_EQ(event.involved_object.name, "www");
  EXPECT_EQ(event.involved_object.uid, "u1");
  EXPECT_EQ(event.type, "Warning");
  EXPECT_EQ(event.reason, "Exhausted");
  EXPECT_EQ(event.message, "no free address");
  EXPECT_EQ(event.source.component, "nanika-test");
}

TEST_F(EventsTest, RepetitionsRaiseTheCount) {
  start();
  for (int i = 1; i <= 4; ++i) {
    events_.warning(service_, "Exhausted", "no free address");
    ASSERT_TRUE(counts(i));
    clock_.advance(1min);
  }
  api::Event event = written()[0];
  EXPECT_GE(event.last_timestamp.at - event.first_timestamp.at, 3min);
  events_.warning(service_, "Exhausted", "another message");
  EXPECT_TRUE(eventually(clock_, [&] { return written().size() == 2; }));
}

TEST_F(EventsTest, AnEventThatIsGoneIsMadeAnew) {
  start();
  events_.normal(service_, "Allocated", "203.0.113.7");
  ASSERT_TRUE(counts(1));
  api_->remove("events", key_of(written()[0].metadata));
  events_.normal(service_, "Allocated", "203.0.113.7");
  EXPECT_TRUE(counts(1));
}

TEST_F(EventsTest, ABrokenServerBlocksNobody) {
  road_->next({}, Fault::slow(1h), 100000);
  start();
  for (int i = 0; i < 5000; ++i) {
    service_.metadata.uid = std::to_string(i);
    events_.normal(service_, "Reason", std::to_string(i));
  }
  EXPECT_THAT(metrics_.expose(), testing::ContainsRegex("events_dropped_total.* [34]"));
  std::jthread time([this](std::stop_token stop) {
    while (!stop.stop_requested()) clock_.advance(20ms), std::this_thread::yield();
  });
  thread_.request_stop();
  thread_.join();
}

TEST_F(EventsTest, OneObjectCannotFloodTheRest) {
  for (int i = 0; i < 100; ++i) events_.normal(service_, "Flaps", std::to_string(i));
  service_.metadata.name = "other";
  events_.normal(service_, "Calm", "x");
  start();
  ASSERT_TRUE(eventually(clock_, [&] { return written().size() == 26; }));
}

TEST_F(EventsTest, WhatIsLeftAtTheEndIsStillWritten) {
  for (int i = 0; i < 10; ++i) events_.normal(service_, "Last", std::to_string(i));
  start();
  thread_.request_stop();
  thread_.join();
  EXPECT_EQ(written().size(), 10);
}

}  // namespace
}  // namespace nanika::kube
