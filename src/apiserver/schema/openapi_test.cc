#include "apiserver/schema/openapi.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apiserver/schema/builtin.h"
#include "apiserver/schema/protobuf_wire.h"
#include "base/json.h"

namespace nanika::apiserver::schema {
namespace {

using base::find;
using base::find_string;
using base::http::Response;

const std::vector<std::string> kAllVerbs = {"create", "delete", "deletecollection", "get",
                                            "list",   "patch",  "update",           "watch"};

ServedResource built_in(std::string group, std::string kind, std::string plural, bool namespaced) {
  std::string api_version = group.empty() ? "v1" : group + "/v1";
  return {.group = group,
          .version = "v1",
          .kind = kind,
          .list_kind = kind + "List",
          .plural = plural,
          .namespaced = namespaced,
          .verbs = kAllVerbs,
          .subresources = {{.name = "status", .verbs = {"get", "patch", "update"}}},
          .schema = builtin_kind(api_version, kind)};
}

ServedResource custom(std::string_view schema, std::string version = "v1alpha1") {
  return {.group = "network.nanika.dev",
          .version = version,
          .kind = "Network",
          .list_kind = "NetworkList",
          .plural = "networks",
          .namespaced = false,
          .verbs = kAllVerbs,
          .custom = std::make_shared<const json::value>(*base::parse_json(schema))};
}

class OpenApiTest : public testing::Test {
 protected:
  json::value get(std::string target) {
    Response response = openapi_.answer({.target = std::move(target)});
    EXPECT_EQ(response.status, 200);
    auto parsed = base::parse_json(response.body);
    return parsed ? *parsed : json::value();
  }
  json::value custom_type(std::string_view schema, bool v2) {
    openapi_.serve({custom(schema)});
    constexpr std::string_view kName = "dev.nanika.network.v1alpha1.Network";
    if (v2) return *find(get("/openapi/v2"), "definitions", kName);
    return *find(get("/openapi/v3/apis/network.nanika.dev/v1alpha1"), "components", "schemas",
                 kName);
  }
  OpenApi openapi_{"v1.37.2"};
};

std::vector<ServedResource> everything() {
  return {built_in("", "Namespace", "namespaces", false),
          built_in("", "Node", "nodes", false),
          built_in("", "Pod", "pods", true),
          built_in("", "Service", "services", true),
          built_in("events.k8s.io", "Event", "events", true),
          built_in("apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions",
                   false),
          custom(R"({"type":"object"})")};
}

/// Every reference of the document, with where it stands.
void references(const json::value& v, std::vector<std::string>& out) {
  if (const auto* object = v.if_object()) {
    for (const auto& [key, value] : *object) {
      if (key == "$ref" && value.is_string()) out.emplace_back(value.get_string());
      references(value, out);
    }
  } else if (const auto* array = v.if_array()) {
    for (const auto& item : *array) references(item, out);
  }
}

TEST_F(OpenApiTest, EveryReferenceLeadsToAType) {
  openapi_.serve(everything());
  std::vector<std::string> targets{"/openapi/v2"};
  json::value root = get("/openapi/v3");
  for (const auto& [name, at] : root.at("paths").get_object())
    targets.emplace_back(find_string(at, "serverRelativeURL"));
  EXPECT_EQ(targets.size(), 5u);
  for (const std::string& target : targets) {
    json::value document = get(target);
    std::vector<std::string> refs;
    references(document, refs);
    EXPECT_FALSE(refs.empty());
    for (const std::string& ref : refs) {
      boost::system::error_code error;
      EXPECT_NE(document.find_pointer(ref.substr(1), error), nullptr) << target << " " << ref;
    }
  }
}

TEST_F(OpenApiTest, PatchSaysThatFieldsAreValidated) {  // what kubectl asks before create and apply
  openapi_.serve(everything());
  json::value document = get("/openapi/v3/api/v1");
  const json::value* patch =
      find(document, "paths", "/api/v1/namespaces/{namespace}/services/{name}", "patch");
  ASSERT_NE(patch, nullptr);
  EXPECT_EQ(base::to_json(patch->at("x-kubernetes-group-version-kind")),
            R"({"group":"","kind":"Service","version":"v1"})");
  EXPECT_EQ(find_string(*patch, "operationId"), "patchCoreV1NamespacedService");
  std::vector<std::string> names;
  for (const json::value& p : patch->at("parameters").get_array())
    names.emplace_back(find_string(p, "name"));
  EXPECT_THAT(names, testing::ElementsAre("dryRun", "fieldManager", "fieldValidation", "force"));
  EXPECT_NE(find(*patch, "requestBody", "content", "application/strategic-merge-patch+json"),
            nullptr);
}

TEST_F(OpenApiTest, TypesCarryTheFactsOfTheTable) {
  openapi_.serve(everything());
  json::value document = get("/openapi/v3/api/v1");
  const json::value* types = find(document, "components", "schemas");
  const json::value* ports = find(*types, "io.k8s.api.core.v1.ServiceSpec", "properties", "ports");
  ASSERT_NE(ports, nullptr);
  EXPECT_EQ(find_string(*ports, "x-kubernetes-patch-merge-key"), "port");
  EXPECT_EQ(base::to_json(ports->at("x-kubernetes-list-map-keys")), R"(["port","protocol"])");
  EXPECT_EQ(
      base::to_json(*find(*types, "io.k8s.api.core.v1.Service", "x-kubernetes-group-version-kind")),
      R"([{"group":"","kind":"Service","version":"v1"}])");
}

TEST_F(OpenApiTest, AnsweredByHash) {
  openapi_.serve(everything());
  json::value root = get("/openapi/v3");
  std::string url(find_string(root, "paths", "api/v1", "serverRelativeURL"));
  EXPECT_THAT(url, testing::StartsWith("/openapi/v3/api/v1?hash="));
  base::http::Request request{.target = url};
  Response response = openapi_.answer(request);
  EXPECT_EQ(response.headers.get("Cache-Control"), "public, immutable");
  request.headers.set("If-None-Match", std::string(response.headers.get("ETag")));
  EXPECT_EQ(openapi_.answer(request).status, 304);
  Response moved = openapi_.answer({.target = "/openapi/v3/api/v1?hash=OLD"});
  EXPECT_EQ(moved.status, 301);
  EXPECT_EQ(moved.headers.get("Location"), url);
  EXPECT_EQ(openapi_.answer({.target = "/openapi/v3/apis/nothing/v1"}).status, 404);
  EXPECT_EQ(openapi_.answer({.method = "POST", .target = "/openapi/v2"}).status, 405);
}

TEST_F(OpenApiTest, AVersionThatIsNoLongerServedVanishesAndTheRestStays) {
  openapi_.serve({built_in("", "Node", "nodes", false), custom(R"({"type":"object"})")});
  std::string before(find_string(get("/openapi/v3"), "paths", "api/v1", "serverRelativeURL"));
  openapi_.serve({built_in("", "Node", "nodes", false), custom(R"({"type":"object"})", "v1")});
  json::value root = get("/openapi/v3");
  EXPECT_EQ(find(root, "paths", "apis/network.nanika.dev/v1alpha1"), nullptr);
  EXPECT_NE(find(root, "paths", "apis/network.nanika.dev/v1"), nullptr);
  EXPECT_EQ(find_string(root, "paths", "api/v1", "serverRelativeURL"), before);
  json::value v2 = get("/openapi/v2");
  EXPECT_EQ(find(v2, "definitions", "dev.nanika.network.v1alpha1.Network"), nullptr);
  EXPECT_NE(find(v2, "definitions", "dev.nanika.network.v1.Network"), nullptr);
}

TEST_F(OpenApiTest, CustomResourcesGainWhatEveryObjectHas) {
  json::value type = custom_type(
      R"({"type":"object","description":"A network","properties":{"spec":{"type":"object"},
          "port":{"x-kubernetes-int-or-string":true}}})",
      false);
  EXPECT_EQ(find_string(type, "description"), "A network");
  EXPECT_EQ(find_string(type, "properties", "kind", "type"), "string");
  EXPECT_NE(find(type, "properties", "metadata", "allOf"), nullptr);
  EXPECT_EQ(base::to_json(*find(type, "properties", "port", "anyOf")),
            R"([{"type":"integer"},{"type":"string"}])");
  EXPECT_EQ(base::to_json(type.at("x-kubernetes-group-version-kind")),
            R"([{"group":"network.nanika.dev","kind":"Network","version":"v1alpha1"}])");
}

