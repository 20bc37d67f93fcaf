#include "api/codec.h"

#include <gtest/gtest.h>

#include "api/core/service.h"
#include "api/crds.h"
#include "api/network/bgp_peer.h"
#include "api/network/network.h"
#include "api/network/traffic_ip.h"

namespace nanika::api {
namespace {

json::value parse(std::string_view text) {
  auto value = base::parse_json(text);
  EXPECT_TRUE(value.has_value()) << value.error().message;
  return *value;
}

TEST(Codec, DecodesWhatItKnowsAndIgnoresTheRest) {
  auto service = decode<Service>(
      parse(R"({"kind":"Service","metadata":{"name":"www","namespace":"shop","labels":{"a":"b"},
      "creationTimestamp":"2026-11-23T10:00:00Z"},"spec":{"type":"LoadBalancer","unknown":[1],
      "ports":[{"port":80,"targetPort":"http"},{"port":81,"targetPort":8081}]}})"));
  ASSERT_TRUE(service.has_value()) << service.error().message;
  EXPECT_EQ(service->metadata.key(), "shop/www");
  ASSERT_EQ(service->spec.ports.size(), 2u);
  EXPECT_EQ(std::get<std::string>(service->spec.ports[0].target_port.value), "http");
  EXPECT_EQ(std::get<int64_t>(service->spec.ports[1].target_port.value), 8081);
  EXPECT_FALSE(service->metadata.deleting());
}

TEST(Codec, NamesTheFieldOfAWrongType) {
  auto service = decode<Service>(parse(R"({"spec":{"ports":[{"port":80},{"port":"x"}]}})"));
  ASSERT_FALSE(service.has_value());
  EXPECT_EQ(service.error().code, base::Code::kInvalid);
  EXPECT_EQ(service.error().message,
            "spec.ports[1].port: want an integer of 64 bits, got a string");
}

TEST(Codec, RefusesNumbersThatDoNotFit) {
  auto service = decode<Service>(parse(R"({"spec":{"ports":[{"port":4294967295}]}})"));
  ASSERT_FALSE(service.has_value());
  EXPECT_EQ(service.error().message,
            "spec.ports[0].port: 4294967295 does not fit an integer of 32 bits");
}

TEST(Codec, RefusesAnUnknownEnumValueByNamingTheKnown) {
  auto network = decode<Network>(parse(R"({"spec":{"allocation":{"strategy":"Best"}}})"));
  ASSERT_FALSE(network.has_value());
  EXPECT_EQ(network.error().message,
            "spec.allocation.strategy: \"Best\" is none of Sequential, Random, LeastRecentlyUsed");
}

TEST(Codec, AbsentFieldsKeepTheirDefaults) {
  auto network =
      decode<Network>(parse(R"({"metadata":{"name":"internet"},"spec":{"families":["IPv6"]}})"));
  ASSERT_TRUE(network.has_value());
  EXPECT_EQ(network->spec.families, std::vector{Family::kIPv6});
  EXPECT_EQ(network->spec.allocation.release_cooldown.value, std::chrono::seconds(60));
}

TEST(Codec, EncodeThenDecodeGivesTheSame) {
  TrafficIP ip;
  ip.metadata.name = "www";
  ip.metadata.namespace_ = "shop";
  ip.spec.network_ref = NameRef{"internet"};
  ip.spec.families = {Family::kIPv4, Family::kIPv6};
  ip.spec.pool_selector = LabelSelector{.match_labels = {{"tier", "gold"}}};
  ip.spec.target_ref = TargetRef{"Service", "www"};
  ip.status.conditions = {{.type = "Allocated", .status = "True", .reason = "Allocated"}};
  auto back = decode<TrafficIP>(encode(ip));
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(back->spec, ip.spec);
  EXPECT_EQ(back->status, ip.status);
}

TEST(Codec, EncodePartHoldsOnlyWhatAnApplyOwns) {
  TrafficIP ip;
  ip.metadata.name = "www";
  ip.metadata.namespace_ = "shop";
  ip.metadata.labels = {{"a", "b"}};
  ip.status.addresses = {"192.0.2.1"};
  EXPECT_EQ(
      base::to_json(encode_part(ip, {"status"})),
      R"({"apiVersion":"network.nanika.dev/v1alpha1","kind":"TrafficIP","metadata":{"name":"www",)"
      R"("namespace":"shop"},"status":{"addresses":["192.0.2.1"]}})");
}

// kube-apiserver refuses CEL over unbounded values, and a bound added later breaks users: all must
// have one now.
void expect_bounds(const json::value& schema, const std::string& path) {
  const std::string_view type = base::find_string(schema, "type");
  if (type == "array") {
    EXPECT_NE(base::find(schema, "maxItems"), nullptr) << path;
    expect_bounds(*base::find(schema, "items"), path + "[]");
  }
  if (type == "string" && base::find(schema, "enum") == nullptr &&
      base::find_string(schema, "format") != "date-time") {
    EXPECT_NE(base::find(schema, "maxLength"), nullptr) << path;
  }
  if (const json::value* values = base::find(schema, "additionalProperties")) {
    EXPECT_NE(base::find(schema, "maxProperties"), nullptr) << path;
    expect_bounds(*values, path + "{}");
  }
  if (const json::value* properties = base::find(schema, "properties")) {
    for (const auto& [name, property] : properties->get_object())
      if (name != "apiVersion" && name != "kind" && name != "metadata")
        expect_bounds(property, path + "." + std::string(name));
  }
}

TEST(Crds, EveryListMapAndStringHasABound) {
  for (const json::object& crd : all_crds()) {
    const json::value& version = crd.at("spec").at("versions").at(0);
    expect_bounds(version.at("schema").at("openAPIV3Schema"),
                  base::find_string(crd.at("metadata"), "name").data());
  }
}

TEST(Crds, EveryFieldIsDescribed) {
  for (const json::object& crd : all_crds()) {
    const json::value& properties =
        crd.at("spec").at("versions").at(0).at("schema").at("openAPIV3Schema").at("properties");
    if (const json::value* spec = base::find(properties, "spec", "properties"))
      for (const auto& [name, field] : spec->get_object())
        EXPECT_FALSE(base::find_string(field, "description").empty())
            << crd.at("metadata").at("name") << " " << name;
  }
}

}  // namespace
}  // namespace nanika::api
