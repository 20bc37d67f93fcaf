#include "apiserver/registry/selector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanika::apiserver {
namespace {

const store::Pairs kLabels{{"tier", "web"}, {"size", "7"}, {"in", "x"}};

struct Case {
  std::string_view text;
  bool matches;
};

TEST(LabelSelector, MatchesAsUpstream) {
  for (const Case& c : std::initializer_list<Case>{
           {"", true},
           {"tier=web", true},
           {"tier==web", true},
           {"tier!=web", false},
           {"absent!=web", true},
           {"tier in (db, web)", true},
           {"tier notin (db,web)", false},
           {"absent notin (db)", true},
           {"tier", true},
           {"!tier", false},
           {"!absent", true},
           {"size>6,size<8", true},
           {"size>7", false},
           {"tier=web,size=8", false},
           {"in=x", true},
           {"in in (in,x)", true},
           {"tier=", false},
           {"absent=", false},
           {" tier = web , ! absent ", true},
       }) {
    auto selector = LabelSelector::parse(c.text);
    ASSERT_TRUE(selector.has_value()) << c.text << ": " << selector.error().message;
    EXPECT_EQ(selector->matches(kLabels), c.matches) << c.text;
  }
}

TEST(LabelSelector, SaysWhatIsWrongInUpstreamsWords) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"x in", "unable to parse requirement: found '' expected: '('"},
      {"x=a b", "found 'b', expected: ',' or 'end of string'"},
      {",x", "found ',', expected: !, identifier, or 'end of string'"},
      {"x,", "found '', expected: identifier after ','"},
      {"x=a=b", "found '=', expected: ',' or 'end of string'"},
      {"!x=a", "found '=', expected: ',' or 'end of string'"},
      {"x>a",
       "unable to parse requirement: values[0]: Invalid value: \"a\": for 'Gt', 'Lt' operators, "
       "the "
       "value must be an integer"},
  };
  for (const auto& [text, want] : cases) {
    auto selector = LabelSelector::parse(text);
    ASSERT_FALSE(selector.has_value()) << text;
    EXPECT_EQ(selector.error().message, want) << text;
    EXPECT_EQ(selector.error().code, 400);
  }
}

TEST(LabelSelector, RefusesBadNames) {
  for (std::string_view text : {"-a=b", "a=b_", "a/b/c=d", "a in (b$)"}) {
    auto selector = LabelSelector::parse(text);
    ASSERT_FALSE(selector.has_value()) << text;
    EXPECT_THAT(selector.error().message, testing::HasSubstr("Invalid value")) << text;
  }
}

TEST(FieldSelector, ParsesTermsAndEscapes) {
  auto selector = FieldSelector::parse("metadata.name=a,status.phase!=Run\\,ning,x==y");
  ASSERT_TRUE(selector.has_value());
  ASSERT_EQ(selector->terms().size(), 3u);
  EXPECT_EQ(*selector->exact("metadata.name"), "a");
  EXPECT_EQ(selector->terms()[1].value, "Run,ning");
  EXPECT_FALSE(selector->terms()[1].equal);
  EXPECT_EQ(selector->exact("status.phase"), nullptr);
  EXPECT_EQ(FieldSelector::parse("abc").error().message,
            "invalid selector: 'abc'; can't understand 'abc'");
  EXPECT_FALSE(FieldSelector::parse("a=b=c").has_value());
}

TEST(FieldSelector, MatchesWhatIsStoredBesideTheObject) {
  store::Object object(store::ResourceId{1}, "shop", "web", 5,
                       {.fields = {{"status.phase", "Running"}}}, "{}");
  auto matches = [&](std::string_view text) { return FieldSelector::parse(text)->matches(object); };
  EXPECT_TRUE(matches("metadata.name=web,metadata.namespace=shop,status.phase=Running"));
  EXPECT_FALSE(matches("metadata.name!=web"));
  EXPECT_TRUE(matches("spec.nodeName="));
}

}  // namespace
}  // namespace nanika::apiserver
