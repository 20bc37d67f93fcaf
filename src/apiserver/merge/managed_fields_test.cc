// Properties of managedFields that hold whatever upstream does; see ssa_test.cc for the comparison.
#include "apiserver/merge/managed_fields.h"

#include <gtest/gtest.h>

#include "apiserver/merge/apply.h"
#include "apiserver/schema/builtin.h"

namespace nanika::apiserver::merge {
namespace {

constexpr std::string_view kService = R"({"apiVersion":"v1","kind":"Service",
  "metadata":{"name":"www","namespace":"shop","labels":{"app":"www"},"finalizers":["a.b/c"]},
  "spec":{"selector":{"app":"www"},"ports":[{"port":80,"name":"http","targetPort":8080},
    {"port":53,"protocol":"UDP","name":"dns"}],"externalIPs":["192.0.2.1"]}})";

json::value parse(std::string_view text) {
  return *base::parse_json(text);
}
base::WallTime at(int second) {
  return base::WallTime(std::chrono::seconds(second));
}

Target service() {
  return {.schema = schema::builtin_kind("v1", "Service"), .api_version = "v1", .kind = "Service"};
}

TEST(FieldSet, SurvivesItsEncoding) {
  FieldSet set = fields_of(TypeRef(service().schema, true), parse(kService));
  auto back = FieldSet::decode(set.encode());
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, set);
  EXPECT_EQ(back->encode(), set.encode());
  EXPECT_GT(set.size(), 12);
}

TEST(FieldSet, SkipsUnknownElementsAndRefusesBrokenOnes) {
  auto known = FieldSet::decode(parse(R"({"f:a":{},"x:b":{},"i:3":{"v:\"s\"":{}}})"));
  ASSERT_TRUE(known);
  EXPECT_EQ(known->size(), 2);
  for (std::string_view bad : {R"({"f":{}})", R"({"k:[]":{}})", R"({"v:{":{}})", R"({"i:x":{}})",
                               R"({"f:a":1})", R"([])", R"({"noColon":{}})"}) {
    EXPECT_FALSE(FieldSet::decode(parse(bad))) << bad;
  }
}

TEST(FieldSet, SubtractsInPlaceAsByValue) {
  FieldSet all = fields_of(TypeRef(service().schema, true), parse(kService));
  FieldSet some =
      fields_of(TypeRef(service().schema, true),
                parse(R"({"metadata":{"labels":{"app":"x"}},"spec":{"ports":[{"port":80}]}})"));
  FieldSet rest = all;
  rest.remove(some);
  EXPECT_EQ(rest, all.subtract(some));
  rest.add(some);
  EXPECT_EQ(rest, all.unite(some));
}

TEST(Apply, TwiceChangesNothing) {
  json::value config = parse(kService);
  auto once = apply(service(), nullptr, config, {.manager = "me"}, at(1));
  ASSERT_TRUE(once);
  auto twice = apply(service(), &*once, config, {.manager = "me"}, at(100));
  ASSERT_TRUE(twice);
  EXPECT_TRUE(base::json_equal(*once, *twice)) << base::to_json(*twice);
}

TEST(Apply, OwnsExactlyWhatItAppliesSaveForNames) {
  json::value config = parse(kService);
  auto applied = apply(service(), nullptr, config, {.manager = "me"}, at(1));
  ASSERT_TRUE(applied);
  auto managers = decode_managers(*applied);
  ASSERT_TRUE(managers);
  ASSERT_EQ(managers->size(), 1);
  EXPECT_EQ((*managers)[0].fields,
            without_meta(fields_of(TypeRef(service().schema, true), config)));
}

TEST(ManagedFields, AChangeOfTimesAloneIsNoChange) {
  json::value live = parse(kService);
  update_managed_fields(service(), nullptr, live, "me", at(1));
  json::value same = live;
  json::value& entry = same.at("metadata").at("managedFields").at(0);
  entry.as_object()["time"] = base::format_time(at(9));
  json::value changed = same;
  changed.at("spec").as_object()["type"] = "NodePort";
  json::value before = changed;
  keep_old_times(same, live);
  EXPECT_EQ(same, live);
  keep_old_times(changed, live);
  EXPECT_EQ(changed, before);
}

TEST(ManagedFields, NamesTheManagerAfterTheUserAgent) {
  EXPECT_EQ(manager_name("mine", "kubectl/v1.33"), "mine");
  EXPECT_EQ(manager_name("", "kubectl/v1.33 (linux)"), "kubectl");
  EXPECT_EQ(manager_name("", ""), "unknown");
  EXPECT_EQ(manager_name("", std::string(300, 'x')).size(), 128);
}

TEST(ManagedFields, DropManagersOfVersionsThatAreGone) {
  json::value live = parse(kService);
  update_managed_fields(service(), nullptr, live, "me", at(1));
  live.at("metadata").at("managedFields").at(0).as_object()["apiVersion"] = "v1beta1";
  Target target = service();
  target.convert = [&](json::value&, std::string_view, std::string_view to) -> const Schema* {
    return to == "v1" ? target.schema : nullptr;
  };
  json::value changed = live;
  changed.at("spec").as_object()["type"] = "NodePort";
  update_managed_fields(target, &live, changed, "you", at(2));
  auto managers = decode_managers(changed);
  ASSERT_TRUE(managers);
  ASSERT_EQ(managers->size(), 1);
  EXPECT_EQ((*managers)[0].name, "you");
}

TEST(ManagedFields, WhatBecameAtomicIsOwnedAsAWhole) {
  Schema item{.type = schema::Type::kString};
  Schema atomic{
      .type = schema::Type::kObject, .additional = &item, .map_type = schema::MapType::kAtomic};
  Schema root{.type = schema::Type::kObject, .fields = {{.name = "m", .schema = &atomic}}};
  auto set = FieldSet::decode(parse(R"({"f:m":{"f:a":{},"f:b":{}}})"));
  EXPECT_EQ(base::to_json(reconcile(TypeRef(&root), *set).encode()), R"({"f:m":{}})");
}

}  // namespace
}  // namespace nanika::apiserver::merge
