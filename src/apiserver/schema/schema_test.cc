#include "apiserver/schema/schema.h"

#include <gtest/gtest.h>

namespace nanika::apiserver::schema {
namespace {

TEST(SchemaSet, NodesKeepTheirAddressesWhileItGrowsAndMoves) {
  SchemaSet set;
  Schema* first = set.add({.type = Type::kString, .name = "first"});
  for (int i = 0; i < 1000; ++i) set.add({.name = "n" + std::to_string(i)});
  SchemaSet moved = std::move(set);
  EXPECT_EQ(moved.find("first"), first);
  EXPECT_EQ(moved.find("n999")->name, "n999");
  EXPECT_EQ(moved.find("absent"), nullptr);
}

TEST(Schema, FindsAFieldByItsJsonName) {
  Schema s{.type = Type::kObject, .fields = {{.name = "apiVersion"}, {.name = "kind"}}};
  ASSERT_NE(s.field("kind"), nullptr);
  EXPECT_EQ(s.field("kind")->name, "kind");
  EXPECT_EQ(s.field("Kind"), nullptr);
  EXPECT_EQ(s.field(""), nullptr);
}

}  // namespace
}  // namespace nanika::apiserver::schema
