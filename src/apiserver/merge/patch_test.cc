// The three patches against what evanphx/json-patch and k8s.io/apimachinery's strategicpatch
// answer: testdata/patches.jsonl holds one case a line with the answer of those programs.
#include <fstream>

#include <gtest/gtest.h>

#include "apiserver/merge/json_patch.h"
#include "apiserver/merge/merge_patch.h"
#include "apiserver/merge/strategic.h"
#include "apiserver/schema/builtin.h"

namespace nanika::apiserver::merge {
namespace {

using base::find_string;
using base::Result;

Result<json::value> apply(const json::value& one) {
  std::string_view type = find_string(one, "type");
  const json::value& document = one.at("doc");
  const json::value& patch = one.at("patch");
  if (type == "json") return apply_json_patch(document, patch);
  if (type == "merge") return apply_merge_patch(document, patch);
  return apply_strategic_patch(document, patch,
                               *schema::builtin_kind("v1", find_string(one, "kind")));
}

TEST(Patches, DoAsUpstreamDoes) {
  std::ifstream in(NANIKA_SOURCE_DIR "/src/apiserver/merge/testdata/patches.jsonl");
  ASSERT_TRUE(in);
  int cases = 0;
  for (std::string line; std::getline(in, line); ++cases) {
    json::value one = *base::parse_json(line);
    SCOPED_TRACE(line);
    auto got = apply(one);
    const json::value* wanted = base::find(one, "result");
    if (got.has_value() != (wanted != nullptr)) {
      ADD_FAILURE() << (got ? base::to_json(*got) : got.error().message);
    } else if (got) {
      EXPECT_TRUE(base::json_equal(*got, *wanted)) << base::to_json(*got);
    } else {
      EXPECT_EQ(got.error().message, find_string(one, "error"));
    }
  }
  EXPECT_GT(cases, 200);
}

TEST(JsonPatch, BoundsOperationsAndCopies) {
  json::array operations(10001, {{"op", "test"}, {"path", "/a"}, {"value", 1}});
  auto many = apply_json_patch({{"a", 1}}, operations);
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code, base::Code::kTooLarge);
  EXPECT_EQ(many.error().message,
            "The allowed maximum operations in a JSON patch is 10000, got 10001");

  json::array doubling(40, {{"op", "copy"}, {"from", "/a"}, {"path", "/a/-"}});
  auto bomb = apply_json_patch({{"a", {"0123456789"}}}, doubling);
  ASSERT_FALSE(bomb);
  EXPECT_EQ(bomb.error().code, base::Code::kUnprocessable);
  EXPECT_TRUE(
      bomb.error().message.starts_with("Unable to complete the copy, the accumulated size"));
}

TEST(StrategicPatch, MergesLongListsInGoodTime) {
  json::array ports;
  for (int i = 0; i < 50000; ++i) ports.push_back({{"port", i}, {"protocol", "TCP"}});
  json::value document = {{"spec", {{"ports", ports}}}};
  auto out = apply_strategic_patch(document, document, *schema::builtin_kind("v1", "Service"));
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(*out, document);
}

}  // namespace
}  // namespace nanika::apiserver::merge
