// All loops together, each on its thread.
#include "apiserver/loops/loops.h"

#include "apiserver/loops/loops_testing.h"

namespace nanika::apiserver::loops {
namespace {

/// Until a state is reached; the clock of the loops runs meanwhile, for what they do again later.
bool reached(base::FakeClock& clock, const std::function<bool()>& state) {
  const base::Clock& real = base::system_clock();
  base::MonoTime deadline = real.mono() + std::chrono::seconds(20);
  while (!state()) {
    if (real.mono() > deadline) return false;
    clock.advance(std::chrono::milliseconds(20));
    std::this_thread::yield();
  }
  return true;
}

TEST_F(LoopsTest, ANamespaceLivesAndDiesWithAllThatItHolds) {
  Loops loops(*registry, *operations,
              {.ca_pem = "PEM", .system = {.version = "1", .advertise_address = "192.0.2.1"}});
  loops.start();
  ASSERT_TRUE(reached(clock, [&] {
    return api->find(kServiceAccounts, "shop", "default") &&
           api->find(kConfigMaps, "kube-public", "nanika") &&
           api->find(kEndpointSlices, "default", "kubernetes");
  }));
  json::value owner = make(kConfigMaps, "shop", R"({"metadata":{"name":"owner"}})");
  for (int i = 0; i < 50; ++i)
    make(kConfigMaps, "shop",
         fmt::format(R"({{"metadata":{{"name":"c{}","ownerReferences":[{{"apiVersion":"v1",)"
                     R"("kind":"ConfigMap","name":"owner","uid":"{}","blockOwnerDeletion":true)"
                     R"(}}]}}}})",
                     i, base::find_string(owner, "metadata", "uid")));
  remove(kConfigMaps, "shop", "owner", "Foreground");
  EXPECT_TRUE(reached(clock, [&] { return names(kConfigMaps, "shop").size() == 1; }));
  make(kServices, "shop",
       R"({"metadata":{"name":"www"},"spec":{"selector":{"app":"www"},"clusterIP":"10.96.0.9",)"
       R"("ipFamilies":["IPv4"],"ports":[{"port":80,"protocol":"TCP"}]}})");
  EXPECT_TRUE(reached(clock, [&] { return all(kEndpointSlices, "shop").size() == 1; }));
  remove(kNamespaces, "", "shop");
  EXPECT_TRUE(reached(clock, [&] { return !api->find(kNamespaces, "", "shop"); }));
  EXPECT_TRUE(all(kEndpointSlices, "shop").empty());
  EXPECT_TRUE(names(kConfigMaps, "shop").empty());
}

}  // namespace
}  // namespace nanika::apiserver::loops
