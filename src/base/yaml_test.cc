#include "base/yaml.h"

#include <random>

#include <gmock/gmock.h>

namespace nanika::base {
namespace {

using testing::HasSubstr;

std::string json_of(std::string_view yaml) {
  auto value = parse_yaml(yaml);
  EXPECT_TRUE(value) << yaml << "\n" << value.error().message;
  return value ? to_json(*value) : "";
}

std::string error_of(std::string_view yaml) {
  auto value = parse_yaml(yaml);
  EXPECT_FALSE(value) << yaml;
  return value ? "" : value.error().message;
}

TEST(Yaml, ReadsAManifest) {
  EXPECT_EQ(
      json_of(R"(
apiVersion: v1   # comment
kind: Service
metadata: {name: www, labels: {"a/b": 'it''s'}}
spec:
  ports:
  - port: 80
    name: "http\t"
  - {port: 443}
  text: |
    one
     two
  folded: >-
    a
    b
  empty:
)"),
      R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"www","labels":{"a/b":"it's"}},)"
      R"("spec":{"ports":[{"port":80,"name":"http\t"},{"port":443}],"text":"one\n two\n",)"
      R"("folded":"a b","empty":null}})");
}

TEST(Yaml, ResolvesScalarsAsKubernetesDoes) {
  // Right: what sigs.k8s.io/yaml v1.4 YAMLToJSON gives.
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"yes", "true"},
      {"No", "false"},
      {"on", "true"},
      {"y", "true"},
      {"oN", "\"oN\""},
      {"'yes'", "\"yes\""},
      {"\"1\"", "\"1\""},
      {"~", "null"},
      {"", "null"},
      {"NULL", "null"},
      {"nULL", "\"nULL\""},
      {"1", "1"},
      {"+1", "1"},
      {"-0x10", "-16"},
      {"0x1F", "31"},
      {"0b101", "5"},
      {"0o17", "15"},
      {"0777", "511"},
      {"08", "8"},
      {"1_000", "1000"},
      {"1e3", "1000"},
      {"1.50", "1.5"},
      {".5", "0.5"},
      {"-.5", "-0.5"},
      {"1.", "1"},
      {"1.2.3", "\"1.2.3\""},
      {"1e", "\"1e\""},
      {"0x", "\"0x\""},
      {"1:20", "\"1:20\""},
      {"2001-01-01", "\"2001-01-01\""},
      {"2001-12-14T21:59:43Z", "\"2001-12-14T21:59:43Z\""},
      {"9223372036854775807", "9223372036854775807"},
      {"18446744073709551615", "18446744073709551615"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"1e400", "\"1e400\""},
      {"!!str 1", "\"1\""},
      {"! 1", "\"1\""},
      {"!!float 1", "1"},
      {"!!int '1'", "1"},
      {"!!null null", "null"},
      {"10Gi", "\"10Gi\""},
      {"100m", "\"100m\""},
      {"_1", "\"_1\""},
      {"192.0.2.1", "\"192.0.2.1\""},
      {"2001:db8::1", "\"2001:db8::1\""},
  };
  for (const auto& [yaml, json_text] : kCases) {
    EXPECT_EQ(json_of(fmt::format("a: {}", yaml)), fmt::format("{{\"a\":{}}}", json_text)) << yaml;
  }
  EXPECT_EQ(json_of("1: a\ntrue: b\n0x10: c\n1.5: d"),
            R"({"1":"a","true":"b","16":"c","1.5":"d"})");
}

TEST(Yaml, ExpandsAliasesAndMerges) {
  EXPECT_EQ(json_of("a: &x {b: 1}\nc: *x"), R"({"a":{"b":1},"c":{"b":1}})");
  EXPECT_EQ(json_of("base: &b {x: 1, y: 2}\nthis: {<<: *b, y: 3}"),
            R"({"base":{"x":1,"true":2},"this":{"true":3,"x":1}})");
  EXPECT_EQ(json_of("- &a {p: 1}\n- &c {p: 2, q: 2}\n- <<: [*a, *c]\n"),
            R"([{"p":1},{"p":2,"q":2},{"p":1,"q":2}])");
  EXPECT_THAT(error_of("a: {<<: 1}"), HasSubstr("<< merges a map"));
  EXPECT_THAT(error_of("a: &x [*x]"), HasSubstr("alias *x"));
}

TEST(Yaml, BoundsWhatAliasesExpandTo) {
  std::string bomb = "a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n";
  for (int i = 1; i < 9; i++) {
    bomb += fmt::format("a{}: &a{} [", i, i);
    for (int j = 0; j < 9; j++) bomb += fmt::format("*a{}{}", i - 1, j < 8 ? "," : "]\n");
  }
  EXPECT_THAT(error_of(bomb), HasSubstr("aliases expand to more than 10 times"));
}

