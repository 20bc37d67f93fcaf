#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apiserver/kinds/kinds_testing.h"

namespace nanika::apiserver::kinds {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// As a create stores it, addresses given as if they had been allocated.
json::value created(std::string_view spec) {
  json::value object =
      parse(fmt::format(R"({{"metadata":{{"name":"www","namespace":"shop"}},"spec":{}}})", spec));
  default_and_prepare(kind("Service"), object);
  return object;
}

std::vector<std::string> problems(std::string_view spec) {
  json::value object = created(spec);
  Causes causes;
  kind("Service").strategy.validate_create(object, causes);
  return texts(causes);
}

std::vector<std::string> update_problems(const json::value& old, json::value now) {
  json::value before = old;
  for (json::value* each : {&before, &now}) {
    each->at("metadata").as_object()["resourceVersion"] = "1";
  }
  Kind k = kind("Service");
  k.strategy.prepare_update(now, before);
  Causes causes;
  k.strategy.validate_update(now, before, causes);
  return texts(causes);
}

TEST(Service, GetsUpstreamsDefaults) {
  EXPECT_EQ(created(R"({"ports":[{"port":80}]})").at("spec"), parse(R"({
    "ports":[{"port":80,"protocol":"TCP","targetPort":80}],"sessionAffinity":"None",
    "type":"ClusterIP","internalTrafficPolicy":"Cluster"})"));
  EXPECT_EQ(created(R"({"type":"LoadBalancer","sessionAffinity":"ClientIP",
                        "ports":[{"port":53,"protocol":"UDP","targetPort":"dns"}]})")
                .at("spec"),
            parse(R"({"type":"LoadBalancer","sessionAffinity":"ClientIP",
    "ports":[{"port":53,"protocol":"UDP","targetPort":"dns"}],
    "sessionAffinityConfig":{"clientIP":{"timeoutSeconds":10800}},
    "externalTrafficPolicy":"Cluster","internalTrafficPolicy":"Cluster",
    "allocateLoadBalancerNodePorts":true})"));
  EXPECT_EQ(created(R"({"ports":[{"port":80}]})").at("status"), parse(R"({"loadBalancer":{}})"));
}

TEST(Service, SaysWhatIsWrong) {
  EXPECT_THAT(problems(R"({"ports":[{"port":80}]})"), IsEmpty());
  EXPECT_THAT(problems("{}"), ElementsAre("spec.ports: Required value"));
  EXPECT_THAT(problems(R"({"ports":[{"port":0},{"port":80,"name":"a"}]})"),
              ElementsAre("spec.ports[0].name: Required value",
                          "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, "
                          "inclusive",
                          "spec.ports[0].targetPort: Invalid value: 0: must be between 1 and "
                          "65535, inclusive"));
  EXPECT_THAT(problems(R"({"type":"Frob","ports":[{"port":80,"protocol":"ICMP"}]})"),
              ElementsAre("spec.ports[0].protocol: Unsupported value: \"ICMP\": supported values: "
                          "\"SCTP\", \"TCP\", \"UDP\"",
                          "spec.type: Unsupported value: \"Frob\": supported values: "
                          "\"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\""));
  EXPECT_THAT(problems(R"({"ports":[{"port":80}],"externalIPs":["127.0.0.1","x"]})"),
              ElementsAre("spec.externalIPs[0]: Invalid value: \"127.0.0.1\": may not be in the "
                          "loopback range (127.0.0.0/8, ::1/128)",
                          "spec.externalIPs[1]: Invalid value: \"x\": must be a valid IP address, "
                          "(e.g. 10.9.8.7 or 2001:db8::ffff)"));
  EXPECT_THAT(problems(R"({"type":"ExternalName"})"),
              ElementsAre("spec.externalName: Required value"));
  EXPECT_THAT(problems(R"({"clusterIP":"None","clusterIPs":["None"],"type":"LoadBalancer",
                           "ports":[{"port":80}]})"),
              ElementsAre("spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' "
                          "for LoadBalancer services"));
  EXPECT_THAT(problems(R"({"loadBalancerClass":"x.io/y","ports":[{"port":80}]})"),
              ElementsAre("spec.loadBalancerClass: Forbidden: may only be used when `type` is "
                          "'LoadBalancer'"));
}

