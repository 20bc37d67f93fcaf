#include "apiserver/schema/builtin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apiserver/schema/builtin_parser.h"

namespace nanika::apiserver::schema {
namespace {

const Schema* at(const Schema* schema, std::initializer_list<std::string_view> path) {
  for (std::string_view step : path) {
    const Field* field = schema->field(step);
    if (field == nullptr) return nullptr;
    schema = field->schema;
    while (schema->type == Type::kArray) schema = schema->items;
  }
  return schema;
}

TEST(Builtin, KnowsKindsAndTheirLists) {
  const Schema* pod = builtin_kind("v1", "Pod");
  ASSERT_NE(pod, nullptr);
  EXPECT_EQ(pod->name, "io.k8s.api.core.v1.Pod");
  EXPECT_EQ(at(builtin_kind("v1", "PodList"), {"items"}), pod);
  EXPECT_NE(builtin_kind("events.k8s.io/v1", "Event"), builtin_kind("v1", "Event"));
  EXPECT_EQ(builtin_kind("v2", "Pod"), nullptr);
  EXPECT_EQ(at(pod, {"metadata"}), &object_meta());
}

TEST(Builtin, FieldsCarryPatchAndListFacts) {
  const Schema* spec = at(builtin_kind("v1", "Service"), {"spec"});
  const Field* ports = spec->field("ports");
  EXPECT_TRUE(ports->patch_merge);
  EXPECT_EQ(ports->patch_merge_key, "port");
  EXPECT_EQ(ports->schema->list_type, ListType::kMap);
  EXPECT_THAT(ports->schema->list_map_keys, testing::ElementsAre("port", "protocol"));
  EXPECT_EQ(ports->proto_number, 1u);
  EXPECT_EQ(ports->schema->items->field("protocol")->default_value, json::value("TCP"));
  EXPECT_TRUE(ports->schema->items->field("port")->required);
  EXPECT_EQ(spec->field("selector")->schema->map_type, MapType::kAtomic);
  EXPECT_EQ(spec->field("externalTrafficPolicy")->schema->validation->enum_values,
            (json::array{"Cluster", "Local"}));
  EXPECT_TRUE(at(builtin_kind("v1", "Pod"), {"spec"})->field("volumes")->patch_retain_keys);
  EXPECT_EQ(object_meta().field("finalizers")->schema->list_type, ListType::kSet);
}

TEST(Builtin, InlinedFieldsStandInTheParent) {
  const Schema* volume = at(builtin_kind("v1", "Pod"), {"spec", "volumes"});
  ASSERT_NE(volume->field("configMap"), nullptr);
  EXPECT_EQ(volume->field("configMap")->proto_number, 0u);
  EXPECT_EQ(volume->field("volumeSource"), nullptr);
  ASSERT_EQ(volume->inlined.size(), 1u);
  EXPECT_EQ(volume->inlined[0].proto_number, 2u);
  EXPECT_NE(volume->inlined[0].schema->field("configMap")->proto_number, 0u);
  const Schema* container = at(builtin_kind("v1", "Pod"), {"spec", "ephemeralContainers"});
  EXPECT_TRUE(container->field("name")->required);
}

TEST(Builtin, DescriptionsAreFoundWhereTheyBelong) {
  const Schema* service = builtin_kind("v1", "Service");
  EXPECT_THAT(service->description, testing::HasSubstr("Pods"));
  EXPECT_THAT(at(service, {"spec"})->field("externalTrafficPolicy")->description,
              testing::HasSubstr("keeps the client's address"));
  EXPECT_THAT(service->field("kind")->description, testing::StartsWith("Kind names the type"));
  EXPECT_NE(builtin_kind("v1", "ServiceList")->field("metadata")->description,
            service->field("metadata")->description);
  EXPECT_THAT(at(service, {"status", "conditions"})->field("reason")->description,
              testing::HasSubstr("CamelCase"));
  // Every field that people look up most has a text.
  for (const char* kind : {"Service", "ConfigMap", "Secret", "Namespace", "Node", "ServiceAccount"})
    for (const Field& field : builtin_kind("v1", kind)->fields)
      EXPECT_NE(field.description, "") << kind << "." << field.name;
  for (const Field& field : object_meta().fields) EXPECT_NE(field.description, "") << field.name;
  for (const Field& field : at(service, {"spec"})->fields)
    EXPECT_NE(field.description, "") << field.name;
}

TEST(BuiltinParser, SaysWhichLineIsWrong) {
  auto broken = parse_builtin_table("package a.v1 io.a.v1\ntype a.v1.T\n x a.v1.Absent 1\n", "");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().message, "builtin.schema: type a.v1.Absent is used and not described");
  broken = parse_builtin_table("package a.v1 io.a.v1\ntype a.v1.T\n x what 1\n", "");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().message, "builtin.schema:3: unknown type what");
  broken = parse_builtin_table("package a.v1 io.a.v1\ntype a.v1.T\n x string 1\n", "a.v1.T.y\tno");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().message, "descriptions.txt:1: there is no field a.v1.T.y");
}

}  // namespace
}  // namespace nanika::apiserver::schema
