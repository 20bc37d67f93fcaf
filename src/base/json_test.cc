#include "base/json.h"

#include <random>

#include <boost/json/monotonic_resource.hpp>
#include <gmock/gmock.h>

namespace nanika::base {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

json::value parsed(std::string_view text) {
  auto value = parse_json(text);
  EXPECT_TRUE(value) << text << ": " << value.error().message;
  return value.value_or(nullptr);
}

std::string error_of(std::string_view text, JsonLimits limits = {}) {
  auto value = parse_json(text, nullptr, limits);
  EXPECT_FALSE(value) << text;
  if (value) return "";
  EXPECT_EQ(value.error().code, Code::kInvalid);
  return value.error().message;
}

TEST(Json, PrintsNumbersAsGoDoes) {
  // Right: what Go 1.22's json.Marshal prints for the float64.
  const std::pair<double, std::string_view> kCases[] = {
      {0.0, "0"},
      {-0.0, "-0"},
      {1.0, "1"},
      {-1.5, "-1.5"},
      {0.1, "0.1"},
      {1e-6, "0.000001"},
      {9.99e-7, "9.99e-7"},
      {1e-7, "1e-7"},
      {1.5e-10, "1.5e-10"},
      {1e20, "100000000000000000000"},
      {1e21, "1e+21"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {5e-324, "5e-324"},
      {123456789012345680000.0, "123456789012345680000"},
      {-9007199254740993.0, "-9007199254740992"},
      {18446744073709551616.0, "18446744073709552000"},
      {0.30000000000000004, "0.30000000000000004"},
  };
  for (const auto& [number, text] : kCases) EXPECT_EQ(to_json(number), text);
  EXPECT_EQ(to_json(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(to_json(std::numeric_limits<int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(to_json(std::numeric_limits<uint64_t>::max()), "18446744073709551615");
}

TEST(Json, KeepsIntegersAndExactFloats) {
  EXPECT_TRUE(parsed("4294967295").is_int64());
  EXPECT_TRUE(parsed("-9223372036854775808").is_int64());
  EXPECT_TRUE(parsed("9223372036854775808").is_uint64());
  EXPECT_TRUE(parsed("18446744073709551616").is_double());
  EXPECT_TRUE(parsed("1.0").is_double());
  EXPECT_EQ(parsed("1.7976931348623157e308").as_double(), 1.7976931348623157e308);
  EXPECT_EQ(parsed("2.2250738585072011e-308").as_double(), 2.2250738585072011e-308);
  EXPECT_EQ(parsed("1e-400").as_double(), 0);
  EXPECT_THAT(error_of("[1e400]"), HasSubstr("the number 1e400 does not fit a 64-bit float"));
  EXPECT_THAT(error_of("1e99999999999"), HasSubstr("line 1, column "));
}

TEST(Json, EscapesWhatNeedsIt) {
  EXPECT_EQ(to_json("a\"b\\c\n\t\r\b\f\x01</script>&"), R"("a\"b\\c\n\t\r\b\f\u0001</script>&")");
  EXPECT_EQ(to_json("何か"), "\"何か\"");
  EXPECT_EQ(to_json("\xe2\x80\xa8\xe2\x80\xa9"), R"("\u2028\u2029")");
  EXPECT_EQ(to_json("a\xff\xc3"), R"("a\ufffd\ufffd")");
  EXPECT_EQ(to_json("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")");  // a surrogate is no character
  EXPECT_EQ(to_json(""), R"("")");
}

TEST(Json, ReadsEscapes) {
  EXPECT_EQ(parsed(R"("\u4f55\u304b \ud83d\ude00 \/ \n")").as_string(),
            "何か \xf0\x9f\x98\x80 / \n");
  EXPECT_THAT(error_of(R"("\ud83d")"),
              HasSubstr("column 8: bad escape in a string: '\"' cannot follow"));
  EXPECT_THAT(error_of("{\"a"), HasSubstr("ends inside a string"));
}

TEST(Json, SaysWhereAndWhatIsWrong) {
  EXPECT_EQ(error_of(""), "line 1, column 1: the document is empty");
  EXPECT_EQ(error_of("{\n  \"a\": 1\n  \"b\": 2}"),
            "line 3, column 3: unexpected '\"', expected ',' and a key, or '}'");
  EXPECT_EQ(error_of("[1 2]"),
            "line 1, column 4: unexpected '2', expected ',' and a value, or ']'");
  EXPECT_EQ(error_of("{\"a\" 1}"), "line 1, column 6: unexpected '1', expected ':' and a value");
  EXPECT_EQ(error_of("{a: 1}"),
            "line 1, column 2: unexpected 'a', expected a key in double quotes or '}'");
  EXPECT_EQ(error_of("{} x"), "line 1, column 4: 'x' after the document's end");
  EXPECT_THAT(error_of("{\"a\": [1, 2"), HasSubstr("the document ends where"));
  EXPECT_THAT(error_of("\"a\nb\""), HasSubstr("line 1, column 3: byte 0x0a in a string"));
  EXPECT_THAT(error_of("\"\xff\""),
              HasSubstr("column 2: byte 0xff in a string is not valid UTF-8"));
  EXPECT_THAT(error_of("nul"), HasSubstr("the document ends"));
}

TEST(Json, BoundsDepth) {
  auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_json(nested(512)));
  EXPECT_EQ(error_of(nested(513)), "line 1, column 513: nested deeper than 512 levels");
  EXPECT_THAT(error_of(std::string(1000000, '[')), HasSubstr("512 levels"));
  EXPECT_TRUE(parse_json("[[1]]", nullptr, {.max_depth = 2}));
  EXPECT_THAT(error_of("[[[1]]]", {.max_depth = 2}), HasSubstr("2 levels"));
}

TEST(Json, FindsDuplicateKeysAndKeepsTheLast) {
  DuplicateKeys duplicates;
  auto value = parse_json(
      R"({"a":1,"spec":{"ports":[{"name":"x"},{"name":"y","na\u006de":"z"}]},"a":{"b":1,"b":2},"a":3})",
      &duplicates);
  ASSERT_TRUE(value);
  EXPECT_THAT(duplicates, ElementsAre("spec.ports[1].name", "a", "a.b"));
  EXPECT_EQ(value->at("a").as_int64(), 3);
  EXPECT_EQ(value->at("spec").at("ports").at(1).at("name").as_string(), "z");

  duplicates.clear();
  ASSERT_TRUE(parse_json(R"({"\u0061":1,"\u0062":2,"a":3,"x\u0062":4,"xb":5})", &duplicates));
  EXPECT_THAT(duplicates, ElementsAre("a", "xb"));

  std::string large = "{";
  for (int i = 0; i < 5000; i++) large += fmt::format("\"k{}\":{},", i, i);
  duplicates.clear();
  ASSERT_TRUE(parse_json(large + "\"k3\":0,\"k4999\":0}", &duplicates));
  EXPECT_THAT(duplicates, ElementsAre("k3", "k4999"));
  duplicates.clear();
  ASSERT_TRUE(parse_json(large + "\"k5000\":0}", &duplicates));
  EXPECT_THAT(duplicates, ElementsAre());
}

TEST(Json, UsesTheGivenStorage) {
  boost::json::monotonic_resource arena;
  auto value = parse_json(R"({"a":["b"]})", nullptr, {}, &arena);
  ASSERT_TRUE(value);
  EXPECT_EQ(value->storage().get(), &arena);
  EXPECT_EQ(value->at("a").storage().get(), &arena);
}

TEST(Json, ComparesByValue) {
  EXPECT_TRUE(json_equal(parsed(R"({"a":1,"b":[1.0,"x"]})"), parsed(R"({"b":[1,"x"],"a":1.0})")));
  EXPECT_FALSE(json_equal(parsed(R"({"a":1})"), parsed(R"({"a":1,"b":null})")));
  EXPECT_FALSE(json_equal(parsed("[1,2]"), parsed("[2,1]")));
  EXPECT_FALSE(json_equal(parsed("9007199254740993"), parsed("9007199254740992.0")));
  EXPECT_TRUE(json_equal(parsed("9223372036854775808"), parsed("9223372036854775808.0")));
  EXPECT_FALSE(json_equal(parsed("1e300"), parsed("1")));
  EXPECT_FALSE(json_equal(parsed("\"1\""), parsed("1")));
}

TEST(Json, WalksPaths) {
  json::value v = parsed(R"({"spec":{"type":"LoadBalancer","n":1}})");
  EXPECT_EQ(find_string(v, "spec", "type"), "LoadBalancer");
  EXPECT_EQ(find_string(v, "spec", "n"), "");
  EXPECT_EQ(find_string(v, "spec", "type", "x"), "");
  EXPECT_EQ(find(v, "status"), nullptr);
}

TEST(Json, PrintsForPeople) {
  EXPECT_EQ(to_json_pretty(parsed(R"({"a":[1,{}],"b":{"c":[]}})")),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {\n    \"c\": []\n  }\n}");
}

json::value random_value(std::mt19937_64& random, int depth) {
  auto text = [&] {
    std::string s;
    static constexpr std::string_view kPieces[] = {
        "a", "\"", "\\", "\n", "\x01", "é", "何", "\xf0\x9f\x98\x80", " ", "/", "\x7f", "b"};
    for (size_t n = random() % 6; n > 0; n--) s += kPieces[random() % std::size(kPieces)];
    return s;
  };
  switch (random() % (depth > 0 ? 8 : 6)) {
    case 0:
      return nullptr;
    case 1:
      return random() % 2 == 0;
    case 2:
      return static_cast<int64_t>(random());
    case 3:
      return random();
    case 4: {
      double d = std::bit_cast<double>(random());
      // A whole number that large is printed by its shortest digits and read back as an integer.
      bool reads_back = std::isfinite(d) && (std::abs(d) < 0x1p53 || std::abs(d) > 0x1p64);
      return reads_back ? json::value(d) : json::value(0.5);
    }
    case 5:
      return json::value(text());
    case 6: {
      json::array array;
      for (size_t n = random() % 5; n > 0; n--) array.push_back(random_value(random, depth - 1));
      return array;
    }
    default: {
      json::object object;
      for (size_t n = random() % 5; n > 0; n--) object[text()] = random_value(random, depth - 1);
      return object;
    }
  }
}

TEST(Json, RoundTripsAnyValue) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 5000; i++) {
    json::value value = random_value(random, 5);
    std::string text = to_json(value);
    auto back = parse_json(text);
    ASSERT_TRUE(back) << text << ": " << back.error().message;
    ASSERT_TRUE(json_equal(value, *back)) << text;
    ASSERT_EQ(to_json(*back), text);
    ASSERT_TRUE(json_equal(parsed(to_json_pretty(value)), value)) << text;
  }
}

TEST(Json, SurvivesBrokenInput) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 20000; i++) {
    std::string text = to_json(random_value(random, 4));
    for (size_t n = 1 + random() % 3; n > 0 && !text.empty(); n--) {
      size_t at = random() % text.size();
      if (random() % 2 == 0) {
        text[at] = static_cast<char>(random());
      } else {
        text.erase(at, 1 + random() % 4);
      }
    }
    DuplicateKeys duplicates;
    auto value = parse_json(text, &duplicates);
    if (!value) {
      ASSERT_THAT(value.error().message, testing::StartsWith("line "));
    } else {
      ASSERT_TRUE(parse_json(to_json(*value)));
    }
  }
}

}  // namespace
}  // namespace nanika::base
