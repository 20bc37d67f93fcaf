#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apiserver/kinds/field_error.h"
#include "apiserver/kinds/kind.h"
#include "apiserver/kinds/names.h"
#include "apiserver/schema/builtin.h"

namespace nanika::apiserver::kinds {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

json::value parse(std::string_view text) {
  return *base::parse_json(text);
}

Kind kind(std::string_view name) {
  for (Kind& each : builtin_kinds(schema::builtin_schemas())) {
    if (each.kind == name) return std::move(each);
  }
  ADD_FAILURE() << "no kind " << name;
  return {};
}

std::vector<std::string> texts(const Causes& causes) {
  std::vector<std::string> out;
  for (const Cause& each : causes) out.push_back(each.field + ": " + each.message);
  return out;
}

std::vector<std::string> create_problems(std::string_view name, std::string_view text) {
  json::value object = parse(text);
  Kind k = kind(name);
  if (k.views[0].set_defaults) k.views[0].set_defaults(object);
  if (k.views[0].to_storage) k.views[0].to_storage(object);
  if (k.strategy.prepare_create) k.strategy.prepare_create(object);
  Causes causes;
  k.strategy.validate_create(object, causes);
  return texts(causes);
}

TEST(Names, SayWhatIsWrongInUpstreamsWords) {
  EXPECT_THAT(dns1123_subdomain("a.b-c.d"), IsEmpty());
  EXPECT_THAT(dns1123_subdomain("Web"),
              ElementsAre("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
                          "characters, '-' or '.', and must start and end with an alphanumeric "
                          "character (e.g. 'example.com', regex used for validation is "
                          "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"));
  EXPECT_THAT(dns1123_label("a.b"), ElementsAre("must not contain dots"));
  EXPECT_THAT(dns1035_label("1a").size(), 1);
  EXPECT_THAT(label_key("example.com/My_Name"), IsEmpty());
  EXPECT_THAT(label_key("/x"), ElementsAre("prefix part must be non-empty"));
  EXPECT_EQ(label_key("").size(), 2);
  EXPECT_THAT(label_value(""), IsEmpty());
  EXPECT_THAT(name_is_dns_label("web-", true), IsEmpty());
  EXPECT_EQ(name_is_dns_label("web-", false).size(), 1);
}

TEST(ConfigMap, RefusesABadNameKeyAndLabel) {
  EXPECT_THAT(create_problems("ConfigMap",
                              R"({"metadata":{"name":"ok","namespace":"shop","labels":{"a":"b"}},
                                 "data":{"k":"v"}})"),
              IsEmpty());
  EXPECT_THAT(create_problems("ConfigMap", R"({"metadata":{"namespace":"shop"}})"),
              ElementsAre("metadata.name: Required value: name or generateName is required"));
  EXPECT_THAT(create_problems("ConfigMap", R"({"metadata":{"name":"a","namespace":"s"},
                                      "data":{"..":"","x":"1"},"binaryData":{"x":"AA=="}})"),
              ElementsAre("data[..]: Invalid value: \"..\": must not be '..'",
                          "data[x]: Invalid value: \"x\": duplicate of key present in binaryData"));
}

TEST(ConfigMap, StaysAsItIsOnceImmutable) {
  Kind k = kind("ConfigMap");
  json::value old = parse(
      R"({"metadata":{"name":"a","namespace":"s","resourceVersion":"1"},"immutable":true,
          "data":{"x":"1"}})");
  json::value now = old;
  Causes causes;
  k.strategy.validate_update(now, old, causes);
  EXPECT_THAT(texts(causes), IsEmpty());
  now.as_object()["data"] = {{"x", "2"}};
  now.as_object().erase("immutable");
  k.strategy.validate_update(now, old, causes);
  EXPECT_THAT(texts(causes),
              ElementsAre("immutable: Forbidden: field is immutable when `immutable` is set",
                          "data: Forbidden: field is immutable when `immutable` is set"));
}

TEST(ObjectMeta, RefusesNewFinalizersOnADyingObjectAndAChangedUid) {
  Kind k = kind("ConfigMap");
  json::value old = parse(
      R"({"metadata":{"name":"a","namespace":"s","uid":"1","resourceVersion":"1",
          "deletionTimestamp":"2026-01-01T00:00:00Z","finalizers":["a.b/c"]}})");
  json::value now = old;
  now.at("metadata").as_object()["finalizers"] = {"a.b/c", "a.b/d"};
  now.at("metadata").as_object()["uid"] = "2";
  Causes causes;
  k.strategy.validate_update(now, old, causes);
  EXPECT_THAT(texts(causes),
              ElementsAre("metadata.finalizers: Forbidden: no new finalizers can be added if the "
                          "object is being deleted, found new finalizers []string{\"a.b/d\"}",
                          "metadata.uid: Invalid value: \"2\": field is immutable"));
}

TEST(Secret, FoldsStringDataAndChecksItsType) {
  Kind k = kind("Secret");
  json::value object = parse(R"({"stringData":{"a":"hello"},"data":{"a":"eA==","b":"eQ=="}})");
  k.views[0].set_defaults(object);
  k.views[0].to_storage(object);
  EXPECT_EQ(object, parse(R"({"data":{"a":"aGVsbG8=","b":"eQ=="},"type":"Opaque"})"));
  EXPECT_THAT(create_problems("Secret", R"({"metadata":{"name":"a","namespace":"s"},
                                           "type":"kubernetes.io/tls"})"),
              ElementsAre("data[tls.crt]: Required value", "data[tls.key]: Required value"));
  EXPECT_EQ(base::to_json(k.row(object, {})), R"(["","Opaque",2,"<unknown>"])");
}

TEST(Namespace, GetsItsFinalizerPhaseAndNameLabel) {
  Kind k = kind("Namespace");
  json::value object = parse(R"({"metadata":{"name":"shop"}})");
  k.views[0].set_defaults(object);
  k.strategy.prepare_create(object);
  EXPECT_EQ(base::to_json(object),
            R"({"metadata":{"name":"shop","labels":{"kubernetes.io/metadata.name":"shop"}},)"
            R"("status":{"phase":"Active"},"spec":{"finalizers":["kubernetes"]}})");
  Causes causes;
  k.strategy.validate_create(object, causes);
  EXPECT_THAT(texts(causes), IsEmpty());
  EXPECT_EQ(
      create_problems("Namespace", R"({"metadata":{"name":"a.b"}})"),
      std::vector<std::string>{"metadata.name: Invalid value: \"a.b\": must not contain dots"});
}

}  // namespace
}  // namespace nanika::apiserver::kinds
