// Expectations are what sigs.k8s.io/json says of v1.Service and apimachinery of quantities (1.37).
#include "apiserver/schema/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apiserver/schema/builtin.h"

namespace nanika::apiserver::schema {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DecodeTest : public testing::Test {
 protected:
  std::string error(std::string_view text) const {
    auto decoded = decode(*base::parse_json(text), *service_);
    return decoded ? "" : decoded.error().message;
  }
  std::string out(std::string_view text) const {
    auto decoded = decode(*base::parse_json(text), *service_);
    return decoded ? base::to_json(decoded->value) : decoded.error().message;
  }

  const Schema* service_ = builtin_kind("v1", "Service");
};

TEST_F(DecodeTest, TypeErrorsReadAsGosDecoderSaysThem) {
  EXPECT_EQ(
      error(R"({"spec":{"ports":[{"port":"x"}]}})"),
      "json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type "
      "int32");
  EXPECT_EQ(error(R"({"spec":{"ports":[{"port":4294967295}]}})"),
            "json: cannot unmarshal number 4294967295 into Go struct field "
            "ServicePort.spec.ports.port of type int32");
  EXPECT_EQ(error(R"({"spec":{"ports":[{"port":1.5}]}})"),
            "json: cannot unmarshal number 1.5 into Go struct field ServicePort.spec.ports.port of "
            "type int32");
  EXPECT_EQ(error(R"({"spec":{"ports":[{"port":1.0}]}})"),
            "json: cannot unmarshal number 1.0 into Go struct field ServicePort.spec.ports.port of "
            "type int32");
  EXPECT_EQ(error(R"({"spec":{"ports":{"port":1}}})"),
            "json: cannot unmarshal object into Go struct field ServiceSpec.spec.ports of type "
            "[]v1.ServicePort");
  EXPECT_EQ(
      error(R"({"spec":[1]})"),
      "json: cannot unmarshal array into Go struct field Service.spec of type v1.ServiceSpec");
  EXPECT_EQ(error("[1]"), "json: cannot unmarshal array into Go value of type v1.Service");
  EXPECT_EQ(error(R"({"metadata":{"labels":{"a":1}}})"),
            "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type "
            "string");
  EXPECT_EQ(error(R"({"metadata":{"labels":["a"]}})"),
            "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type "
            "map[string]string");
  EXPECT_EQ(error(R"({"spec":{"ports":[{"port":1,"targetPort":true}]}})"),
            "json: cannot unmarshal bool into Go struct field ServicePort.spec.ports.targetPort of "
            "type int32");
  EXPECT_EQ(error(R"({"spec":{"publishNotReadyAddresses":"x"}})"),
            "json: cannot unmarshal string into Go struct field "
            "ServiceSpec.spec.publishNotReadyAddresses of type bool");
}

TEST_F(DecodeTest, TimesAreCheckedAndPrintedInUtc) {
  EXPECT_EQ(error(R"({"metadata":{"creationTimestamp":1}})"),
            "json: cannot unmarshal number into Go struct field "
            "ObjectMeta.metadata.creationTimestamp of type string");
  EXPECT_EQ(error(R"({"metadata":{"creationTimestamp":"x"}})"),
            "parsing time \"x\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"x\" as \"2006\"");
  EXPECT_EQ(
      error(R"({"metadata":{"creationTimestamp":"2026-01-02 03:04:05"}})"),
      "parsing time \"2026-01-02 03:04:05\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \" "
      "03:04:05\" as \"T\"");
  EXPECT_EQ(out(R"({"metadata":{"creationTimestamp":"2026-01-02T03:04:05.123+09:00"}})"),
            R"({"metadata":{"creationTimestamp":"2026-01-01T18:04:05Z"}})");
}

TEST_F(DecodeTest, UnknownFieldsAreDroppedAndNamedWithTheirIndexes) {
  auto decoded = decode(*base::parse_json(R"({"spec":{"ports":[{"port":1,"bar":2}],"zz":1},
                                              "foo":{"a":1},"metadata":{"labels":{"any":"x"}}})"),
                        *service_);
  ASSERT_TRUE(decoded);
  EXPECT_THAT(decoded->unknown_fields, ElementsAre("spec.ports[0].bar", "spec.zz", "foo"));
  EXPECT_EQ(base::to_json(decoded->value),
            R"({"spec":{"ports":[{"port":1}]},"metadata":{"labels":{"any":"x"}}})");
}

TEST_F(DecodeTest, UnknownFieldsAreBounded) {
  json::object many;
  for (int i = 0; i < 500; ++i) many[fmt::format("f{}", i)] = i;
  auto decoded = decode(many, *service_);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->unknown_fields.size(), 100u);
  EXPECT_TRUE(decoded->value.get_object().empty());
}

