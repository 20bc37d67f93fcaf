#include "apiserver/loops/event_expiry.h"
#include "apiserver/loops/loops_testing.h"
#include "apiserver/loops/namespace_defaults.h"
#include "apiserver/loops/namespace_termination.h"
#include "apiserver/loops/system_objects.h"

namespace nanika::apiserver::loops {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class NamespacesTest : public LoopsTest {
 protected:
  std::string condition(std::string_view type) {
    for (const json::value& each : array_of(read(kNamespaces, "", "shop"), "status", "conditions"))
      if (base::find_string(each, "type") == type)
        return fmt::format("{} {}: {}", base::find_string(each, "status"),
                           base::find_string(each, "reason"), base::find_string(each, "message"));
    return "";
  }
  NamespaceTermination termination{*api};
  Worker worker{termination, *store, clock};
};

TEST_F(NamespacesTest, GoWithTheirContent) {
  make(kConfigMaps, "shop", R"({"metadata":{"name":"a"}})");
  make(kServiceAccounts, "shop", R"({"metadata":{"name":"b"}})");
  worker.drain();
  remove(kNamespaces, "", "shop");
  EXPECT_EQ(base::find_string(read(kNamespaces, "", "shop"), "status", "phase"), "Terminating");
  worker.drain();
  EXPECT_TRUE(read(kNamespaces, "", "shop").is_null());
  EXPECT_THAT(names(kConfigMaps, ""), ElementsAre());
  EXPECT_THAT(names(kServiceAccounts, ""), ElementsAre());
}

TEST_F(NamespacesTest, SayWhatHoldsThem) {
  make(kConfigMaps, "shop", R"({"metadata":{"name":"a","finalizers":["x.io/hold"]}})");
  make(kConfigMaps, "shop", R"({"metadata":{"name":"b"}})");
  remove(kNamespaces, "", "shop");
  worker.drain();
  EXPECT_EQ(condition("NamespaceContentRemaining"),
            "True SomeResourcesRemain: Some resources are remaining: configmaps. has 1 resource "
            "instances");
  EXPECT_EQ(condition("NamespaceFinalizersRemaining"),
            "True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: "
            "x.io/hold in 1 resource instances");
  EXPECT_EQ(condition("NamespaceDeletionDiscoveryFailure"),
            "False ResourcesDiscovered: All resources successfully discovered");
  EXPECT_EQ(condition("NamespaceDeletionContentFailure"),
            "False ContentDeleted: All content successfully deleted, may be waiting on "
            "finalization");
  edit(kConfigMaps, "shop", "a",
       [](json::object& object) { object["metadata"].as_object().erase("finalizers"); });
  worker.drain();
  EXPECT_TRUE(read(kNamespaces, "", "shop").is_null());
}

TEST_F(NamespacesTest, PodsGoBeforeTheRest) {
  make(kPods, "shop", R"({"metadata":{"name":"p","finalizers":["x.io/hold"]},
                          "spec":{"containers":[{"name":"c","image":"i"}]}})");
  make(kConfigMaps, "shop", R"({"metadata":{"name":"a"}})");
  remove(kNamespaces, "", "shop");
  worker.drain();
  EXPECT_THAT(names(kConfigMaps, "shop"), ElementsAre("a"));
  EXPECT_EQ(condition("NamespaceContentRemaining"),
            "True SomeResourcesRemain: Some resources are remaining: pods. has 1 resource "
            "instances");
}

TEST_F(NamespacesTest, LiveOnesAreLeftAlone) {
  make(kConfigMaps, "shop", R"({"metadata":{"name":"a"}})");
  worker.drain();
  EXPECT_THAT(names(kConfigMaps, "shop"), ElementsAre("a"));
}

