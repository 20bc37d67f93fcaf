#include "apiserver/loops/service_endpoints.h"

#include "apiserver/loops/endpoints_mirroring.h"
#include "apiserver/loops/loops_testing.h"

namespace nanika::apiserver::loops {
namespace {

using ::testing::ElementsAre;

class ServiceEndpointsTest : public LoopsTest {
 protected:
  void service(std::string_view spec, std::string_view name = "www") {
    make(kServices, "shop",
         fmt::format(R"({{"metadata":{{"name":"{}","labels":{{"team":"a"}}}},"spec":{}}})", name,
                     spec));
  }
  /// A Pod with label app=www, port http on 8080, and addresses; ready when told so.
  void pod(std::string_view name, std::vector<std::string> ips, bool ready = true,
           int port = 8080) {
    make(kPods, "shop",
         fmt::format(
             R"({{"metadata":{{"name":"{}","labels":{{"app":"www"}}}},"spec":{{"nodeName":"n1",)"
             R"("containers":[{{"name":"c","image":"i",)"
             R"("ports":[{{"name":"http","containerPort":{},"protocol":"TCP"}}]}}]}}}})",
             name, port));
    status(name, ips, ready);
  }
  void status(std::string_view name, const std::vector<std::string>& ips, bool ready,
              std::string_view phase = "Running") {
    json::array addresses;
    for (const std::string& ip : ips) addresses.push_back(json::object{{"ip", ip}});
    json::array conditions;
    conditions.push_back(json::object{{"type", "Ready"}, {"status", ready ? "True" : "False"}});
    json::object next{{"phase", phase}};
    if (!ips.empty()) next["podIP"] = ips.front();
    next["podIPs"] = addresses;
    next["conditions"] = conditions;
    const kinds::Subresource* sub =
        registry->catalog()->find("", "v1", "pods")->resource->subresource("status");
    edit(
        kPods, "shop", name, [&](json::object& object) { object["status"] = next; },
        sub != nullptr ? "status" : "");
  }
  /// "10.0.0.1 ready serving" for each endpoint of each slice of a family, slices as they come.
  std::vector<std::string> endpoints(std::string_view type = "IPv4") {
    std::vector<std::string> out;
    for (const json::value& slice : all(kEndpointSlices, "shop")) {
      if (base::find_string(slice, "addressType") != type) continue;
      for (const json::value& each : array_of(slice, "endpoints")) {
        std::string line(array_of(each, "addresses")[0].as_string());
        for (const char* name : {"ready", "serving", "terminating"})
          if (const json::value* is = base::find(each, "conditions", name); is && is->as_bool())
            line += fmt::format(" {}", name);
        out.push_back(line);
      }
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  static constexpr const char* kSpec =
      R"({"selector":{"app":"www"},"clusterIP":"10.96.0.9","ipFamilies":["IPv4"],)"
      R"("ports":[{"name":"web","port":80,"targetPort":"http","protocol":"TCP"}]})";

  ServiceEndpoints loop{*api};
  Worker worker{loop, *store, clock};
};

TEST_F(ServiceEndpointsTest, FollowsPodsAndTheirConditions) {
  service(kSpec);
  worker.drain();
  EXPECT_EQ(all(kEndpointSlices, "shop").size(), 1u) << "an empty one";
  pod("a", {"10.0.0.1"});
  pod("b", {"10.0.0.2"}, false);
  worker.drain();
  EXPECT_THAT(endpoints(), ElementsAre("10.0.0.1 ready serving", "10.0.0.2"));
  json::value slice = all(kEndpointSlices, "shop").at(0);
  EXPECT_TRUE(base::find_string(slice, "metadata", "name").starts_with("www-"));
  EXPECT_EQ(text_of(*base::find(slice, "metadata", "labels")),
            R"({"team":"a","kubernetes.io/service-name":"www",)"
            R"("endpointslice.kubernetes.io/managed-by":"endpointslice-controller.k8s.io"})");
  EXPECT_EQ(text_of(*base::find(slice, "ports")),
            R"([{"name":"web","port":8080,"protocol":"TCP"}])");
  const json::value& reference = array_of(slice, "metadata", "ownerReferences").at(0);
  EXPECT_EQ(base::find_string(reference, "kind"), "Service");
  EXPECT_EQ(base::find_string(array_of(slice, "endpoints")[0], "targetRef", "name"), "a");
  EXPECT_EQ(base::find_string(array_of(slice, "endpoints")[0], "nodeName"), "n1");

  status("b", {"10.0.0.2"}, true);
  status("a", {"10.0.0.1"}, true, "Succeeded");
  worker.drain();
  EXPECT_THAT(endpoints(), ElementsAre("10.0.0.2 ready serving"));
}

TEST_F(ServiceEndpointsTest, TerminatingPodsServeButAreNotReady) {
  service(kSpec);
  pod("a", {"10.0.0.1"});
  edit(kPods, "shop", "a", [](json::object& object) {
    object["metadata"].as_object()["finalizers"] = json::array{json::value("x.io/hold")};
  });
  remove(kPods, "shop", "a");
  worker.drain();
  EXPECT_THAT(endpoints(), ElementsAre("10.0.0.1 serving terminating"));
  EXPECT_EQ(base::find(read(kEndpoints, "shop", "www"), "subsets"), nullptr);
}

TEST_F(ServiceEndpointsTest, NotReadyAddressesArePublishedWhenAskedFor) {
  service(R"({"selector":{"app":"www"},"clusterIP":"None","ipFamilies":["IPv4"],)"
          R"("publishNotReadyAddresses":true})");
  pod("a", {"10.0.0.1"}, false);
  worker.drain();
  EXPECT_THAT(endpoints(), ElementsAre("10.0.0.1 ready"));
  json::value slice = all(kEndpointSlices, "shop").at(0);
  EXPECT_NE(base::find(slice, "metadata", "labels", "service.kubernetes.io/headless"), nullptr);
  EXPECT_EQ(array_of(slice, "ports").size(), 0u);
}

TEST_F(ServiceEndpointsTest, DualStackHasASliceAFamily) {
  service(R"({"selector":{"app":"www"},"clusterIP":"10.96.0.9","ipFamilies":["IPv4","IPv6"],)"
          R"("ports":[{"port":80,"targetPort":8080,"protocol":"TCP"}]})");
  pod("a", {"10.0.0.1", "fd00::1"});
  pod("b", {"10.0.0.2"});
  worker.drain();
  EXPECT_THAT(endpoints("IPv4"), ElementsAre("10.0.0.1 ready serving", "10.0.0.2 ready serving"));
  EXPECT_THAT(endpoints("IPv6"), ElementsAre("fd00::1 ready serving"));
}

TEST_F(ServiceEndpointsTest, EndpointsGroupPortsByTheirAddresses) {
  service(R"({"selector":{"app":"www"},"clusterIP":"10.96.0.9","ipFamilies":["IPv4"],"ports":[)"
          R"({"name":"web","port":80,"targetPort":"http","protocol":"TCP"},)"
          R"({"name":"admin","port":81,"targetPort":9000,"protocol":"TCP"}]})");
  pod("a", {"10.0.0.1"}, true, 8080);
  pod("b", {"10.0.0.2"}, false, 8081);
  worker.drain();
  std::vector<std::string> lines;
  json::value endpoints = read(kEndpoints, "shop", "www");
  for (const json::value& subset : array_of(endpoints, "subsets")) {
    std::string line;
    for (const json::value& each : array_of(subset, "addresses"))
      line += fmt::format("{} ", base::find_string(each, "ip"));
    for (const json::value& each : array_of(subset, "notReadyAddresses"))
      line += fmt::format("!{} ", base::find_string(each, "ip"));
    for (const json::value& port : array_of(subset, "ports"))
      line += fmt::format("{}:{} ", base::find_string(port, "name"), text_of(port.at("port")));
    lines.push_back(line);
  }
  EXPECT_THAT(lines, ::testing::UnorderedElementsAre("10.0.0.1 web:8080 ", "!10.0.0.2 web:8081 ",
                                                     "10.0.0.1 !10.0.0.2 admin:9000 "));
  EXPECT_EQ(all(kEndpointSlices, "shop").size(), 2u);
}

TEST_F(ServiceEndpointsTest, RepairsItsOwnAndLeavesOthersAlone) {
  service(kSpec);
  pod("a", {"10.0.0.1"});
  make(kEndpointSlices, "shop",
       R"({"metadata":{"name":"mine","labels":{"kubernetes.io/service-name":"www"}},)"
       R"("addressType":"IPv4","endpoints":[{"addresses":["192.0.2.9"]}],"ports":[]})");
  worker.drain();
  EXPECT_THAT(endpoints(), ElementsAre("10.0.0.1 ready serving", "192.0.2.9"));
  for (const std::string& name : names(kEndpointSlices, "shop"))
    if (name != "mine") remove(kEndpointSlices, "shop", name);
  worker.drain();
  EXPECT_THAT(endpoints(), ElementsAre("10.0.0.1 ready serving", "192.0.2.9"));
  remove(kServices, "shop", "www");
  worker.drain();
  EXPECT_THAT(names(kEndpointSlices, "shop"), ElementsAre("mine"));
  EXPECT_TRUE(read(kEndpoints, "shop", "www").is_null());
}

TEST_F(ServiceEndpointsTest, WithoutASelectorNothingIsWritten) {
  service(R"({"clusterIP":"10.96.0.9","ports":[{"port":80,"protocol":"TCP"}]})");
  make(kEndpoints, "shop",
       R"({"metadata":{"name":"www"},"subsets":[{"addresses":[{"ip":"192.0.2.9"}],)"
       R"("ports":[{"port":80,"protocol":"TCP"}]}]})");
  worker.drain();
  EXPECT_THAT(names(kEndpointSlices, "shop"), ElementsAre());
  EXPECT_FALSE(read(kEndpoints, "shop", "www").is_null());
}

TEST_F(ServiceEndpointsTest, HandMadeEndpointsAreMirrored) {
  EndpointsMirroring mirroring(*api);
  Worker mirror(mirroring, *store, clock);
  service(R"({"clusterIP":"10.96.0.9","ports":[{"port":80,"protocol":"TCP"}]})");
  make(kEndpoints, "shop",
       R"({"metadata":{"name":"www"},"subsets":[{"addresses":[{"ip":"192.0.2.9"}],)"
       R"("notReadyAddresses":[{"ip":"2001:db8::1"}],"ports":[{"port":80,"protocol":"TCP"}]}]})");
  mirror.drain();
  EXPECT_THAT(endpoints("IPv4"), ElementsAre("192.0.2.9 ready"));
  EXPECT_THAT(endpoints("IPv6"), ElementsAre("2001:db8::1"));
  mirror.drain();
  edit(kEndpoints, "shop", "www", [](json::object& object) {
    object["metadata"].as_object()["labels"] =
        json::object{{"endpointslice.kubernetes.io/skip-mirror", "true"}};
  });
  mirror.drain();
  EXPECT_THAT(names(kEndpointSlices, "shop"), ElementsAre());
}

}  // namespace
}  // namespace nanika::apiserver::loops
