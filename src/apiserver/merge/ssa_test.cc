// Server-side apply against k8s.io/apimachinery's managedfields: testdata/ssa.jsonl holds histories
// of one object (who wrote or applied what) with the object or the error after each step.
#include <fstream>

#include <gtest/gtest.h>

#include "apiserver/merge/apply.h"
#include "apiserver/schema/builtin.h"

namespace nanika::apiserver::merge {
namespace {

using base::find_string;

// Times are as old as each other from step to step, and a step is later.
constexpr std::string_view kThen = "2026-01-01T00:00:00Z";
base::WallTime later() {
  return *base::parse_time("2026-06-01T00:00:00Z");
}

void age_entries(json::value& object) {
  json::value& meta = object.as_object()["metadata"];
  json::value* entries = meta.as_object().if_contains("managedFields");
  if (entries == nullptr) return;
  for (json::value& each : entries->as_array()) {
    if (each.as_object().contains("time")) each.as_object()["time"] = kThen;
  }
}

FieldPaths reset_of(const json::value& step) {
  FieldPaths out;
  if (const json::value* reset = base::find(step, "reset")) {
    for (const json::value& path : reset->as_array()) {
      auto& names = out.emplace_back();
      for (const json::value& name : path.as_array()) names.emplace_back(name.as_string());
    }
  }
  return out;
}

std::string causes_text(const schema::Causes& causes) {
  std::vector<std::string> lines;
  for (const schema::Cause& each : causes) {
    lines.push_back(base::to_json(json::array{each.reason, each.message, each.field}));
  }
  std::ranges::sort(lines);  // upstream's order of managers is random
  return fmt::format("[{}]", fmt::join(lines, ","));
}

struct History {
  Target target;
  json::value empty;
  std::optional<json::value> live;

  void step(const json::value& step) {
    FieldPaths reset = reset_of(step);
    target.reset = &reset;
    target.subresource = find_string(step, "subresource");
    const json::value* before = live ? &*live : nullptr;
    json::value object = step.at("object");
    if (find_string(step, "op") == "apply") {
      auto applied = apply(
          target, before, object,
          {.manager = find_string(step, "manager"), .force = step.as_object().contains("force")},
          later());
      if (!applied) return check_error(step, applied.error());
      object = std::move(*applied);
    } else {
      update_managed_fields(target, before, object, find_string(step, "manager"), later());
    }
    object.as_object()["metadata"].as_object()["uid"] = "u1";
    age_entries(object);
    const json::value* wanted = base::find(step, "result");
    if (wanted == nullptr) {
      ADD_FAILURE() << "want error " << find_string(step, "error");
    } else if (!base::json_equal(object, *wanted)) {
      ADD_FAILURE() << "want " << base::to_json(*wanted) << "\ngot  " << base::to_json(object);
    }
    if (wanted != nullptr) live = std::move(object);
  }

  void check_error(const json::value& step, const ApplyError& error) {
    EXPECT_EQ(error.error.message, find_string(step, "error"));
    if (const json::value* causes = base::find(step, "causes")) {
      EXPECT_EQ(causes_text(error.causes), base::to_json(*causes));
    }
  }
};

TEST(ServerSideApply, DoesAsUpstreamDoes) {
  std::ifstream in(NANIKA_SOURCE_DIR "/src/apiserver/merge/testdata/ssa.jsonl");
  ASSERT_TRUE(in);
  int histories = 0, failures = 0;
  schema::Schema untyped{.type = schema::Type::kAny, .preserve_unknown = true};
  for (std::string line; std::getline(in, line); ++histories) {
    json::value one = *base::parse_json(line);
    std::string_view kind = find_string(one, "kind");
    bool typed = one.at("typed").as_bool();
    History history{.target = {.schema = typed ? schema::builtin_kind("v1", kind) : &untyped,
                               .api_version = typed ? "v1" : "x.io/v1",
                               .kind = std::string(kind)},
                    .empty = one.at("empty")};
    history.target.empty = &history.empty;
    int number = 0;
    for (const json::value& step : one.at("steps").as_array()) {
      SCOPED_TRACE(fmt::format("{} step {}: {} {} {}", find_string(one, "name"), number++,
                               find_string(step, "op"), find_string(step, "manager"),
                               base::to_json(step.at("object"))));
      history.step(step);
      if (HasFailure() && ++failures > 20) return;
    }
  }
  EXPECT_GT(histories, 0);
}

}  // namespace
}  // namespace nanika::apiserver::merge
