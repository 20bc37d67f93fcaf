// The built-in kinds against kube-apiserver's own code: testdata/kinds.jsonl holds one write a line
// with what upstream's defaults and strategies make of it, the rules it breaks, and its row in
// `kubectl get -o wide`.
#include <algorithm>
#include <fstream>

#include <gtest/gtest.h>

#include "apiserver/kinds/kinds_testing.h"
#include "apiserver/schema/decode.h"

namespace nanika::apiserver::kinds {
namespace {

// What Go leaves out and what it writes though it is empty are the same to clients.
json::value without_empty(const json::value& value) {
  if (value.is_object()) {
    json::object out;
    for (const auto& [key, each] : value.get_object()) {
      json::value kept = without_empty(each);
      if (!kept.is_null()) out.emplace(key, std::move(kept));
    }
    if (out.empty()) return nullptr;
    return out;
  }
  if (value.is_array()) {
    json::array out;
    for (const json::value& each : value.get_array()) out.push_back(without_empty(each));
    if (out.empty()) return nullptr;
    return out;
  }
  bool empty = (value.is_string() && value.get_string().empty()) ||
               (value.is_int64() && value.get_int64() == 0) ||
               (value.is_bool() && !value.get_bool());
  return empty ? json::value() : value;
}

std::vector<std::string> sorted(std::vector<std::string> list) {
  std::ranges::sort(list);
  return list;
}

struct Write {
  Kind kind;
  const View* view = nullptr;

  explicit Write(const json::value& object) {
    kind = kinds::kind(base::find_string(object, "kind"));
    for (const View& each : kind.views) {
      if (each.api_version() == base::find_string(object, "apiVersion")) view = &each;
    }
  }
  json::value decode(json::value object) const {
    auto decoded = schema::decode(std::move(object), *view->schema);
    EXPECT_TRUE(decoded) << decoded.error().message;
    object = std::move(decoded->value);
    if (view->set_defaults) view->set_defaults(object);
    if (view->to_storage) view->to_storage(object);
    return object;
  }
};

std::vector<std::string> broken(const Write& write, json::value& object, const json::value* old) {
  const Strategy& strategy = write.kind.strategy;
  Causes causes;
  if (old == nullptr) {
    if (strategy.prepare_create) strategy.prepare_create(object);
    strategy.validate_create(object, causes);
    if (write.view->validate_create) write.view->validate_create(object, causes);
  } else {
    if (strategy.prepare_update) strategy.prepare_update(object, *old);
    strategy.validate_update(object, *old, causes);
    if (write.view->validate_update) write.view->validate_update(object, *old, causes);
  }
  std::vector<std::string> out;
  for (const schema::Cause& each : causes) {
    out.push_back(fmt::format("{}|{}|{}", each.reason, each.field, each.message));
  }
  return sorted(out);
}

// Endpoints' own deprecation comes from upstream's handlers; those of key pairs and of ports that
// are named twice are not given.
void check_warnings(const Write& write, const json::value& object, const json::value* old,
                    const json::value& one) {
  std::string_view name = base::find_string(one, "name");
  bool skipped = write.kind.kind == "Endpoints" || name == "secret kubernetes.io/tls" ||
                 name == "pod ports" || name == "pod host ports";
  if (skipped) return;
  json::array given;
  if (write.kind.warnings) {
    for (const std::string& each : write.kind.warnings(object, old)) given.emplace_back(each);
  }
  const json::value* wanted = base::find(one, "warnings");
  EXPECT_EQ(base::to_json(given), wanted != nullptr ? base::to_json(*wanted) : "[]");
}

TEST(BuiltinKinds, DoAsUpstreamDoes) {
  std::ifstream in(NANIKA_SOURCE_DIR "/src/apiserver/kinds/testdata/kinds.jsonl");
  ASSERT_TRUE(in);
  // When the answers were made: rows hold ages.
  const base::WallTime now = *base::parse_time("2026-11-23T22:50:33Z");
  int cases = 0;
  for (std::string line; std::getline(in, line); ++cases) {
    json::value one = *base::parse_json(line);
    SCOPED_TRACE(base::find_string(one, "name"));
    Write write(one.at("object"));
    json::value object = write.decode(one.at("object"));
    std::optional<json::value> old;
    if (const json::value* stored = base::find(one, "old")) old = write.decode(*stored);
    std::vector<std::string> causes = broken(write, object, old ? &*old : nullptr);
    std::vector<std::string> wanted;
    for (const json::value& each : one.at("causes").as_array()) {
      wanted.emplace_back(each.as_string());
    }
    EXPECT_EQ(causes, sorted(wanted));
    check_warnings(write, object, old ? &*old : nullptr, one);
    json::array cells = write.kind.row(object, now);
    EXPECT_EQ(base::to_json(cells), base::to_json(one.at("row")));
    if (write.view->from_storage) write.view->from_storage(object);
    json::value mine = without_empty(object), theirs = without_empty(one.at("stored"));
    EXPECT_TRUE(base::json_equal(mine, theirs))
        << "want " << base::to_json(theirs) << "\ngot  " << base::to_json(mine);
  }
  EXPECT_GT(cases, 200);
}

}  // namespace
}  // namespace nanika::apiserver::kinds