/// Texts are our own: of what every object has they are not compared.
void drop_common_descriptions(json::value& v) {
  if (auto* array = v.if_array())
    for (json::value& item : *array) drop_common_descriptions(item);
  auto* object = v.if_object();
  if (object == nullptr) return;
  if (json::value* properties = object->if_contains("properties"))
    for (std::string_view name : {"apiVersion", "kind", "metadata"})
      if (json::value* at = properties->get_object().if_contains(name))
        at->get_object().erase("description");
  for (auto& [key, value] : *object) drop_common_descriptions(value);
}

/// What upstream's builder (apiextensions-apiserver v0.37.2) publishes of the same schemas.
TEST_F(OpenApiTest, CustomResourcesArePublishedAsUpstreamDoes) {
  std::ifstream in(NANIKA_SOURCE_DIR "/src/apiserver/schema/testdata/openapi_custom.jsonl");
  int count = 0;
  for (std::string line; std::getline(in, line); ++count) {
    json::value row = *base::parse_json(line);
    SCOPED_TRACE(find_string(row, "name"));
    for (std::string_view dialect : {"v2", "v3"}) {
      json::value have = custom_type(base::to_json(row.at("schema")), dialect == "v2");
      json::value want = row.at(dialect);
      // Upstream's ran with another kind's name.
      have.get_object().erase("x-kubernetes-group-version-kind");
      want.get_object().erase("x-kubernetes-group-version-kind");
      drop_common_descriptions(have);
      drop_common_descriptions(want);
      EXPECT_TRUE(base::json_equal(have, want))
          << dialect << "\nhave " << base::to_json(have) << "\nwant " << base::to_json(want);
    }
  }
  EXPECT_EQ(count, 3);
}

