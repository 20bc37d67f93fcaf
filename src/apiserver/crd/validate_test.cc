// testdata/definitions.jsonl: CustomResourceDefinitions (with what they replace) and what
// apiextensions-apiserver 1.37 finds wrong with them. "VALUE" stands for a value that upstream
// prints in its internal form.
#include "apiserver/crd/validate.h"

#include <fstream>
#include <random>

#include <gtest/gtest.h>

#include "apiserver/crd/defaults.h"
#include "apiserver/crd/naming.h"
#include "apiserver/crd/views.h"

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

// Puts something else into a random place of a definition.
class Mutator {
 public:
  explicit Mutator(unsigned seed) : engine_(seed) {}
  size_t below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(engine_); }

  void mutate(json::value& value) {
    json::object* object = value.if_object();
    json::array* array = value.if_array();
    const size_t size = object != nullptr ? object->size() : array != nullptr ? array->size() : 0;
    if (size == 0 || below(6) == 0) {
      value = junk();
    } else if (object != nullptr) {
      const auto member = object->begin() + below(size);
      if (below(8) == 0) {
        object->erase(member);
      } else {
        mutate(member->value());
      }
    } else {
      mutate((*array)[below(size)]);
    }
  }

 private:
  json::value junk() {
    switch (below(9)) {
      case 0:
        return nullptr;
      case 1:
        return below(2) == 0;
      case 2:
        return static_cast<int64_t>(below(10)) - 5;
      case 3:
        return 1e300;
      case 4:
        return json::array{nullptr, 1, "x"};
      case 5:
        return json::object{{"type", "array"}, {"x-kubernetes-list-type", "map"}};
      case 6:
        return json::object{{"default", json::array{}}, {"properties", json::object{{"a", 1}}}};
      case 7:
        return ".spec..[";
      default:
        return "";
    }
  }
  std::mt19937 engine_;
};

TEST(CrdFuzz, NothingCrashes) {
  std::ifstream file(NANIKA_SOURCE_DIR "/src/apiserver/crd/testdata/definitions.jsonl");
  Mutator mutator(11);
  int served = 0;
  for (std::string line; std::getline(file, line);) {
    const json::value row = *base::parse_json(line);
    for (int i = 0; i < 20; ++i) {
      json::value crd = row.at("crd");
      for (size_t n = 1 + mutator.below(3); n > 0; --n) mutator.mutate(crd);
      json::value old = row.at("crd");
      if (mutator.below(2) == 0) mutator.mutate(old);
      set_defaults(crd);
      prepare_update(crd, old);
      const bool valid = validate_crd(crd).empty();
      validate_crd_update(crd, old);
      crd_warnings(crd, &old);
      if (crd.is_object()) crd.as_object()["status"] = next_status(crd, {}, {});
      const bool built = build_views(crd).has_value();
      EXPECT_TRUE(built || !valid) << base::to_json(crd);
      served += built ? 1 : 0;
    }
  }
  EXPECT_GT(served, 100);
}

}  // namespace
}  // namespace nanika::apiserver::crd
