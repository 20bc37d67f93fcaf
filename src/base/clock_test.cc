#include "base/clock.h"

#include <gmock/gmock.h>

#include "base/clock_fake.h"

namespace nanika::base {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(Time, FormatsAndParses) {
  WallTime t = *parse_time("2026-11-23T10:00:00.1234567891Z");
  EXPECT_EQ(format_time(t), "2026-11-23T10:00:00Z");
  EXPECT_EQ(format_micro_time(t), "2026-11-23T10:00:00.123456Z");
  EXPECT_EQ(t.time_since_epoch() % 1s, 123456789ns);
  EXPECT_EQ(*parse_time("2026-11-23T19:00:00+09:00"), *parse_time("2026-11-23T10:00:00Z"));
  EXPECT_EQ(*parse_time("2026-11-23T04:30:00-05:30"), *parse_time("2026-11-23T10:00:00Z"));
  EXPECT_EQ(format_micro_time(*parse_time("1969-12-31T23:59:59.5Z")),
            "1969-12-31T23:59:59.500000Z");
  EXPECT_TRUE(parse_time("2024-02-29T00:00:00Z"));
  for (std::string_view text :
       {"", "2026-11-23", "2026-11-23 10:00:00Z", "2026-11-23T10:00:00", "2026-02-29T00:00:00Z",
        "2026-11-23T24:00:00Z", "2026-11-23T10:00:60Z", "2026-11-23T10:00:00.Z",
        "2026-11-23T10:00:00Zx", "2026-11-23T10:00:00+24:00", "0001-01-01T00:00:00Z"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
  EXPECT_EQ(format_micro_time(*parse_any_time("0001-01-01T00:00:02.5Z")),
            "0001-01-01T00:00:02.500000Z");
  EXPECT_EQ(format_time(*parse_any_time("9999-12-31T23:59:59Z")), "9999-12-31T23:59:59Z");
}

TEST(Time, DurationsAreGos) {
  const std::pair<std::string_view, Duration> kCases[] = {
      {"0", 0s},
      {"90s", 90s},
      {"1m30s", 90s},
      {"300ms", 300ms},
      {"1h", 1h},
      {"-2s", -2s},
      {"1.5h", 90min},
      {".5s", 500ms},
      {"1.s", 1s},
      {"+3us", 3us},
      {"1h0.000000001s", 1h + 1ns},
      {"2\xc2\xb5s", 2us},
  };
  for (const auto& [text, duration] : kCases) EXPECT_EQ(parse_duration(text), duration) << text;
  EXPECT_EQ(parse_duration("9223372036854775807ns"), Duration::max());
  EXPECT_EQ(parse_duration("3").error().message, "time: missing unit in duration \"3\"");
  EXPECT_EQ(parse_duration("3d").error().message, "time: unknown unit \"d\" in duration \"3d\"");
  for (std::string_view text : {"", "-", "s", ".s", "1..5s", "9223372036854775808ns", "3000000h",
                                "99999999999999999999s", "1s "}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  const std::pair<Duration, std::string_view> kPrinted[] = {
      {0s, "0s"},       {90s, "1m30s"},   {1h, "1h0m0s"},
      {1500ms, "1.5s"}, {300ms, "300ms"}, {1100ns, "1.1µs"},
      {5ns, "5ns"},     {-90s, "-1m30s"}, {3661s + 1ns, "1h1m1.000000001s"},
  };
  for (const auto& [duration, text] : kPrinted) EXPECT_EQ(format_duration(duration), text);
}

TEST(Time, AgesAreKubectls) {
  const std::pair<Duration, std::string_view> kCases[] = {
      {-5s, "<invalid>"},    {-1s, "0s"},       {5s, "5s"},
      {119s, "119s"},        {120s, "2m"},      {190s, "3m10s"},
      {10min, "10m"},        {179min, "179m"},  {3h, "3h"},
      {3h + 5min, "3h5m"},   {8h + 5min, "8h"}, {47h, "47h"},
      {48h, "2d"},           {49h, "2d1h"},     {24h * 8, "8d"},
      {24h * 729, "729d"},   {24h * 730, "2y"}, {24h * 1105, "3y10d"},
      {24h * 365 * 9, "9y"},
  };
  for (const auto& [duration, text] : kCases) EXPECT_EQ(format_age(duration), text);
}

TEST(Clock, SleepsUntilTimeOrStop) {
  const Clock& clock = system_clock();
  EXPECT_TRUE(clock.sleep_for(1ms, {}));
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_FALSE(clock.sleep_for(1h, stop.get_token()));
}

TEST(FakeClock, MovesOnlyWhenTold) {
  FakeClock clock;
  MonoTime mono = clock.mono();
  WallTime wall = clock.wall();
  std::atomic<bool> woke = false;
  std::jthread sleeper([&](std::stop_token stop) { woke = clock.sleep_until(mono + 10s, stop); });
  clock.advance(4s);
  clock.skew(-1h);
  EXPECT_EQ(clock.mono() - mono, 4s);
  EXPECT_EQ(clock.wall() - wall, 4s - 1h);
  clock.advance(6s);
  sleeper.join();
  EXPECT_TRUE(woke);

  std::jthread stopped([&](std::stop_token stop) { woke = clock.sleep_for(1h, stop); });
  stopped.request_stop();
  stopped.join();
  EXPECT_FALSE(woke);
}

}  // namespace
}  // namespace nanika::base
