#include "apiserver/crd/custom_resource.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanika::apiserver::crd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const CrdView& view() {
  static const auto views = *build_views(*base::parse_json(R"({"metadata":{"name":"w.e.com"},
    "spec":{"group":"e.com","scope":"Namespaced","versions":[{"name":"v1","served":true,
      "storage":true,"subresources":{"status":{},"scale":{"specReplicasPath":".spec.replicas",
        "statusReplicasPath":".status.replicas","labelSelectorPath":".status.selector"}},
      "schema":{"openAPIV3Schema":{"type":"object","properties":{
        "spec":{"type":"object","properties":{"replicas":{"type":"integer"},
          "color":{"type":"string","maxLength":3},
          "tags":{"type":"array","items":{"type":"string"},"x-kubernetes-list-type":"set"}}},
        "status":{"type":"object","properties":{"replicas":{"type":"integer","maximum":9},
          "selector":{"type":"string"}}}}}}}]}})"));
  return views->versions[0];
}

json::value object(std::string_view text) {
  return *base::parse_json(text);
}

std::vector<std::string> texts(const Causes& causes) {
  std::vector<std::string> out;
  for (const schema::Cause& c : causes) out.push_back(c.field + ": " + c.message);
  return out;
}

TEST(CustomResource, EverythingIsCheckedOnCreate) {
  EXPECT_THAT(texts(validate_custom_resource(
                  object(R"({"spec":{"replicas":-1,"color":"green","tags":["a","a"]}})"), view())),
              ElementsAre("spec.color: Too long: may not be more than 3 bytes",
                          ".spec.replicas: Invalid value: -1: should be a non-negative integer",
                          "spec.tags[1]: Duplicate value: \"a\""));
  EXPECT_THAT(
      texts(validate_custom_resource(object(R"({"spec":{"replicas":3000000000}})"), view())),
      ElementsAre(".spec.replicas: Invalid value: 3000000000: should be less than or equal "
                  "to 2147483647"));
}

TEST(CustomResource, WhatDidNotChangeMayStayInvalid) {
  const json::value old = object(R"({"spec":{"color":"green","tags":["a","a"]}})");
  EXPECT_THAT(
      texts(validate_custom_resource_update(
          object(R"({"spec":{"color":"green","tags":["a","a"],"replicas":2}})"), old, view())),
      IsEmpty());
  EXPECT_THAT(texts(validate_custom_resource_update(
                  object(R"({"spec":{"color":"brown","tags":["a","a"]}})"), old, view())),
              ElementsAre("spec.color: Too long: may not be more than 3 bytes"));
}

TEST(CustomResource, AStatusWriteLooksAtTheStatusAlone) {
  const json::value old = object(R"({"spec":{"color":"green"}})");
  EXPECT_THAT(texts(validate_custom_resource_status(
                  object(R"({"spec":{"color":"green"},"status":{"replicas":10}})"), old, view())),
              ElementsAre("status.replicas: Invalid value: 10: replicas in body should be less "
                          "than or equal to 9"));
}

TEST(CustomResource, FinalizersWithoutADomainGetAWarning) {
  const json::value now = object(R"({"metadata":{"finalizers":["orphan","mine","a.b","a.b/c"]}})");
  EXPECT_THAT(finalizer_warnings(now, nullptr),
              ElementsAre("metadata.finalizers: \"a.b\": prefer a domain-qualified finalizer name "
                          "including a path (/) to avoid accidental conflicts with other finalizer "
                          "writers",
                          "metadata.finalizers: \"mine\": prefer a domain-qualified finalizer name "
                          "to avoid accidental conflicts with other finalizer writers"));
  EXPECT_THAT(finalizer_warnings(now, &now), IsEmpty());
}

}  // namespace
}  // namespace nanika::apiserver::crd