TEST_F(LoopsTest, EveryNamespaceGetsItsDefaultsAndGetsThemBack) {
  NamespaceDefaults defaults(*api, "PEM");
  Worker worker(defaults, *store, clock);
  worker.drain();
  EXPECT_THAT(names(kServiceAccounts, "shop"), ElementsAre("default"));
  json::value ca = read(kConfigMaps, "shop", "kube-root-ca.crt");
  EXPECT_EQ(base::find_string(ca, "data", "ca.crt"), "PEM");
  remove(kServiceAccounts, "shop", "default");
  edit(kConfigMaps, "shop", "kube-root-ca.crt",
       [](json::object& object) { object["data"] = {{"ca.crt", "forged"}}; });
  worker.drain();
  EXPECT_THAT(names(kServiceAccounts, "shop"), ElementsAre("default"));
  ca = read(kConfigMaps, "shop", "kube-root-ca.crt");
  EXPECT_EQ(base::find_string(ca, "data", "ca.crt"), "PEM");
  make(kNamespaces, "", R"({"metadata":{"name":"later"}})");
  worker.drain();
  EXPECT_THAT(names(kServiceAccounts, "later"), ElementsAre("default"));
}

TEST_F(LoopsTest, SystemObjectsAreThereAndComeBack) {
  SystemObjects system(*api, {.version = "1.2.3",
                              .service_ip = "10.96.0.1",
                              .advertise_address = "192.0.2.1",
                              .port = 7443});
  Worker worker(system, *store, clock);
  for (int round = 0; round < 2; ++round) {
    worker.drain();
    EXPECT_THAT(names(kNamespaces, ""), UnorderedElementsAre("default", "kube-node-lease",
                                                             "kube-public", "kube-system", "shop"));
    json::value identity = read(kConfigMaps, "kube-public", "nanika");
    EXPECT_EQ(base::find_string(identity, "data", "mode"), "embedded");
    EXPECT_EQ(base::find_string(identity, "data", "version"), "1.2.3");
    EXPECT_EQ(base::find_string(identity, "data", "uid"),
              base::find_string(read(kNamespaces, "", "kube-system"), "metadata", "uid"));
    json::value service = read(kServices, "default", "kubernetes");
    EXPECT_EQ(base::find_string(service, "spec", "clusterIP"), "10.96.0.1");
    EXPECT_EQ(text_of(*base::find(read(kEndpoints, "default", "kubernetes"), "subsets")),
              R"([{"addresses":[{"ip":"192.0.2.1"}],)"
              R"("ports":[{"name":"https","port":7443,"protocol":"TCP"}]}])");
    json::value slice = read(kEndpointSlices, "default", "kubernetes");
    EXPECT_EQ(text_of(*base::find(slice, "endpoints")),
              R"([{"addresses":["192.0.2.1"],"conditions":{"ready":true}}])");
    remove(kServices, "default", "kubernetes");
    remove(kEndpoints, "default", "kubernetes");
    remove(kConfigMaps, "kube-public", "nanika");
  }
}

TEST_F(LoopsTest, EventsAreGoneAfterAnHour) {
  EventExpiry expiry(*api);
  Worker worker(expiry, *store, clock);
  auto event = [&](const char* name, std::string last) {
    make(
        kEvents, "shop",
        fmt::format(
            R"({{"metadata":{{"name":"{}","namespace":"shop"}},"involvedObject":{{"namespace":"shop"}},)"
            R"("lastTimestamp":{}}})",
            name, last));
  };
  event("made", "null");
  event("again", '"' + base::format_time(clock.wall() + std::chrono::minutes(30)) + '"');
  worker.drain();
  clock.advance(std::chrono::minutes(59));
  worker.drain();
  EXPECT_THAT(names(kEvents, "shop"), ElementsAre("again", "made"));
  clock.advance(std::chrono::minutes(2));
  worker.drain();
  EXPECT_THAT(names(kEvents, "shop"), ElementsAre("again"));
  clock.advance(std::chrono::minutes(30));
  worker.drain();
  EXPECT_THAT(names(kEvents, "shop"), ElementsAre());
}

}  // namespace
}  // namespace nanika::apiserver::loops
