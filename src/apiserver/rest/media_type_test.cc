#include "apiserver/rest/media_type.h"

#include <gtest/gtest.h>

#include "apiserver/rest/discovery.h"

namespace nanika::apiserver {
namespace {

TEST(Negotiate, ServesWhatKubectlAsksFor) {
  auto table = negotiate(
      "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;"
      "g=meta.k8s.io,application/json",
      true);
  ASSERT_TRUE(table.has_value());
  EXPECT_EQ(table->form, Form::kTable);
  EXPECT_EQ(table->form_version, "v1");
  EXPECT_EQ(
      negotiate("application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", true)->form,
      Form::kPartialMetadata);
  EXPECT_EQ(negotiate("application/vnd.kubernetes.protobuf,application/json", true)->format,
            Format::kJson);
  EXPECT_EQ(negotiate("application/vnd.kubernetes.protobuf, */*", true)->format, Format::kJson);
  EXPECT_EQ(negotiate("application/yaml", true)->format, Format::kYaml);
  EXPECT_EQ(negotiate("", true)->form, Form::kObject);
}

TEST(Negotiate, PrefersByQuality) {
  EXPECT_EQ(negotiate("application/json;q=0.1,application/yaml", true)->format, Format::kYaml);
}

TEST(Negotiate, RefusesTheRest) {
  EXPECT_FALSE(negotiate("application/vnd.kubernetes.protobuf", true).has_value());
  EXPECT_FALSE(negotiate("text/html", true).has_value());
  EXPECT_FALSE(negotiate("application/json;as=Table;v=v1;g=meta.k8s.io", false).has_value());
}

TEST(Discovery, FormFollowsAccept) {
  EXPECT_EQ(discovery_form("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
                           "application/json;g=apidiscovery.k8s.io;v=v2beta1;"
                           "as=APIGroupDiscoveryList,application/json"),
            DiscoveryForm::kAggregatedV2);
  EXPECT_EQ(discovery_form("application/json;g=apidiscovery.k8s.io;v=v2beta1;"
                           "as=APIGroupDiscoveryList,application/json"),
            DiscoveryForm::kAggregatedV2Beta1);
  EXPECT_EQ(discovery_form("application/json"), DiscoveryForm::kPlain);
  EXPECT_EQ(discovery_form(""), DiscoveryForm::kPlain);
}

}  // namespace
}  // namespace nanika::apiserver