TEST_F(OpenApiTest, V2IsLoosenedWhereItLacksWords) {
  json::value type = custom_type(
      R"({"type":"object","required":["a","b"],"properties":{
           "a":{"type":"object","nullable":true,"properties":{"x":{"type":"string"}}},
           "b":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
           "c":{"type":"array","x-kubernetes-preserve-unknown-fields":true,"items":{"type":"string"}},
           "d":{"x-kubernetes-int-or-string":true},
           "e":{"type":"object","x-kubernetes-embedded-resource":true}}})",
      true);
  const json::value& properties = type.at("properties");
  EXPECT_EQ(base::to_json(properties.at("a")), "{}");
  EXPECT_EQ(base::to_json(properties.at("b")), R"({"x-kubernetes-preserve-unknown-fields":true})");
  EXPECT_EQ(base::to_json(properties.at("c")), R"({"x-kubernetes-preserve-unknown-fields":true})");
  EXPECT_EQ(base::to_json(properties.at("d")), R"({"x-kubernetes-int-or-string":true})");
  EXPECT_EQ(base::to_json(properties.at("e").at("required")), R"(["kind","apiVersion"])");
  EXPECT_EQ(base::to_json(type.at("required")), R"(["b"])");
}

/// Field 1 of each message that stands `number` in the `list` of the document: the names.
std::vector<std::string> names_in(std::string_view document, uint32_t list, uint32_t number) {
  std::vector<std::string> names;
  for (WireReader in(document); !in.done();) {
    WireField field = *in.next();
    if (field.number != list) continue;
    for (WireReader pairs(field.contents); !pairs.done();) {
      WireField pair = *pairs.next();
      if (pair.number == number) names.emplace_back(WireReader(pair.contents).next()->contents);
    }
  }
  return names;
}

TEST_F(OpenApiTest, OldKubectlGetsV2InProtobuf) {
  openapi_.serve(everything());
  base::http::Request request{.target = "/openapi/v2"};
  request.headers.set("Accept", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf");
  Response response = openapi_.answer(request);
  EXPECT_EQ(response.headers.get("Content-Type"),
            "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
  json::value document = get("/openapi/v2");
  for (auto [member, list, number] :
       {std::tuple("paths", 8u, 2u), std::tuple("definitions", 9u, 1u)}) {
    std::vector<std::string> want;
    for (const auto& [name, value] : document.at(member).get_object()) want.emplace_back(name);
    EXPECT_THAT(names_in(response.body, list, number), testing::UnorderedElementsAreArray(want));
  }
  request.headers.set("Accept", "application/json, application/com.github.proto-openapi.spec.v2");
  EXPECT_EQ(openapi_.answer(request).headers.get("Content-Type"), "application/json");
}

TEST_F(OpenApiTest, WithoutASchemaOrWithUnknownFieldsOnlyTheKindIsSaid) {
  json::value bare = custom_type("null", true);
  EXPECT_EQ(find(bare, "properties"), nullptr);
  EXPECT_EQ(find_string(bare, "type"), "object");
  std::string_view preserving =
      R"({"type":"object","x-kubernetes-preserve-unknown-fields":true,"description":"Any"})";
  EXPECT_EQ(find(custom_type(preserving, true), "properties"), nullptr);
  EXPECT_NE(find(custom_type(preserving, false), "properties", "metadata"), nullptr);
}

}  // namespace
}  // namespace nanika::apiserver::schema
