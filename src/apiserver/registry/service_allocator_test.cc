#include "apiserver/registry/service_allocator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanika::apiserver {
namespace {

using testing::HasSubstr;

json::value service(std::string_view spec) {
  return *base::parse_json(
      fmt::format(R"({{"kind":"Service","metadata":{{"name":"s"}},"spec":{}}})", spec));
}
std::string at(const json::value& object, std::string_view key) {
  const json::value* held = base::find(object, "spec", key);
  return held == nullptr ? "" : base::to_json(*held);
}

class ServiceAllocatorTest : public ::testing::Test {
 protected:
  ServiceAllocator small_{
      {*base::IpPrefix::parse("10.96.0.0/29"), *base::IpPrefix::parse("fd00::/120"), 30000, 30002}};
  json::value made(std::string_view spec) {
    json::value out = service(spec);
    auto reservation = small_.allocate(out, nullptr);
    EXPECT_TRUE(reservation) << reservation.error().message;
    if (reservation) (*reservation)->commit();
    return out;
  }
  std::string refused(std::string_view spec) {
    json::value out = service(spec);
    auto reservation = small_.allocate(out, nullptr);
    return reservation ? "" : reservation.error().message;
  }
};

TEST_F(ServiceAllocatorTest, GivesOneFamilyUnlessAskedForTwo) {
  json::value one = made(R"({"type":"ClusterIP"})");
  EXPECT_EQ(at(one, "ipFamilies"), R"(["IPv4"])");
  EXPECT_EQ(at(one, "ipFamilyPolicy"), R"("SingleStack")");
  EXPECT_THAT(at(one, "clusterIP"), HasSubstr("10.96.0."));

  json::value two = made(R"({"type":"ClusterIP","ipFamilyPolicy":"PreferDualStack"})");
  EXPECT_EQ(at(two, "ipFamilies"), R"(["IPv4","IPv6"])");
  EXPECT_EQ(base::find(two, "spec", "clusterIPs")->as_array().size(), 2u);

  json::value six = made(R"({"type":"ClusterIP","ipFamilies":["IPv6"]})");
  EXPECT_THAT(at(six, "clusterIP"), HasSubstr("fd00::"));
}

TEST_F(ServiceAllocatorTest, HeadlessGetsNoAddress) {
  json::value none = made(R"({"type":"ClusterIP","clusterIP":"None","selector":{"a":"b"}})");
  EXPECT_EQ(at(none, "clusterIPs"), R"(["None"])");
  EXPECT_EQ(at(none, "ipFamilies"), R"(["IPv4"])");
  json::value without = made(R"({"type":"ClusterIP","clusterIP":"None"})");
  EXPECT_EQ(at(without, "ipFamilyPolicy"), R"("RequireDualStack")");
  EXPECT_EQ(at(without, "ipFamilies"), R"(["IPv4","IPv6"])");
}

TEST_F(ServiceAllocatorTest, NeverGivesAnAddressTwice) {
  made(R"({"type":"ClusterIP","clusterIP":"10.96.0.3"})");
  EXPECT_THAT(refused(R"({"type":"ClusterIP","clusterIP":"10.96.0.3"})"),
              HasSubstr("spec.clusterIPs: Invalid value: []string{\"10.96.0.3\"}: failed to "
                        "allocate IP 10.96.0.3: provided IP is already allocated"));
  EXPECT_THAT(refused(R"({"type":"ClusterIP","clusterIP":"10.97.0.3"})"),
              HasSubstr("is not in the valid range. The range of valid IPs is 10.96.0.0/29"));
  std::set<std::string> given;
  for (int i = 0; i < 5; ++i) given.insert(at(made(R"({"type":"ClusterIP"})"), "clusterIP"));
  EXPECT_EQ(given.size(), 5u);
  EXPECT_THAT(refused(R"({"type":"ClusterIP"})"), HasSubstr("range is full"));
}

TEST_F(ServiceAllocatorTest, WhatAFailedWriteTookComesBack) {
  json::value first = service(R"({"type":"NodePort","ports":[{"port":80,"nodePort":30001}]})");
  {
    auto dropped = small_.allocate(first, nullptr);
  }
  json::value again = made(R"({"type":"NodePort","ports":[{"port":80,"nodePort":30001}]})");
  small_.release(again);
  made(R"({"type":"NodePort","ports":[{"port":80,"nodePort":30001}]})");
}

TEST_F(ServiceAllocatorTest, NodePortsAreUniqueAndInRange) {
  made(R"({"type":"NodePort","ports":[{"port":80,"nodePort":30001}]})");
  EXPECT_THAT(refused(R"({"type":"NodePort","ports":[{"port":80,"nodePort":30001}]})"),
              HasSubstr("spec.ports[0].nodePort: Invalid value: 30001: provided port is already "
                        "allocated"));
  EXPECT_THAT(refused(R"({"type":"NodePort","ports":[{"port":80,"nodePort":80}]})"),
              HasSubstr("provided port is not in the valid range. The range of valid ports is "
                        "30000-30002"));
  json::value both = made(
      R"({"type":"NodePort","ports":[{"port":53,"protocol":"UDP"},{"port":53,"protocol":"TCP"}]})");
  const json::array& ports = base::find(both, "spec", "ports")->as_array();
  EXPECT_EQ(ports[0].at("nodePort"), ports[1].at("nodePort"));
}

TEST_F(ServiceAllocatorTest, AnUpdateKeepsWhatItLeavesOut) {
  json::value old = made(R"({"type":"NodePort","ports":[{"port":80,"protocol":"TCP"}]})");
  json::value put = service(R"({"type":"NodePort","ports":[{"port":80,"protocol":"TCP"}]})");
  auto reservation = small_.allocate(put, &old);
  ASSERT_TRUE(reservation);
  (*reservation)->commit();
  EXPECT_EQ(at(put, "clusterIP"), at(old, "clusterIP"));
  EXPECT_EQ(at(put, "ports"), at(old, "ports"));
}

TEST_F(ServiceAllocatorTest, ChangesOfTypeTakeAndGiveBack) {
  json::value old = made(R"({"type":"ClusterIP","clusterIP":"10.96.0.2"})");
  json::value external = service(R"({"type":"ExternalName","externalName":"a.b"})");
  auto reservation = small_.allocate(external, &old);
  ASSERT_TRUE(reservation);
  (*reservation)->commit();
  EXPECT_EQ(at(external, "clusterIP"), "");
  made(R"({"type":"ClusterIP","clusterIP":"10.96.0.2"})");
}

TEST_F(ServiceAllocatorTest, ASecondFamilyComesAndGoes) {
  json::value one = made(R"({"type":"ClusterIP"})");
  json::value two = one;
  two.as_object()["spec"].as_object()["ipFamilyPolicy"] = "PreferDualStack";
  auto up = small_.allocate(two, &one);
  ASSERT_TRUE(up);
  (*up)->commit();
  ASSERT_EQ(base::find(two, "spec", "clusterIPs")->as_array().size(), 2u);
  json::value back = two;
  back.as_object()["spec"].as_object()["ipFamilyPolicy"] = "SingleStack";
  auto down = small_.allocate(back, &two);
  ASSERT_TRUE(down);
  (*down)->commit();
  EXPECT_EQ(at(back, "clusterIPs"), at(one, "clusterIPs"));
  EXPECT_EQ(at(back, "ipFamilies"), R"(["IPv4"])");
}

}  // namespace
}  // namespace nanika::apiserver
