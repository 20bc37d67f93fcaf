#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apiserver/kinds/kinds_testing.h"

namespace nanika::apiserver::kinds {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

json::value created(std::string_view spec) {
  json::value pod =
      parse(fmt::format(R"({{"metadata":{{"name":"web","namespace":"shop"}},"spec":{}}})", spec));
  default_and_prepare(kind("Pod"), pod);
  return pod;
}

std::vector<std::string> problems(std::string_view spec) {
  json::value pod = created(spec);
  Causes causes;
  kind("Pod").strategy.validate_create(pod, causes);
  return texts(causes);
}

TEST(Pod, GetsUpstreamsDefaults) {
  json::value pod = created(R"({"containers":[{"name":"a","image":"nginx",
    "ports":[{"containerPort":80}],"livenessProbe":{"httpGet":{"port":80}},
    "resources":{"limits":{"cpu":"1","memory":"1Gi"}}},{"name":"b","image":"r.io:5000/x:1"}],
    "volumes":[{"name":"v"},{"name":"c","configMap":{"name":"x"}}]})");
  EXPECT_EQ(pod.at("spec"), parse(R"({"containers":[{"name":"a","image":"nginx",
    "ports":[{"containerPort":80,"protocol":"TCP"}],
    "livenessProbe":{"httpGet":{"port":80,"path":"/","scheme":"HTTP"},"timeoutSeconds":1,
      "periodSeconds":10,"successThreshold":1,"failureThreshold":3},
    "resources":{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"1","memory":"1Gi"}},
    "imagePullPolicy":"Always","terminationMessagePath":"/dev/termination-log",
    "terminationMessagePolicy":"File"},
   {"name":"b","image":"r.io:5000/x:1","resources":{},"imagePullPolicy":"IfNotPresent",
    "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],
   "volumes":[{"name":"v","emptyDir":{}},{"name":"c","configMap":{"name":"x","defaultMode":420}}],
   "enableServiceLinks":true,"dnsPolicy":"ClusterFirst","restartPolicy":"Always",
   "securityContext":{},"terminationGracePeriodSeconds":30,"schedulerName":"default-scheduler"})"));
  EXPECT_EQ(pod.at("status"), parse(R"({"phase":"Pending","qosClass":"Burstable"})"));
  EXPECT_EQ(pod.at("metadata").at("generation"), 1);
}

TEST(Pod, SaysWhatIsWrong) {
  EXPECT_THAT(problems(R"({"containers":[{"name":"a","image":"x"}]})"), IsEmpty());
  EXPECT_THAT(problems("{}"), ElementsAre("spec.containers: Required value"));
  EXPECT_THAT(
      problems(R"({"containers":[{"image":"x","volumeMounts":[{"name":"v","mountPath":"/"}]},
                           {"name":"b"}],"restartPolicy":"Sometimes"})"),
      ElementsAre("spec.containers[0].name: Required value",
                  "spec.containers[0].volumeMounts[0].name: Not found: \"v\"",
                  "spec.containers[1].image: Required value",
                  "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: "
                  "\"Always\", \"OnFailure\", \"Never\""));
  EXPECT_THAT(problems(R"({"containers":[{"name":"a","image":"x"},{"name":"a","image":"x",
                           "ports":[{"containerPort":70000,"name":"UP"}]}]})"),
              ElementsAre("spec.containers[1].ports[0].name: Invalid value: \"UP\": must contain "
                          "only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
                          "spec.containers[1].ports[0].name: Invalid value: \"UP\": must contain "
                          "at least one letter (a-z)",
                          "spec.containers[1].ports[0].containerPort: Invalid value: 70000: must "
                          "be between 1 and 65535, inclusive",
                          "spec.containers[1].name: Duplicate value: \"a\""));
}

TEST(Pod, ChangesItsImageAndLittleElse) {
  json::value old = created(R"({"containers":[{"name":"a","image":"x"}]})");
  old.at("metadata").as_object()["resourceVersion"] = "1";
  Kind k = kind("Pod");
  json::value now = old;
  now.at("spec").at("containers").at(0).as_object()["image"] = "y";
  k.strategy.prepare_update(now, old);
  Causes causes;
  k.strategy.validate_update(now, old, causes);
  EXPECT_THAT(texts(causes), IsEmpty());
  EXPECT_EQ(now.at("metadata").at("generation"), 2);
  now.at("spec").as_object()["nodeName"] = "n1";
  k.strategy.validate_update(now, old, causes);
  ASSERT_EQ(causes.size(), 1);
  EXPECT_TRUE(causes[0].message.starts_with("Forbidden: pod updates may not change fields other"));
}

