#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apiserver/kinds/field_error.h"
#include "apiserver/kinds/kinds_testing.h"
#include "apiserver/kinds/names.h"

namespace nanika::apiserver::kinds {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

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
  EXPECT_EQ(object, parse(R"({"metadata":{},"data":{"a":"aGVsbG8=","b":"eQ=="},"type":"Opaque"})"));
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
  EXPECT_EQ(object, parse(R"({
    "metadata":{"name":"shop","labels":{"kubernetes.io/metadata.name":"shop"}},
    "status":{"phase":"Active"},"spec":{"finalizers":["kubernetes"]}})"));
  Causes causes;
  k.strategy.validate_create(object, causes);
  EXPECT_THAT(texts(causes), IsEmpty());
  EXPECT_EQ(
      create_problems("Namespace", R"({"metadata":{"name":"a.b"}})"),
      std::vector<std::string>{"metadata.name: Invalid value: \"a.b\": must not contain dots"});
}

TEST(Kinds, EveryRowIsWhole) {
  for (const Kind& k : builtin_kinds(schema::builtin_schemas())) {
    SCOPED_TRACE(k.kind);
    for (const View& view : k.views) {
      EXPECT_NE(view.schema, nullptr);
      EXPECT_TRUE(view.set_defaults);
      json::value object = json::object();
      view.set_defaults(object);
      json::value twice = object;
      view.set_defaults(twice);
      EXPECT_EQ(object, twice);
      if (view.to_storage) view.to_storage(object);
      EXPECT_EQ(k.row(object, base::WallTime()).size(), k.columns.size());
      SelectableFields fields = k.selectable_fields(object);
      ASSERT_EQ(fields.size(), k.field_labels.size());
      for (size_t i = 0; i < fields.size(); ++i) EXPECT_EQ(fields[i].first, k.field_labels[i]);
    }
    EXPECT_TRUE(k.strategy.validate_create);
    EXPECT_TRUE(k.strategy.validate_update);
    // Objects of any shape are refused or let pass, but survived.
    for (std::string_view odd : {R"({})", R"({"metadata":1,"spec":[],"status":"x","data":7})",
                                 R"({"metadata":{"labels":[],"name":3},"spec":{"ports":[1,"x",[]],
                                     "containers":[null,{}]},"endpoints":[3],"subsets":[{}, 1]})"}) {
      json::value object = parse(odd);
      if (!object.at_pointer("").get_object().contains("metadata")) {
        Causes causes;
        k.strategy.validate_create(object, causes);
      }
      Causes causes;
      k.strategy.validate_create(object, causes);
      k.strategy.validate_update(object, parse("{}"), causes);
      k.row(object, base::WallTime());
      k.selectable_fields(object);
    }
  }
}

TEST(Event, IsOneObjectInTwoShapes) {
  Kind k = kind("Event");
  const json::value stored = parse(R"({"apiVersion":"v1","kind":"Event",
    "metadata":{"name":"e","namespace":"shop"},"involvedObject":{"kind":"Pod","name":"web"},
    "reason":"Pulled","message":"m","source":{"component":"kubelet"},"count":3,"type":"Normal",
    "firstTimestamp":"2026-01-01T00:00:00Z","lastTimestamp":"2026-01-01T00:05:00Z",
    "reportingComponent":"","reportingInstance":""})");
  json::value object = stored;
  k.views[1].from_storage(object);
  EXPECT_EQ(object, parse(R"({"apiVersion":"events.k8s.io/v1","kind":"Event",
    "metadata":{"name":"e","namespace":"shop"},"regarding":{"kind":"Pod","name":"web"},
    "reason":"Pulled","note":"m","deprecatedSource":{"component":"kubelet"},"deprecatedCount":3,
    "type":"Normal","deprecatedFirstTimestamp":"2026-01-01T00:00:00Z",
    "deprecatedLastTimestamp":"2026-01-01T00:05:00Z","reportingController":"",
    "reportingInstance":""})"));
  k.views[1].to_storage(object);
  EXPECT_EQ(object, stored);
  EXPECT_EQ(row("Event", stored, *base::parse_time("2026-01-01T00:06:00Z")),
            R"(["60s","Normal","Pulled","pod/web","","kubelet","m","6m",3,"e"])");
}

TEST(Event, AgreesWithTheNamespaceItIsAbout) {
  EXPECT_EQ(create_problems("Event", R"({"metadata":{"name":"e","namespace":"shop"},
                                        "involvedObject":{"namespace":"other"}})"),
            std::vector<std::string>{"involvedObject.namespace: Invalid value: \"other\": does not "
                                     "match event.namespace"});
  EXPECT_THAT(create_problems("Event", R"({"metadata":{"name":"e","namespace":"shop"},
                                          "involvedObject":{"namespace":"shop"}})"),
              IsEmpty());
}

TEST(EndpointSlice, ChecksItsAddresses) {
  EXPECT_THAT(create_problems("EndpointSlice", R"({"metadata":{"name":"a","namespace":"s"},
      "addressType":"IPv4","endpoints":[{"addresses":["10.0.0.1","fd00::1"]},{"addresses":[]}],
      "ports":[{"port":80}]})"),
              ElementsAre("endpoints[0].addresses: Invalid value: \"fd00::1\": must be an IPv4 "
                          "address",
                          "endpoints[1].addresses: Required value: must contain at least 1 "
                          "address"));
}

TEST(Endpoints, PrintThreeAndCountTheRest) {
  json::value object = parse(R"({"metadata":{"name":"a"},"subsets":[{
    "addresses":[{"ip":"10.0.0.1"},{"ip":"fd00::1"}],"ports":[{"port":80},{"port":443}]}]})");
  EXPECT_EQ(row("Endpoints", object),
            R"(["a","10.0.0.1:80,[fd00::1]:80,10.0.0.1:443 + 1 more...","<unknown>"])");
}

}  // namespace
}  // namespace nanika::apiserver::kinds
