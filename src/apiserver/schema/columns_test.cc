// testdata/columns.jsonl: an object, then JSONPaths with the cell that apiextensions-apiserver 1.37
// shows for each type of column.
#include "apiserver/schema/columns.h"

#include <fstream>
#include <random>

#include <gtest/gtest.h>

namespace nanika::apiserver::schema {
namespace {

json::value one_column(std::string_view type, std::string_view path) {
  return json::array{json::object{{"name", "X"}, {"type", type}, {"jsonPath", path}}};
}

TEST(ColumnsCorpus, EveryCellIsUpstreams) {
  std::ifstream file(NANIKA_SOURCE_DIR "/src/apiserver/schema/testdata/columns.jsonl");
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  const json::value object = *base::parse_json(line);
  int rows = 0;
  for (; std::getline(file, line); ++rows) {
    SCOPED_TRACE(line);
    const json::value row = *base::parse_json(line);
    const std::string_view path = base::find_string(row, "path");
    EXPECT_EQ(JsonPath::parse(path).has_value(), row.at("parsed").as_bool());
    if (!row.at("parsed").as_bool()) continue;
    for (const auto& [type, want] : row.at("cells").as_object()) {
      const json::value columns = one_column(type, path);
      const json::array cells = Columns::compile(&columns).cells(object, {});
      ASSERT_EQ(cells.size(), 2u);
      EXPECT_TRUE(base::json_equal(cells[1], want)) << type << " " << base::to_json(cells[1]);
    }
  }
  EXPECT_GT(rows, 60);
}

TEST(Columns, DatesAreAges) {
  const json::value columns = one_column("date", ".metadata.creationTimestamp");
  const json::value object =
      json::object{{"metadata", {{"name", "n"}, {"creationTimestamp", "2026-11-23T10:00:00Z"}}}};
  const auto now = *base::parse_time("2026-11-23T10:05:30Z");
  EXPECT_EQ(base::to_json(Columns::compile(&columns).cells(object, now)), R"(["n","5m30s"])");
}

TEST(Columns, NoneGivenMeansTheAge) {
  const json::array definitions = Columns::compile(nullptr).definitions();
  ASSERT_EQ(definitions.size(), 2u);
  EXPECT_EQ(base::find_string(definitions[0], "name"), "Name");
  EXPECT_EQ(base::find_string(definitions[1], "name"), "Age");
  EXPECT_EQ(base::find_string(definitions[1], "type"), "date");
}

TEST(Columns, DefinitionsSayWhatTheCrdSays) {
  const json::value columns = *base::parse_json(
      R"([{"name":"A","type":"integer","format":"int32","priority":1,"jsonPath":".spec.a"},
          {"name":"B","type":"string","description":"the b","jsonPath":".spec.b"}])");
  const json::array definitions = Columns::compile(&columns).definitions();
  EXPECT_EQ(base::to_json(definitions[1]),
            R"({"name":"A","type":"integer","format":"int32","description":"Custom resource )"
            R"(definition column (in JSONPath format): .spec.a","priority":1})");
  EXPECT_EQ(base::find_string(definitions[2], "description"), "the b");
}

TEST(JsonPath, PlainFieldsAreForPathsThatAreWritten) {
  EXPECT_EQ(JsonPath::parse(".spec.replicas")->plain_fields(),
            (std::vector<std::string>{"spec", "replicas"}));
  EXPECT_EQ(JsonPath::parse(".spec.l[0]")->plain_fields(), std::nullopt);
  EXPECT_EQ(JsonPath::parse(".")->plain_fields(), std::nullopt);
}

TEST(JsonPath, IsBounded) {
  EXPECT_FALSE(JsonPath::parse(std::string(5000, 'a')));
  std::string deep = ".a";
  for (int i = 0; i < 100; ++i) deep = ".a[?(@" + deep + ")]";
  EXPECT_FALSE(JsonPath::parse(deep));
  json::array wide;
  for (int i = 0; i < 300; ++i) wide.push_back(json::array(300, 1));
  EXPECT_TRUE(JsonPath::parse("..[*]")->find(wide).empty());
}

TEST(JsonPathFuzz, NothingCrashes) {
  std::mt19937 engine(3);
  constexpr std::string_view kParts[] = {".",  "..",    "[", "]", "[?(", ")]", "@",
                                         "==", "\"x\"", "'", "a", "*",   ",",  "1",
                                         "-1", ":",     " ", "<", "\\",  "}",  "b"};
  const json::value object = *base::parse_json(
      R"({"a":[{"b":1,"a":"x"},{"b":[1,2,{"a":null}]}],"b":{"a":{"b":true}},"x":1.5})");
  std::uniform_int_distribution<size_t> part(0, std::size(kParts) - 1);
  std::uniform_int_distribution<int> length(1, 12);
  int parsed = 0;
  for (int i = 0; i < 50000; ++i) {
    std::string text;
    for (int n = length(engine); n > 0; --n) text += kParts[part(engine)];
    const auto path = JsonPath::parse(text);
    if (!path) continue;
    ++parsed;
    path->find(object);
    path->plain_fields();
  }
  EXPECT_GT(parsed, 1000);
}

}  // namespace
}  // namespace nanika::apiserver::schema