TEST(Pod, WaitsForItsNodeWhenDeleted) {
  Kind k = kind("Pod");
  json::value pod = created(R"({"containers":[{"name":"a","image":"x"}]})");
  EXPECT_EQ(k.grace_period(pod, -1), 0);
  pod.at("spec").as_object()["nodeName"] = "n1";
  EXPECT_EQ(k.grace_period(pod, -1), 30);
  EXPECT_EQ(k.grace_period(pod, 5), 5);
  pod.at("status").as_object()["phase"] = "Succeeded";
  EXPECT_EQ(k.grace_period(pod, 5), 0);
}

TEST(Pod, KeepsBothFormsOfItsAddress) {
  json::value pod = parse(R"({"status":{"podIP":"10.0.0.1"}})");
  kind("Pod").views[0].set_defaults(pod);
  EXPECT_EQ(pod.at("status"), parse(R"({"podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"}]})"));
}

std::string printed(std::string_view status, std::string_view more = "") {
  json::value pod = parse(fmt::format(
      R"({{"metadata":{{"name":"web"{}}},"spec":{{"nodeName":"n1","containers":[{{"name":"a"}},
         {{"name":"b"}}],"initContainers":[{{"name":"i"}}]}},"status":{}}})",
      more, status));
  json::array row = kind("Pod").row(pod, *base::parse_time("2026-01-01T00:05:00Z"));
  return fmt::format("{} {} {}", base::to_json(row[1]), base::to_json(row[2]),
                     base::to_json(row[3]));
}

TEST(Pod, PrintsAsKubectlShowsIt) {
  EXPECT_EQ(printed(R"({"phase":"Pending"})"), R"("0/2" "Pending" "0")");
  EXPECT_EQ(
      printed(
          R"({"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"running":{}}}]})"),
      R"("0/2" "Init:0/1" "0")");
  EXPECT_EQ(printed(R"({"phase":"Running","containerStatuses":[
    {"name":"a","ready":true,"state":{"running":{}}},
    {"name":"b","restartCount":3,"state":{"waiting":{"reason":"CrashLoopBackOff"}},
     "lastState":{"terminated":{"finishedAt":"2026-01-01T00:03:00Z"}}}]})"),
            R"x("1/2" "CrashLoopBackOff" "3 (2m ago)")x");
  EXPECT_EQ(printed(R"({"phase":"Succeeded","containerStatuses":[
    {"name":"a","state":{"terminated":{"reason":"Completed"}}}]})"),
            R"("0/2" "Completed" "0")");
  EXPECT_EQ(printed(R"({"phase":"Failed","containerStatuses":[
    {"name":"a","state":{"terminated":{"exitCode":7}}}]})"),
            R"("0/2" "ExitCode:7" "0")");
  EXPECT_EQ(printed(R"({"phase":"Running"})", R"(,"deletionTimestamp":"2026-01-01T00:00:00Z")"),
            R"("0/2" "Terminating" "0")");
}

TEST(Node, PrintsAsKubectlShowsIt) {
  json::value node = parse(R"({"metadata":{"name":"n1","labels":{
    "node-role.kubernetes.io/worker":"","node-role.kubernetes.io/edge":""}},
    "spec":{"unschedulable":true},"status":{"conditions":[{"type":"Ready","status":"True"}],
    "addresses":[{"type":"InternalIP","address":"10.0.0.1"}],
    "nodeInfo":{"kubeletVersion":"v1","kernelVersion":"6.1","architecture":"amd64"}}})");
  EXPECT_EQ(row("Node", node),
            R"(["n1","Ready,SchedulingDisabled","edge,worker","<unknown>","v1","10.0.0.1",)"
            R"x("<none>","<unknown>","6.1 (amd64)","<unknown>"])x");
}

TEST(Node, KeepsItsPrefixesAndProvider) {
  json::value old = parse(R"({"metadata":{"name":"n","resourceVersion":"1"},
    "spec":{"podCIDRs":["10.1.0.0/24"],"providerID":"p"}})");
  json::value now = parse(R"({"metadata":{"name":"n","resourceVersion":"1"},
    "spec":{"podCIDRs":["10.2.0.0/24"],"taints":[{"key":"k","effect":"Frob"}]}})");
  Causes causes;
  kind("Node").strategy.validate_update(now, old, causes);
  EXPECT_THAT(texts(causes),
              ElementsAre("metadata.taints[0].effect: Unsupported value: \"Frob\": supported "
                          "values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\"",
                          "spec.podCIDRs: Forbidden: node updates may not change podCIDR except "
                          "from \"\" to valid",
                          "spec.providerID: Invalid value: null: field cannot be cleared once "
                          "set"));
}

}  // namespace
}  // namespace nanika::apiserver::kinds
