// testdata/definitions.jsonl: CustomResourceDefinitions (with what they replace) and what
// apiextensions-apiserver 1.37 finds wrong with them. "VALUE" stands for a value that upstream
// prints in its internal form.
#include "apiserver/crd/validate.h"

#include <fstream>

#include <gtest/gtest.h>

#include "apiserver/crd/defaults.h"

namespace nanika::apiserver::crd {
namespace {

using schema::Cause;

std::string text_of(std::string_view field, std::string_view reason, std::string_view message) {
  return fmt::format("{} [{}] {}", field, reason, message);
}

// Whether `got` is the cause `want`, whose value may be left open.
bool same(std::string_view got, std::string_view want) {
  constexpr std::string_view kOpen = "Invalid value: \"VALUE\"";
  const size_t open = want.find(kOpen);
  if (open == std::string_view::npos) return got == want;
  return got.starts_with(want.substr(0, open)) && got.ends_with(want.substr(open + kOpen.size()));
}

json::value prepared(const json::value& row, std::string_view key) {
  const json::value* crd = base::find(row, key);
  json::value out = crd == nullptr ? json::value() : *crd;
  if (crd != nullptr) set_defaults(out);
  return out;
}

TEST(CrdCorpus, EveryAnswerIsUpstreams) {
  std::ifstream file(NANIKA_SOURCE_DIR "/src/apiserver/crd/testdata/definitions.jsonl");
  int rows = 0;
  int failures = 0;
  for (std::string line; std::getline(file, line); ++rows) {
    SCOPED_TRACE(line);
    const json::value row = *base::parse_json(line);
    json::value crd = prepared(row, "crd");
    const json::value old = prepared(row, "old");
    old.is_null() ? prepare_create(crd) : prepare_update(crd, old);
    std::vector<std::string> got, want;
    for (const Cause& c : old.is_null() ? validate_crd(crd) : validate_crd_update(crd, old))
      got.push_back(text_of(c.field, c.reason, c.message));
    if (const json::value* causes = base::find(row, "causes")) {
      for (const json::value& c : causes->get_array()) {
        const std::string_view field = base::find_string(c, "field");
        const std::string_view message = base::find_string(c, "message");
        // The form of names is for the registry to check.
        if (field == "metadata.name" && message.find("spec.names") == std::string_view::npos)
          continue;
        want.push_back(text_of(field, base::find_string(c, "reason"), message));
      }
    }
    std::ranges::sort(got);
    std::ranges::sort(want);
    const bool equal = got.size() == want.size() && std::ranges::equal(got, want, same);
    if (!equal) EXPECT_EQ(got, want);
    std::vector<std::string> warnings;
    if (const json::value* all = base::find(row, "warnings"); all != nullptr && all->is_array())
      for (const json::value& w : all->get_array()) warnings.emplace_back(w.get_string());
    EXPECT_EQ(crd_warnings(crd, old.is_null() ? nullptr : &old), warnings);
    if (testing::Test::HasFailure() && ++failures > 12) return;
  }
  EXPECT_GT(rows, 150);
}

}  // namespace
}  // namespace nanika::apiserver::crd
