// testdata/custom_resources.jsonl holds schemas and objects with what apiextensions-apiserver 1.37
// says of them: structural rules, pruning, defaults, validation, lists, embedded resources.
#include "apiserver/schema/structural.h"

#include <fstream>
#include <random>

#include <gtest/gtest.h>

#include "apiserver/schema/builtin.h"
#include "apiserver/schema/structural_prune.h"
#include "apiserver/schema/validate.h"

namespace nanika::apiserver::schema {
namespace {

std::vector<json::value> corpus() {
  std::ifstream file(NANIKA_SOURCE_DIR "/src/apiserver/schema/testdata/custom_resources.jsonl");
  std::vector<json::value> out;
  for (std::string line; std::getline(file, line);) out.push_back(base::parse_json(line).value());
  return out;
}

std::vector<std::string> texts_of(const Causes& causes) {
  std::vector<std::string> out;
  for (const Cause& c : causes)
    out.push_back(fmt::format("{} [{}] {}", c.field, c.reason, c.message));
  std::ranges::sort(out);
  return out;
}

std::vector<std::string> expected(const json::value& row, std::string_view key) {
  std::vector<std::string> out;
  const json::value* causes = base::find(row, key);
  if (causes == nullptr) return out;
  for (const json::value& c : causes->get_array())
    out.push_back(fmt::format("{} [{}] {}", base::find_string(c, "field"),
                              base::find_string(c, "reason"), base::find_string(c, "message")));
  std::ranges::sort(out);
  return out;
}

const json::value& or_object(const json::value& row, std::string_view key) {
  const json::value* v = base::find(row, key);
  return v != nullptr ? *v : row.at("object");
}

TEST(CustomResourceCorpus, EveryAnswerIsUpstreams) {
  const std::vector<json::value> rows = corpus();
  ASSERT_GT(rows.size(), 500u);
  int failures = 0;
  for (const json::value& row : rows) {
    SCOPED_TRACE(base::to_json(row));
    const json::value& object = row.at("object");
    EXPECT_EQ(texts_of(check_structural(row.at("schema"), "s")), expected(row, "structural"));
    auto structural = build_structural(row.at("schema"));
    ASSERT_TRUE(structural) << structural.error().message;
    const Schema& root = *structural->root;
    const json::value* old = base::find(row, "old");
    EXPECT_EQ(
        texts_of(old == nullptr ? validate(object, root) : validate_update(object, *old, root)),
        expected(row, "causes"));
    if (object.is_object())
      EXPECT_EQ(texts_of(validate_lists(object, root)), expected(row, "lists"));
    EXPECT_EQ(texts_of(validate_embedded(object, root)), expected(row, "embedded"));
    json::value pruned = object;
    std::vector<std::string> want;
    if (const json::value* unknown = base::find(row, "unknown"))
      for (const json::value& path : unknown->get_array()) want.emplace_back(path.get_string());
    EXPECT_EQ(prune(pruned, root, true), want);
    drop_forbidden_nulls(pruned, root);
    EXPECT_TRUE(base::json_equal(pruned, or_object(row, "pruned"))) << base::to_json(pruned);
    json::value defaulted = object;
    apply_defaults(defaulted, root);
    EXPECT_TRUE(base::json_equal(defaulted, or_object(row, "defaulted")))
        << base::to_json(defaulted);
    if (testing::Test::HasFailure() && ++failures > 8) return;
  }
}

TEST(DecodeCustom, TakesMetadataByItsTypesAndNamesWhatItDrops) {
  const Structural s = *build_structural(*base::parse_json(R"({"type":"object","properties":{
      "spec":{"type":"object","properties":{"a":{"type":"string"},"t":{"type":"object",
        "x-kubernetes-embedded-resource":true,"x-kubernetes-preserve-unknown-fields":true}}}}})"));
  json::value object = *base::parse_json(R"({"apiVersion":"g/v1","kind":"K","foo":1,
      "metadata":{"name":"n","bar":1,"creationTimestamp":null},
      "spec":{"a":null,"b":{"c":1},"t":{"metadata":{"name":"x","zap":2},"any":1}}})");
  auto unknown = decode_custom(object, *s.root, object_meta());
  ASSERT_TRUE(unknown) << unknown.error().message;
  EXPECT_EQ(*unknown,
            (std::vector<std::string>{"metadata.bar", "foo", "spec.b", "spec.t.metadata.zap"}));
  EXPECT_EQ(base::to_json(object), R"({"apiVersion":"g/v1","kind":"K","metadata":{"name":"n"},)"
                                   R"("spec":{"t":{"metadata":{"name":"x"},"any":1}}})");
}

