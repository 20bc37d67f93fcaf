#include "base/log.h"

#include <gmock/gmock.h>

#include "base/json.h"

namespace nanika::base {
namespace {

using testing::EndsWith;
using testing::MatchesRegex;

std::string logged(log::Format format, auto write) {
  log::configure(format, log::Level::kInfo);
  testing::internal::CaptureStderr();
  write();
  std::string text = testing::internal::GetCapturedStderr();
  log::configure(log::Format::kText, log::Level::kInfo);
  return text;
}

TEST(Log, WritesTextForPeople) {
  std::string line = logged(log::Format::kText, [] {
    log::debug("x", "not shown");
    log::info("addresses", "address allocated",
              {{log::Key::kObject, "shop/www"},
               {log::Key::kReason, "a \"b\"\nc"},
               {log::Key::kCount, 3}});
  });
  EXPECT_THAT(line, MatchesRegex("[0-9T:-]*\\.[0-9][0-9][0-9]Z INFO  .*"));
  EXPECT_THAT(line, EndsWith(" INFO  addresses: address allocated object=shop/www "
                             "reason=\"a \\\"b\\\"\\nc\" count=3\n"));
}

TEST(Log, NeverBreaksALine) {
  std::string line = logged(log::Format::kText, [] { log::warning("x", "a\nERROR forged"); });
  EXPECT_EQ(std::ranges::count(line, '\n'), 1);
}

TEST(Log, WritesJsonForMachines) {
  std::string line = logged(log::Format::kJson, [] {
    log::error("http", "bad \"request\"", {{log::Key::kError, Error{Code::kInvalid, "no\tway"}}});
  });
  auto value = parse_json(line);
  ASSERT_TRUE(value) << line;
  EXPECT_EQ(find_string(*value, "level"), "error");
  EXPECT_EQ(find_string(*value, "component"), "http");
  EXPECT_EQ(find_string(*value, "message"), "bad \"request\"");
  EXPECT_EQ(find_string(*value, "error"), "no\tway");
}

}  // namespace
}  // namespace nanika::base