TEST_F(DecodeTest, NullsAndEmptyListsGoAsWithOmitempty) {
  EXPECT_EQ(
      out(R"({"metadata":{"creationTimestamp":null,"labels":{"a":null},"finalizers":[null]}})"),
      R"({"metadata":{"labels":{"a":""},"finalizers":[""]}})");
  EXPECT_EQ(out(R"({"metadata":null,"spec":{"ports":[],"selector":{},"externalIPs":[]}})"),
            R"({"spec":{}})");
}

TEST_F(DecodeTest, ZeroScalarsGoWhereGoOmitsThem) {
  EXPECT_EQ(
      out(R"({"metadata":{"name":"","generation":0},"spec":{"publishNotReadyAddresses":false}})"),
      R"({"metadata":{},"spec":{}})");
}

TEST(DecodeCrd, SchemasInsideSchemasAreDecoded) {
  const Schema& crd = *builtin_kind("apiextensions.k8s.io/v1", "CustomResourceDefinition");
  const auto props = [&](std::string_view text) {
    json::value v = *base::parse_json(text);
    auto decoded = decode(
        json::object{{"spec",
                      {{"versions", json::array{json::object{
                                        {"name", "v1"}, {"schema", {{"openAPIV3Schema", v}}}}}}}}},
        crd);
    return decoded ? base::to_json(decoded->value.at("spec")
                                       .at("versions")
                                       .at(0)
                                       .at("schema")
                                       .at("openAPIV3Schema"))
                   : decoded.error().message;
  };
  EXPECT_EQ(props(R"({"items":{"type":"string","foo":1},"additionalProperties":false,
                      "properties":{"a":{"default":null,"minimum":1,"nullable":false}}})"),
            R"({"items":{"type":"string"},"additionalProperties":false,)"
            R"("properties":{"a":{"minimum":1}}})");
  EXPECT_EQ(
      props(R"({"items":{"type":1}})"),
      "json: cannot unmarshal number into Go struct field JSONSchemaProps.type of type string");
}

TEST_F(DecodeTest, DepthIsBounded) {
  SchemaSet set;
  Schema* loop = set.add({.type = Type::kArray});
  loop->items = loop;
  json::value deep = json::array();
  for (int i = 0; i < 2000; ++i) {
    json::array outer;
    outer.push_back(std::move(deep));
    deep = std::move(outer);
  }
  EXPECT_FALSE(decode(std::move(deep), *loop));
}

TEST(StrictError, NamesDuplicatesAndUnknownFields) {
  EXPECT_EQ(strict_error({"spec.foo"}, {"spec.bar"}),
            "strict decoding error: duplicate field \"spec.bar\", unknown field \"spec.foo\"");
  EXPECT_EQ(cannot_be_handled("Service", "v1", "why"),
            "Service in version \"v1\" cannot be handled as a Service: why");
}

TEST(CanonicalQuantity, IsWhatUpstreamPrints) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"0.5", "500m"},
      {"1024Mi", "1Gi"},
      {"1000m", "1"},
      {"100", "100"},
      {"1000", "1k"},
      {"1e3", "1e3"},
      {"1.5Gi", "1536Mi"},
      {"0.1Gi", "107374182400m"},
      {"123456789012", "123456789012"},
      {"0.0000000001", "1n"},
      {"-1.5", "-1500m"},
      {"1.1234567891", "1123456790n"},
      {"-0", "0"},
      {".5", "500m"},
      {"12e+2", "1200"},
      {"12e-2", "120e-3"},
      {"512Ki", "512Ki"},
      {"1000Ki", "1000Ki"},
      {"2048", "2048"},
      {"100E", "100E"},
      {"0.001Ki", "1024m"},
      {"1500u", "1500u"},
      {"12E", "12E"},
      {"0.5Ki", "512"},
      {"1.5Ki", "1536"},
      {"3e-10", "1e-9"},
  };
  for (const auto& [in, out] : cases)
    EXPECT_EQ(canonical_quantity(in).value_or("error"), out) << in;
  for (std::string_view bad : {"", "1Zi", "a", "1.1.1", " 5", "+", "1Ki1x"}) {
    auto got = canonical_quantity(bad);
    ASSERT_FALSE(got) << bad;
    EXPECT_EQ(got.error().message,
              "quantities must match the regular expression "
              "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  }
  EXPECT_EQ(canonical_quantity("12e").error().message, "unable to parse quantity's suffix");
}

}  // namespace
}  // namespace nanika::apiserver::schema