TEST(DecodeCustom, RefusesMetadataOfTheWrongType) {
  const Structural s = *build_structural(json::object{{"type", "object"}});
  json::value object = json::object{{"metadata", {{"name", 1}}}};
  EXPECT_EQ(decode_custom(object, *s.root, object_meta()).error().message,
            "json: cannot unmarshal number into Go struct field ObjectMeta.name of type string");
  object = json::object{{"kind", 5}};
  EXPECT_EQ(decode_custom(object, *s.root, object_meta()).error().message,
            ".kind accessor error: 5 is of the type int64, expected string");
}

TEST(BuildStructural, RefusesWhatNestsTooDeeply) {
  json::value deep = json::object{{"type", "string"}};
  for (int i = 0; i < 400; ++i) {
    json::object outer{{"type", "object"}};
    outer["properties"] = json::object{{"a", std::move(deep)}};
    deep = std::move(outer);
  }
  EXPECT_FALSE(build_structural(deep));
  EXPECT_FALSE(build_structural(json::object{{"items", 5}}));
  EXPECT_FALSE(build_structural(nullptr));
}

// Anything at all as schema and as object: answers differ, crashes are forbidden.
class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  size_t below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(engine_); }
  json::value value(int depth) {
    static constexpr std::string_view kTexts[] = {"object", "array",  "string", "integer", "number",
                                                  "map",    "set",    "date",   "^a(b$",   "",
                                                  "ipv4",   "^[a-z]", "name",   "metadata"};
    switch (below(depth > 5 ? 6 : 9)) {
      case 0:
        return nullptr;
      case 1:
        return below(2) == 0;
      case 2:
        return static_cast<int64_t>(below(100)) - 50;
      case 3:
        return (static_cast<double>(below(1000)) - 500) * 1e18;
      case 4:
      case 5:
        return json::string(kTexts[below(std::size(kTexts))]);
      case 6: {
        json::array out;
        for (size_t i = below(4); i > 0; --i) out.push_back(value(depth + 1));
        return out;
      }
      default: {
        json::object out;
        for (size_t i = below(6); i > 0; --i) out[key()] = value(depth + 1);
        return out;
      }
    }
  }

 private:
  std::string_view key() {
    static constexpr std::string_view kKeys[] = {"type",
                                                 "properties",
                                                 "items",
                                                 "additionalProperties",
                                                 "required",
                                                 "default",
                                                 "enum",
                                                 "allOf",
                                                 "anyOf",
                                                 "oneOf",
                                                 "not",
                                                 "pattern",
                                                 "format",
                                                 "minimum",
                                                 "multipleOf",
                                                 "maxLength",
                                                 "nullable",
                                                 "x-kubernetes-list-type",
                                                 "x-kubernetes-list-map-keys",
                                                 "metadata",
                                                 "kind",
                                                 "x-kubernetes-preserve-unknown-fields",
                                                 "x-kubernetes-int-or-string",
                                                 "name",
                                                 "x-kubernetes-embedded-resource",
                                                 "x-kubernetes-validations",
                                                 "uniqueItems",
                                                 "apiVersion"};
    return kKeys[below(std::size(kKeys))];
  }
  std::mt19937 engine_;
};

TEST(StructuralFuzz, NothingCrashes) {
  Random random(7);
  int built = 0;
  for (int i = 0; i < 20000; ++i) {
    const json::value schema = random.value(0);
    check_structural(schema, "s");
    auto structural = build_structural(schema);
    if (!structural) continue;
    ++built;
    json::value object = random.value(0);
    const json::value old = random.value(0);
    validate(object, *structural->root);
    validate_update(object, old, *structural->root);
    validate_lists(object, *structural->root);
    validate_embedded(object, *structural->root);
    apply_defaults(object, *structural->root);
    if (auto unknown = decode_custom(object, *structural->root, object_meta()); unknown)
      EXPECT_TRUE(prune(object, *structural->root, true).empty());
  }
  EXPECT_GT(built, 1000);
}

}  // namespace
}  // namespace nanika::apiserver::schema