TEST(Service, KeepsItsFirstAddressAndFamily) {
  json::value old = created(R"({"clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1"],
                               "ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack",
                               "ports":[{"port":80}]})");
  json::value now = old;
  now.at("spec").as_object()["clusterIPs"] = json::array{"10.0.0.2"};
  now.at("spec").as_object()["clusterIP"] = "10.0.0.2";
  EXPECT_THAT(update_problems(old, now),
              ElementsAre("spec.clusterIPs[0]: Invalid value: [\"10.0.0.2\"]: may not change once "
                          "set"));
  json::value dual = old;
  dual.at("spec").as_object()["clusterIPs"] = {"10.0.0.1", "fd00::1"};
  dual.at("spec").as_object()["ipFamilies"] = {"IPv4", "IPv6"};
  dual.at("spec").as_object()["ipFamilyPolicy"] = "PreferDualStack";
  EXPECT_THAT(update_problems(old, dual), IsEmpty());
  json::value single = dual;
  single.at("spec").as_object()["clusterIPs"] = json::array{"10.0.0.1"};
  EXPECT_THAT(update_problems(dual, single),
              ElementsAre("spec.ipFamilyPolicy: Invalid value: \"PreferDualStack\": must be set to "
                          "'SingleStack' when releasing the secondary clusterIP"));
}

TEST(Service, KeepsWhatWasAllocatedWhenAClientLeavesItOut) {
  json::value old = created(R"({"type":"NodePort","clusterIP":"10.0.0.1",
    "ports":[{"port":80,"name":"a","nodePort":30000},{"port":81,"name":"b","nodePort":30001}]})");
  EXPECT_EQ(base::to_json(old.at("spec").at("clusterIPs")), R"(["10.0.0.1"])");
  json::value now = created(R"({"type":"NodePort",
    "ports":[{"port":82,"name":"b"},{"port":80,"name":"c","nodePort":30000},{"port":83,"name":"d"}]})");
  kind("Service").strategy.prepare_update(now, old);
  const json::value& spec = now.at("spec");
  EXPECT_EQ(spec.at("clusterIP"), "10.0.0.1");
  EXPECT_EQ(spec.at("clusterIPs"), old.at("spec").at("clusterIPs"));
  EXPECT_EQ(spec.at("ports").at(0).at("nodePort"), 30001);
  EXPECT_EQ(spec.at("ports").at(1).at("nodePort"), 30000);
  EXPECT_FALSE(spec.at("ports").at(2).as_object().contains("nodePort"));
}

TEST(Service, DropsWhatAnotherTypeDoesNotHave) {
  json::value old = created(R"({"type":"LoadBalancer","clusterIP":"10.0.0.1",
    "clusterIPs":["10.0.0.1"],"ports":[{"port":80,"nodePort":30000}]})");
  old.at("status") = parse(R"({"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}})");
  json::value now = old;
  now.at("spec").as_object()["type"] = "ClusterIP";
  kind("Service").strategy.prepare_update(now, old);
  EXPECT_EQ(now.at("spec"), parse(R"({"type":"ClusterIP","clusterIP":"10.0.0.1",
    "clusterIPs":["10.0.0.1"],"ports":[{"port":80,"protocol":"TCP","targetPort":80}],
    "sessionAffinity":"None","internalTrafficPolicy":"Cluster"})"));
  EXPECT_EQ(now.at("status"), parse(R"({"loadBalancer":{}})"));
}

TEST(Service, PrintsAsKubectlShowsIt) {
  json::value lb = created(R"({"type":"LoadBalancer","clusterIPs":["10.0.0.1"],
    "selector":{"b":"2","a":"1"},"ports":[{"port":80,"nodePort":30000},{"port":53,"protocol":"UDP"}]})");
  EXPECT_EQ(
      row("Service", lb),
      R"(["www","LoadBalancer","10.0.0.1","<pending>","80:30000/TCP,53/UDP","<unknown>","a=1,b=2"])");
  lb.at("status") =
      parse(R"({"loadBalancer":{"ingress":[{"ip":"192.0.2.9"},{"ip":"192.0.2.1"}]}})");
  EXPECT_EQ(
      row("Service", lb),
      R"(["www","LoadBalancer","10.0.0.1","192.0.2.1,192.0.2.9","80:30000/TCP,53/UDP","<unknown>","a=1,b=2"])");
}

TEST(Service, StatusMayHoldAddressesOfBalancersOnly) {
  Kind k = kind("Service");
  json::value lb = created(R"({"type":"LoadBalancer","ports":[{"port":80}]})");
  lb.at("metadata").as_object()["resourceVersion"] = "1";
  json::value now = lb;
  now.at("status") = parse(R"({"loadBalancer":{"ingress":[{"ip":"x"}]}})");
  k.views[0].set_defaults(now);
  Causes causes;
  k.subresources[0].strategy.validate_update(now, lb, causes);
  EXPECT_THAT(texts(causes),
              ElementsAre("status.loadBalancer.ingress[0].ip: Invalid value: \"x\": must be a "
                          "valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"));
}

}  // namespace
}  // namespace nanika::apiserver::kinds
