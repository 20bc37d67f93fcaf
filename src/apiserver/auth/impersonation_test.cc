#include "apiserver/auth/impersonation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanika::apiserver {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

const User kMaster{.name = "admin", .groups = {"system:masters"}};

base::http::Headers headers(std::vector<std::pair<std::string, std::string>> fields) {
  base::http::Headers out;
  for (auto& [name, value] : fields) out.add(name, value);
  return out;
}

TEST(Impersonation, NoneWithoutHeaders) {
  auto user = impersonated(headers({{"Accept", "*/*"}}), kMaster);
  ASSERT_TRUE(user);
  EXPECT_EQ(user->name, "admin");
}

TEST(Impersonation, TakesUserGroupsUidAndExtras) {
  auto user = impersonated(headers({{"Impersonate-User", "ann"},
                                    {"impersonate-group", "dev"},
                                    {"Impersonate-Group", "ops"},
                                    {"Impersonate-Uid", "7"},
                                    {"Impersonate-Extra-Acme.com%2Fproject", "x"}}),
                           kMaster);
  ASSERT_TRUE(user);
  EXPECT_EQ(user->name, "ann");
  EXPECT_EQ(user->uid, "7");
  EXPECT_THAT(user->groups, ElementsAre("dev", "ops", "system:authenticated"));
  EXPECT_THAT(user->extra.at("acme.com/project"), ElementsAre("x"));
}

TEST(Impersonation, ServiceAccountsBringTheirGroups) {
  auto user =
      impersonated(headers({{"Impersonate-User", "system:serviceaccount:shop:bot"}}), kMaster);
  ASSERT_TRUE(user);
  EXPECT_THAT(user->groups,
              UnorderedElementsAre("system:serviceaccounts", "system:serviceaccounts:shop",
                                   "system:authenticated"));
}

TEST(Impersonation, IsForMastersAlone) {
  auto user = impersonated(headers({{"Impersonate-User", "admin"}}),
                           User{.name = "eve", .groups = {"system:authenticated"}});
  ASSERT_FALSE(user);
  EXPECT_EQ(user.error().code, 403);
  EXPECT_EQ(
      user.error().message,
      "users \"admin\" is forbidden: User \"eve\" cannot impersonate resource \"users\" in API "
      "group \"\" at the cluster scope");
}

TEST(Impersonation, GroupsNeedAUser) {
  auto user = impersonated(headers({{"Impersonate-Group", "system:masters"}}), kMaster);
  ASSERT_FALSE(user);
  EXPECT_EQ(user.error().code, 400);
}

}  // namespace
}  // namespace nanika::apiserver
