// CRDs and Services as a client of the whole server sees them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apiserver/server_testing.h"

namespace nanika::apiserver {
namespace {

using testing::HasSubstr;

constexpr const char* kCrds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
constexpr const char* kFoos = "/apis/example.com/v1/namespaces/default/foos";
constexpr const char* kFooCrd = R"({
  "metadata": {"name": "foos.example.com"},
  "spec": {"group": "example.com", "scope": "Namespaced",
    "names": {"plural": "foos", "kind": "Foo"},
    "versions": [
      {"name": "v1", "served": true, "storage": true,
       "schema": {"openAPIV3Schema": {"type": "object", "properties": {
         "spec": {"type": "object", "properties": {
           "replicas": {"type": "integer", "minimum": 0, "default": 2},
           "color": {"type": "string"}}},
         "status": {"type": "object", "properties": {"replicas": {"type": "integer"}}}}}},
       "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.replicas",
                                                "statusReplicasPath": ".status.replicas"}},
       "selectableFields": [{"jsonPath": ".spec.color"}]},
      {"name": "v1beta1", "served": true, "storage": false,
       "schema": {"openAPIV3Schema": {"type": "object",
                                      "x-kubernetes-preserve-unknown-fields": true}}}]}})";

class ServerKindsTest : public ServerTesting {
 protected:
  // Serving begins a moment after the definition is stored.
  void define() {
    ASSERT_EQ(admin("POST", kCrds, kFooCrd).status, 201);
    until([&] { return admin("GET", kFoos).status == 200; });
  }
};

TEST_F(ServerKindsTest, ACrdIsServedFromDiscoveryToScale) {
  define();
  EXPECT_THAT(admin("GET", "/apis/example.com/v1").text, HasSubstr("\"foos/scale\""));
  EXPECT_THAT(admin("GET", "/openapi/v3").text, HasSubstr("apis/example.com/v1"));
  EXPECT_THAT(admin("GET", "/apis/example.com").text, HasSubstr("\"version\":\"v1beta1\""));

  std::string foo = R"({"apiVersion":"example.com/v1","kind":"Foo","metadata":{"name":"a"},)"
                    R"("spec":{"color":"red","junk":1}})";
  Got made = admin("POST", kFoos, foo);
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(base::to_json(made.body.at("spec")), R"({"color":"red","replicas":2})");
  EXPECT_EQ(made.body.at("metadata").at("generation").as_int64(), 1);
  EXPECT_THAT(made.headers.get("Warning"), HasSubstr("spec.junk"));
  Got beta = admin("GET", "/apis/example.com/v1beta1/namespaces/default/foos/a");
  EXPECT_EQ(base::find_string(beta.body, "apiVersion"), "example.com/v1beta1");

  std::string a = std::string(kFoos) + "/a";
  Got scaled =
      admin("PATCH", a + "/scale", R"({"spec":{"replicas":5}})", "application/merge-patch+json");
  ASSERT_EQ(scaled.status, 200) << scaled.text;
  EXPECT_EQ(base::find_string(scaled.body, "kind"), "Scale");
  Got status = admin("PATCH", a + "/status", R"({"status":{"replicas":3},"spec":{"color":"x"}})",
                     "application/merge-patch+json");
  EXPECT_EQ(base::find_string(status.body, "spec", "color"), "red");
  EXPECT_EQ(status.body.at("metadata").at("generation").as_int64(), 2);
  Got invalid = admin("PATCH", a, R"({"spec":{"replicas":-1}})", "application/merge-patch+json");
  EXPECT_EQ(invalid.status, 422);
  EXPECT_THAT(invalid.text, HasSubstr("spec.replicas"));
  EXPECT_EQ(admin("PATCH", a, "{}", "application/strategic-merge-patch+json").status, 415);
  auto found = [&](std::string_view color) {
    return admin("GET", fmt::format("{}?fieldSelector=spec.color%3D{}", kFoos, color))
        .body.at("items")
        .as_array()
        .size();
  };
  EXPECT_EQ(found("red"), 1u);
  EXPECT_EQ(found("blue"), 0u);
}

TEST_F(ServerKindsTest, ADeletedCrdTakesItsObjectsAlong) {
  define();
  admin("POST", kFoos,
        R"({"apiVersion":"example.com/v1","kind":"Foo","metadata":{"name":"a"},"spec":{}})");
  EXPECT_EQ(admin("DELETE", std::string(kCrds) + "/foos.example.com").status, 200);
  until([&] { return admin("GET", std::string(kCrds) + "/foos.example.com").status == 404; });
  EXPECT_EQ(admin("GET", kFoos).status, 404);
  EXPECT_EQ(admin("GET", "/apis/example.com").status, 404);
  EXPECT_EQ(server_->store().count(server_->store().resource("example.com/foos")), 0u);
}

TEST_F(ServerKindsTest, AServiceGetsItsAddress) {
  constexpr const char* kServices = "/api/v1/namespaces/default/services";
  Got made =
      admin("POST", kServices, R"({"metadata":{"name":"w"},"spec":{"ports":[{"port":80}]}})");
  ASSERT_EQ(made.status, 201) << made.text;
  std::string ip(base::find_string(made.body, "spec", "clusterIP"));
  EXPECT_THAT(ip, HasSubstr("10.96."));
  Got taken = admin("POST", kServices,
                    fmt::format(R"({{"metadata":{{"name":"x"}},)"
                                R"("spec":{{"clusterIP":"{}","ports":[{{"port":80}}]}}}})",
                                ip));
  EXPECT_EQ(taken.status, 422);
  EXPECT_EQ(admin("DELETE", std::string(kServices) + "/w").status, 200);
  EXPECT_EQ(admin("POST", kServices,
                  fmt::format(R"({{"metadata":{{"name":"x"}},)"
                              R"("spec":{{"clusterIP":"{}","ports":[{{"port":80}}]}}}})",
                              ip))
                .status,
            201);
}

TEST_F(ServerKindsTest, AnAdministratorMayActAsSomebodyElse) {
  http::Request request{.method = "GET", .target = "/api/v1/namespaces"};
  request.headers.add("Impersonate-User", "jane");
  auto answer = admin_->send(request, soon(), {});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 403);
  EXPECT_THAT(answer->body, HasSubstr("User \\\"jane\\\" cannot list resource"));
  auto refused = nobody_->send(request, soon(), {});
  ASSERT_TRUE(refused);
  EXPECT_THAT(refused->body, HasSubstr("cannot impersonate resource \\\"users\\\""));
}

}  // namespace
}  // namespace nanika::apiserver