TEST(Yaml, SaysWhereAndWhatIsWrong) {
  EXPECT_EQ(error_of("a: 1\nb: 2\na: 3"), "line 3, column 1: key \"a\" already set in map");
  EXPECT_EQ(error_of("a:\n  b: 1\n c: 2"),
            "line 3, column 2: did not find expected key, while parsing a block mapping that began "
            "on line 1");
  EXPECT_THAT(error_of("a: [1, 2"),
              HasSubstr("line 2, column 1: did not find expected ',' or ']'"));
  EXPECT_THAT(error_of("a:\n\t- b"), HasSubstr("line 2, column 1: found character"));
  EXPECT_THAT(error_of("a: \xff"), HasSubstr("invalid leading UTF-8 octet"));
  EXPECT_EQ(error_of("a: !foo 1"), "line 1, column 4: tag !foo is not supported");
  EXPECT_THAT(error_of("a: !!binary aGk="), HasSubstr("!!binary"));
  EXPECT_THAT(error_of("a: !!int x"), HasSubstr("cannot read `x` as a !!int"));
  EXPECT_THAT(error_of("a: .nan"), HasSubstr(".nan has no JSON form"));
  EXPECT_THAT(error_of("? [a]\n: b"), HasSubstr("a key must be"));
  EXPECT_THAT(error_of("~: b"), HasSubstr("a key must be"));
  EXPECT_THAT(error_of("a: 1\n---\nb: 2"), HasSubstr("more than one document"));
  EXPECT_THAT(error_of(std::string(600, '[') + std::string(600, ']')), HasSubstr("nested deeper"));
  EXPECT_FALSE(parse_yaml(std::string(100000, '[')));
}

TEST(Yaml, TellsWhereValuesStand) {
  YamlPositions at;
  ASSERT_TRUE(parse_yaml("a: 1\nb:\n- c: x\n  d: [1,\n   {e: 2}]\n", at));
  auto position = [&](std::string_view path) {
    auto found = at.find(path);
    return found == at.end() ? "" : fmt::format("{}:{}", found->second.line, found->second.column);
  };
  EXPECT_EQ(position(""), "1:1");
  EXPECT_EQ(position("a"), "1:4");
  EXPECT_EQ(position("b[0].c"), "3:6");
  EXPECT_EQ(position("b[0].d[1].e"), "5:8");
}

TEST(Yaml, ReadsStreams) {
  auto documents = parse_yaml_stream("---\n# nothing\n---\na: 1\n---\n---\nb: 2\n...\n");
  ASSERT_TRUE(documents) << documents.error().message;
  ASSERT_EQ(documents->size(), 2u);
  EXPECT_EQ(to_json((*documents)[1]), R"({"b":2})");
  EXPECT_EQ(json_of(""), "null");
  EXPECT_EQ(parse_yaml_stream("")->size(), 0u);
}

TEST(Yaml, ReadsJson) {
  EXPECT_EQ(json_of("{\n\t\"a\": \"\\ud83d\\ude00\\/\"}\n"), "{\"a\":\"\xf0\x9f\x98\x80/\"}");
  EXPECT_THAT(error_of(R"({"a":1,"a":2})"), HasSubstr("already set"));
}

TEST(Yaml, WritesBlocks) {
  auto value = parse_json(
      R"({"a":{"b":[1,{"c":"x","d":[[],{}]}],"t":"l1\nl2\n"},"s":["yes","a: b","#",""," x","it's","2001-01-01"],"n":null})");
  EXPECT_EQ(to_yaml(*value),
            "a:\n"
            "  b:\n"
            "  - 1\n"
            "  - c: x\n"
            "    d:\n"
            "    - []\n"
            "    - {}\n"
            "  t: |\n"
            "    l1\n"
            "    l2\n"
            "s:\n"
            "- \"yes\"\n"
            "- 'a: b'\n"
            "- '#'\n"
            "- \"\"\n"
            "- ' x'\n"
            "- it's\n"
            "- \"2001-01-01\"\n"
            "\"n\": null\n");
}

TEST(Yaml, RoundTripsAnyString) {
  static constexpr std::string_view kPieces[] = {
      "a",           " ", "\n", ":",    "#",  "-",        "'",    "\"",
      "\\",          "0", "1",  ".",    "e",  "\t",       "何",   "{",
      "]",           ",", "?",  "|",    ">",  "~",        "y",    "!",
      "&",           "*", "%",  "\x01", "<<", "\xc2\x85", "\x7f", "\xef\xbb\xbf",
      "\xe2\x80\xa8"};
  std::mt19937_64 random(5);
  auto text = [&] {
    std::string s;
    for (size_t n = random() % 7; n > 0; n--) s += kPieces[random() % std::size(kPieces)];
    return s;
  };
  for (int i = 0; i < 20000; i++) {
    json::object object;
    object[text()] = text();
    object["list"] = {text(), {{text(), text()}}, text()};
    std::string yaml = to_yaml(object);
    auto back = parse_yaml(yaml);
    ASSERT_TRUE(back) << yaml << back.error().message;
    ASSERT_TRUE(json_equal(*back, object)) << yaml << to_json(object);
  }
}

TEST(Yaml, KeepsTheLastOfDuplicatesWhenAsked) {
  std::vector<std::string> twice;
  auto value = parse_yaml("a: 1\nb: {c: 1, c: 2}\na: 3\n", twice);
  ASSERT_TRUE(value);
  EXPECT_EQ(to_json(*value), R"({"a":3,"b":{"c":2}})");
  EXPECT_THAT(twice, testing::ElementsAre("line 2: key \"c\" already set in map",
                                          "line 3: key \"a\" already set in map"));
}

}  // namespace
}  // namespace nanika::base
