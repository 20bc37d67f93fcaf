// The whole embedded API over real HTTPS: what a client sees of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apiserver/server_testing.h"

namespace nanika::apiserver {
namespace {

using testing::HasSubstr;
using testing::Not;

class ServerTest : public ServerTesting {};

constexpr const char* kMaps = "/api/v1/namespaces/default/configmaps";

TEST_F(ServerTest, KeepsWhatItAnsweredOverARestart) {
  EXPECT_EQ(admin("POST", kMaps, R"({"metadata":{"name":"a"},"data":{"x":"1"}})").status, 201);
  admin_.reset();
  nobody_.reset();
  server_.reset();
  start();
  Got got = admin("GET", std::string(kMaps) + "/a");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(base::find_string(got.body, "data", "x"), "1");
}

TEST_F(ServerTest, OnlyMastersMayAndStrangersMayLookAtTheVersion) {
  Got refused = send(*nobody_, "GET", kMaps);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(base::find_string(refused.body, "message"),
            "configmaps is forbidden: User \"system:anonymous\" cannot list resource "
            "\"configmaps\" in API group \"\" in the namespace \"default\"");
  EXPECT_EQ(send(*nobody_, "GET", "/version").status, 200);
  EXPECT_EQ(send(*nobody_, "GET", "/readyz").status, 200);
  EXPECT_EQ(send(*nobody_, "GET", "/api").status, 403);
  EXPECT_EQ(send(*nobody_, "GET", "/metrics").status, 403);
}

TEST_F(ServerTest, AServiceAccountTokenSaysWhoItIs) {
  std::string account = "/api/v1/namespaces/default/serviceaccounts/robot";
  ASSERT_EQ(admin("POST", "/api/v1/namespaces/default/serviceaccounts",
                  R"({"metadata":{"name":"robot"}})")
                .status,
            201);
  Got made = admin("POST", account + "/token", R"({"spec":{"expirationSeconds":600}})");
  ASSERT_EQ(made.status, 201) << made.text;
  std::string token(base::find_string(made.body, "status", "token"));

  http::Request who{.method = "POST",
                    .target = "/apis/authentication.k8s.io/v1/selfsubjectreviews",
                    .body = "{}"};
  who.headers.add("Authorization", "Bearer " + token);
  auto self = nobody_->send(who, soon(), {});
  ASSERT_TRUE(self);
  EXPECT_EQ(self->status, 201) << self->body;
  EXPECT_THAT(self->body, HasSubstr("system:serviceaccount:default:robot"));

  std::string review = fmt::format(R"({{"spec":{{"token":"{}"}}}})", token);
  Got reviewed = admin("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review);
  EXPECT_THAT(reviewed.text, HasSubstr("\"authenticated\":true"));

  ASSERT_EQ(admin("DELETE", account).status, 200);
  auto late = nobody_->send(who, soon(), {});
  ASSERT_TRUE(late);
  EXPECT_EQ(late->status, 401);
  Got again = admin("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review);
  EXPECT_THAT(again.text, Not(HasSubstr("\"authenticated\":true")));
}

TEST_F(ServerTest, ListsPageByPage) {
  for (char name = 'a'; name <= 'e'; ++name)
    admin("POST", kMaps,
          fmt::format(R"({{"metadata":{{"name":"{}","labels":{{"l":"1"}}}}}})", name));
  Got first = admin("GET", std::string(kMaps) + "?limit=2");
  std::string token(base::find_string(first.body, "metadata", "continue"));
  EXPECT_FALSE(token.empty());
  EXPECT_GE(first.body.at("metadata").at("remainingItemCount").to_number<int>(), 3);
  // What comes later is not in the pages of this list.
  admin("POST", kMaps, R"({"metadata":{"name":"cc"}})");
  std::vector<std::string> names;
  while (!token.empty()) {
    Got next = admin("GET", fmt::format("{}?limit=2&continue={}", kMaps, token));
    ASSERT_EQ(next.status, 200) << next.text;
    for (const json::value& item : next.body.at("items").as_array())
      names.emplace_back(base::find_string(item, "metadata", "name"));
    token = base::find_string(next.body, "metadata", "continue");
  }
  EXPECT_THAT(names, Not(testing::Contains("cc")));
  EXPECT_EQ(
      admin("GET", std::string(kMaps) + "?labelSelector=l%3D1").body.at("items").as_array().size(),
      5u);
  EXPECT_EQ(admin("GET", std::string(kMaps) + "?continue=zzz").status, 400);
  EXPECT_EQ(admin("GET", std::string(kMaps) + "?fieldSelector=x%3Dy").status, 400);
  EXPECT_EQ(
      admin("GET", std::string(kMaps) + "?resourceVersion=99999&resourceVersionMatch=Exact").status,
      504);
}

TEST_F(ServerTest, AWatchTellsWhatComesGoesAndLeavesTheSelector) {
  auto open = [&](std::string target) {
    auto stream = admin_->open({.method = "GET", .target = std::move(target)}, soon(), {});
    EXPECT_TRUE(stream);
    return std::move(*stream);
  };
  auto next = [&](http::BodyStream& stream) -> std::string {
    auto line = stream.read_line(soon(), {});
    EXPECT_TRUE(line) << line.error().message;
    if (!line) return "";
    json::value event = *base::parse_json(*line);
    return fmt::format("{} {}", base::find_string(event, "type"),
                       base::find_string(event, "object", "metadata", "name"));
  };
  admin("POST", kMaps, R"({"metadata":{"name":"a","labels":{"l":"1"}}})");
  auto stream = open(std::string(kMaps) + "?watch=true&labelSelector=l%3D1");
  EXPECT_EQ(next(*stream), "ADDED a");
  admin("POST", kMaps, R"({"metadata":{"name":"b","labels":{"l":"1"}}})");
  EXPECT_EQ(next(*stream), "ADDED b");
  admin("PATCH", std::string(kMaps) + "/a", R"({"data":{"x":"1"}})",
        "application/merge-patch+json");
  EXPECT_EQ(next(*stream), "MODIFIED a");
  admin("PATCH", std::string(kMaps) + "/a", R"({"metadata":{"labels":{"l":"2"}}})",
        "application/merge-patch+json");
  EXPECT_EQ(next(*stream), "DELETED a");
  admin("DELETE", std::string(kMaps) + "/b");
  EXPECT_EQ(next(*stream), "DELETED b");

  auto initial = open(std::string(kMaps) +
                      "?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&"
                      "allowWatchBookmarks=true&labelSelector=l");
  EXPECT_EQ(next(*initial), "ADDED a");
  auto bookmark = initial->read_line(soon(), {});
  ASSERT_TRUE(bookmark);
  EXPECT_THAT(*bookmark, HasSubstr("\"k8s.io/initial-events-end\":\"true\""));

  auto timed = open(std::string(kMaps) + "?watch=true&timeoutSeconds=1&resourceVersion=" +
                    std::to_string(server_->store().revision()));
  auto end = timed->read_line(soon(), {});
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, base::Code::kNotFound) << end.error().message;
}

TEST_F(ServerTest, PatchesOfEveryForm) {
  std::string a = std::string(kMaps) + "/a";
  Got applied = admin("PATCH", a + "?fieldManager=one",
                      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: \"1\"}\n",
                      "application/apply-patch+yaml");
  EXPECT_EQ(applied.status, 201) << applied.text;
  EXPECT_EQ(admin("PATCH", a, R"({"data":{"y":"2"}})", "application/merge-patch+json").status, 200);
  EXPECT_EQ(
      admin("PATCH", a, R"({"data":{"z":"3"}})", "application/strategic-merge-patch+json").status,
      200);
  Got last =
      admin("PATCH", a, R"([{"op":"remove","path":"/data/y"}])", "application/json-patch+json");
  EXPECT_EQ(base::to_json(last.body.at("data")), R"({"x":"1","z":"3"})");
  Got clash = admin("PATCH", a + "?fieldManager=two",
                    R"({"apiVersion":"v1","kind":"ConfigMap","data":{"x":"9"}})",
                    "application/apply-patch+yaml");
  EXPECT_EQ(clash.status, 409);
  EXPECT_THAT(clash.text, HasSubstr("FieldManagerConflict"));
  EXPECT_EQ(admin("PATCH", a, "{}", "text/plain").status, 415);
  EXPECT_EQ(
      admin("PATCH", a, R"([{"op":"remove","path":"/data/none"}])", "application/json-patch+json")
          .status,
      422);
}

TEST_F(ServerTest, SaysWhatIsWrongWithARequest) {
  Got strict = admin("POST", std::string(kMaps) + "?fieldValidation=Strict",
                     R"({"metadata":{"name":"a"},"dat":{}})");
  EXPECT_EQ(strict.status, 400);
  EXPECT_THAT(strict.text, HasSubstr("unknown field \\\"dat\\\""));
  Got warned = admin("POST", kMaps, R"({"metadata":{"name":"a"},"dat":{}})");
  EXPECT_EQ(warned.status, 201);
  EXPECT_EQ(warned.headers.get("Warning"), "299 - \"unknown field \\\"dat\\\"\"");
  EXPECT_EQ(admin("POST", kMaps, "{").status, 400);
  EXPECT_EQ(admin("POST", kMaps, "x", "text/plain").status, 415);
  EXPECT_EQ(admin("GET", kMaps, "", "", "text/html").status, 406);
  EXPECT_EQ(admin("PUT", kMaps, "{}").status, 405);
  EXPECT_EQ(admin("GET", "/api/v1/nothings").status, 404);
  EXPECT_EQ(admin("GET", "/nothing").status, 404);
  EXPECT_EQ(admin("POST", kMaps, std::string(4 << 20, ' ')).status, 413);
}

TEST_F(ServerTest, TablesAndMetadata) {
  admin("POST", kMaps, R"({"metadata":{"name":"a"},"data":{"x":"1"}})");
  Got table = admin("GET", std::string(kMaps) + "?fieldSelector=metadata.name%3Da", "", "",
                    "application/json;as=Table;v=v1;g=meta.k8s.io");
  EXPECT_EQ(base::find_string(table.body, "kind"), "Table");
  EXPECT_EQ(table.body.at("rows").at(0).at("cells").at(0).as_string(), "a");
  EXPECT_EQ(base::find_string(table.body.at("rows").at(0), "object", "kind"),
            "PartialObjectMetadata");
  Got meta = admin("GET", kMaps, "", "",
                   "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io");
  EXPECT_EQ(base::find_string(meta.body, "kind"), "PartialObjectMetadataList");
  EXPECT_EQ(meta.text.find("\"data\""), std::string::npos);
}

}  // namespace
}  // namespace nanika::apiserver
