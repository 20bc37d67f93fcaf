#include "kube/conditions.h"

#include <gtest/gtest.h>

#include "base/clock_fake.h"

namespace nanika::kube {
namespace {

using namespace std::chrono_literals;

TEST(Conditions, TransitionTimeMovesWithTheStatusAlone) {
  base::FakeClock clock;
  std::vector<api::Condition> conditions;
  EXPECT_TRUE(
      set_condition(conditions, {.type = "Ready", .status = "False", .reason = "A"}, clock));
  api::Time first = conditions[0].last_transition_time;
  clock.advance(90s);
  EXPECT_FALSE(
      set_condition(conditions, {.type = "Ready", .status = "False", .reason = "A"}, clock));
  EXPECT_TRUE(set_condition(
      conditions,
      {.type = "Ready", .status = "False", .observed_generation = 2, .reason = "B", .message = "m"},
      clock));
  EXPECT_EQ(conditions[0].last_transition_time, first);
  EXPECT_EQ(conditions[0].reason, "B");
  EXPECT_TRUE(set_condition(conditions, {.type = "Ready", .status = "True", .reason = "C"}, clock));
  EXPECT_EQ(conditions[0].last_transition_time.at, first.at + 90s);
  EXPECT_TRUE(is_true(conditions, "Ready"));
}

TEST(Conditions, AreKeptByTypeInTheirOrder) {
  base::FakeClock clock;
  std::vector<api::Condition> conditions;
  set_condition(conditions, {.type = "A", .status = "True"}, clock);
  set_condition(conditions, {.type = "B", .status = "Unknown"}, clock);
  set_condition(conditions, {.type = "A", .status = "False"}, clock);
  ASSERT_EQ(conditions.size(), 2);
  EXPECT_EQ(conditions[0].type, "A");
  EXPECT_FALSE(is_true(conditions, "B"));
  EXPECT_EQ(find_condition(conditions, "C"), nullptr);
  EXPECT_TRUE(remove_condition(conditions, "A"));
  EXPECT_FALSE(remove_condition(conditions, "A"));
  EXPECT_EQ(conditions[0].type, "B");
}

}  // namespace
}  // namespace nanika::kube
