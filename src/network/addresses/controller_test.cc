// The feature whole, against an API in memory: objects go in, objects come out.
#include "network/addresses/controller.h"

#include <set>

#include <gtest/gtest.h>

#include "kube/fake_api.h"
#include "kube/testing.h"
#include "kube/transport_fake.h"

namespace nanika::network {
namespace {

namespace json = base::json;
using base::find_string;
using kube::eventually;
using kube::FakeApi;
using kube::Key;
using namespace std::chrono_literals;

constexpr std::string_view kIps = "trafficips.network.nanika.dev";
constexpr std::string_view kClaims = "addressclaims.network.nanika.dev";

/// One controllers process.
struct Process {
  Process(const std::shared_ptr<FakeApi>& api, const base::FakeClock& clock)
      : road(std::make_shared<kube::FaultyTransport>(api)),
        client(road, clock),
        manager(client, metrics),
        addresses(manager, {.default_class = true}) {
    thread = std::jthread([this](std::stop_token stop) { (void)manager.run(stop); });
  }
  ~Process() {
    thread.request_stop();
    thread.join();
  }
  kube::Metrics metrics;
  std::shared_ptr<kube::FaultyTransport> road;
  kube::Client client;
  kube::Manager manager;
  Addresses addresses;
  std::jthread thread;
};

class AddressesTest : public testing::Test {
 protected:
  AddressesTest() : api_(std::make_shared<FakeApi>(clock_)) {
    api_->put(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}})");
    put("Network", "internet", R"({"isDefault":true,"families":["IPv4","IPv6"]})");
    put("AddressPool", "gold",
        R"({"networkRef":{"name":"internet"},"ranges":[{"cidr":"203.0.113.0/30"},{"cidr":"2001:db8::/64"}]})");
    start();
  }
  void start() { process_ = std::make_unique<Process>(api_, clock_); }
  void put(std::string_view kind, std::string_view name, std::string_view spec) {
    api_->put(fmt::format(
        R"({{"apiVersion":"network.nanika.dev/v1alpha1","kind":"{}","metadata":{{"name":"{}"}},"spec":{}}})",
        kind, name, spec));
  }
  void service(std::string_view name, std::string_view extra = "",
               std::string_view annotations = "{}") {
    api_->put(fmt::format(
        R"({{"apiVersion":"v1","kind":"Service","metadata":{{"namespace":"shop","name":"{}","annotations":{}}},
        "spec":{{"type":"LoadBalancer","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","ports":[{{"port":80}}]{}}}}})",
        name, annotations, extra));
  }
  testing::AssertionResult becomes(const std::function<std::string()>& actual,
                                   const std::string& wanted) {
    std::string last;
    if (eventually(clock_, [&] { return (last = actual()) == wanted; }))
      return testing::AssertionSuccess();
    return testing::AssertionFailure() << "want " << wanted << ", is " << last;
  }
  std::string ingress(std::string_view name) const {
    std::string out;
    const json::value service = api_->get("services", {"shop", std::string(name)});
    if (const json::value* list = base::find(service, "status", "loadBalancer", "ingress"))
      for (const json::value& item : list->get_array())
        out += (out.empty() ? "" : ",") + std::string(find_string(item, "ip"));
    return out;
  }
  std::string reason(std::string_view plural, const Key& key, std::string_view type) const {
    const json::value object = api_->get(plural, key);
    if (const json::value* list = base::find(object, "status", "conditions"))
      for (const json::value& c : list->get_array())
        if (find_string(c, "type") == type)
          return fmt::format("{} {}", find_string(c, "status"), find_string(c, "reason"));
    return "";
  }
  size_t held() const {
    size_t out = 0;
    for (const json::value& claim : api_->list(kClaims))
      out += base::find(claim, "spec", "holders")->get_array().empty() ? 0 : 1;
    return out;
  }

  base::FakeClock clock_;
  std::shared_ptr<FakeApi> api_;
  std::unique_ptr<Process> process_;
};

TEST_F(AddressesTest, AServiceGetsAnAddressAndGivesItBack) {
  service("www");
  EXPECT_TRUE(becomes([&] { return ingress("www"); }, "203.0.113.0"));
  EXPECT_TRUE(becomes([&] { return reason(kIps, {"shop", "svc-www"}, "Bound"); }, "True Bound"));
  EXPECT_TRUE(becomes([&] { return reason("services", {"shop", "www"}, "nanika.dev/Allocated"); },
                      "True Allocated"));
  EXPECT_EQ(api_->list(kClaims).size(), 1u);
  api_->remove("services", {"shop", "www"});
  EXPECT_TRUE(eventually(clock_, [&] { return api_->get("services", {"shop", "www"}).is_null(); }));
  EXPECT_TRUE(eventually(clock_, [&] { return api_->list(kIps).empty() && held() == 0; }));
  EXPECT_TRUE(eventually(
      clock_, [&] { return api_->list(kClaims).empty(); }, 1s))
      << "the claim goes after its rest";
}

TEST_F(AddressesTest, DualStackServicesGetBothInTheirOrder) {
  api_->put(
      R"({"apiVersion":"v1","kind":"Service","metadata":{"namespace":"shop","name":"www"},"spec":{"type":"LoadBalancer",
      "ipFamilies":["IPv6","IPv4"],"ipFamilyPolicy":"RequireDualStack","ports":[{"port":80}]}})");
  EXPECT_TRUE(becomes([&] { return ingress("www"); }, "2001:db8::,203.0.113.0"));
}

TEST_F(AddressesTest, RequireDualStackPublishesAndKeepsNothingByHalves) {
  put("AddressPool", "gold",
      R"({"networkRef":{"name":"internet"},"ranges":[{"cidr":"203.0.113.0/30"}]})");
  EXPECT_TRUE(
      becomes([&] { return reason("networks.network.nanika.dev", {"", "internet"}, "Ready"); },
              "True Ready"));
  api_->put(
      R"({"apiVersion":"v1","kind":"Service","metadata":{"namespace":"shop","name":"www"},"spec":{"type":"LoadBalancer",
      "ipFamilies":["IPv4","IPv6"],"ipFamilyPolicy":"RequireDualStack","ports":[{"port":80}]}})");
  EXPECT_TRUE(becomes([&] { return reason("services", {"shop", "www"}, "nanika.dev/Allocated"); },
                      "False NoPool"));
  EXPECT_EQ(ingress("www"), "");
  EXPECT_EQ(held(), 0u);
  put("AddressPool", "six",
      R"({"networkRef":{"name":"internet"},"ranges":[{"cidr":"2001:db8:6::/64"}]})");
  EXPECT_TRUE(becomes([&] { return ingress("www"); }, "203.0.113.0,2001:db8:6::"));
}

TEST_F(AddressesTest, RefusalsSayWhyInConditionAndEvent) {
  service("wrong", "", R"({"network.nanika.dev/addresses":"198.51.100.1"})");
  EXPECT_TRUE(becomes([&] { return reason("services", {"shop", "wrong"}, "nanika.dev/Allocated"); },
                      "False AddressNotInPool"));
  EXPECT_TRUE(eventually(clock_, [&] {
    for (const json::value& event : api_->list("events"))
      if (find_string(event, "reason") == "AddressNotInPool" &&
          find_string(event, "involvedObject", "name") == "wrong")
        return true;
    return false;
  }));
}

TEST_F(AddressesTest, ANetworkServesWhoeverWasRefusedOnceAnAddressIsFree) {
  for (int i = 0; i < 4; ++i) service(fmt::format("s{}", i));
  EXPECT_TRUE(eventually(clock_, [&] { return held() == 4; }));
  service("late");
  EXPECT_TRUE(becomes([&] { return reason("services", {"shop", "late"}, "nanika.dev/Allocated"); },
                      "False Exhausted"));
  EXPECT_TRUE(
      becomes([&] { return reason("networks.network.nanika.dev", {"", "internet"}, "Exhausted"); },
              "True NoneLeft"));
  api_->remove("services", {"shop", "s2"});
  EXPECT_TRUE(eventually(clock_, [&] { return !ingress("late").empty(); }, 1s));
}

TEST_F(AddressesTest, PoolsTakeNothingAwayWhenTheyShrinkOrGo) {
  service("www", "", R"({"network.nanika.dev/addresses":"203.0.113.2"})");
  EXPECT_TRUE(becomes([&] { return ingress("www"); }, "203.0.113.2"));
  put("AddressPool", "gold",
      R"({"networkRef":{"name":"internet"},"ranges":[{"cidr":"203.0.113.0/31"}]})");
  EXPECT_TRUE(becomes(
      [&] { return reason("addresspools.network.nanika.dev", {"", "gold"}, "OutOfRangeInUse"); },
      "True StillHeld"));
  EXPECT_EQ(ingress("www"), "203.0.113.2");
  api_->remove("addresspools.network.nanika.dev", {"", "gold"});
  EXPECT_TRUE(
      becomes([&] { return reason("addresspools.network.nanika.dev", {"", "gold"}, "Draining"); },
              "True StillHeld"));
  EXPECT_EQ(ingress("www"), "203.0.113.2");
  api_->remove("services", {"shop", "www"});
  EXPECT_TRUE(eventually(
      clock_, [&] { return api_->list("addresspools.network.nanika.dev").empty(); }, 1s));
}

TEST_F(AddressesTest, AStandingTrafficIpKeepsItsAddressWhoeverUsesIt) {
  api_->put(
      R"({"apiVersion":"network.nanika.dev/v1alpha1","kind":"TrafficIP","metadata":{"namespace":"shop","name":"standing"},
      "spec":{"networkRef":{"name":"internet"},"families":["IPv4"],"targetRef":{"kind":"Service","name":"www"}}})");
  service("www", "", R"({"network.nanika.dev/traffic-ip":"standing"})");
  EXPECT_TRUE(becomes([&] { return ingress("www"); }, "203.0.113.0"));
  api_->remove("services", {"shop", "www"});
  EXPECT_TRUE(eventually(clock_, [&] { return api_->get("services", {"shop", "www"}).is_null(); }));
  EXPECT_EQ(held(), 1u);
  service("www", "", R"({"network.nanika.dev/traffic-ip":"standing"})");
  EXPECT_TRUE(becomes([&] { return ingress("www"); }, "203.0.113.0"));
}

TEST_F(AddressesTest, AServiceWhoseTypeFlipsGivesItsAddressBack) {
  service("www");
  EXPECT_TRUE(becomes([&] { return ingress("www"); }, "203.0.113.0"));
  json::value flipped = api_->get("services", {"shop", "www"});
  flipped.at("spec").as_object()["type"] = "ClusterIP";
  api_->put(flipped);
  EXPECT_TRUE(eventually(clock_, [&] { return held() == 0; }));
  EXPECT_TRUE(becomes([&] { return ingress("www"); }, ""));
}

TEST_F(AddressesTest, AClaimThatSomebodyDeletesIsMadeAgainForTheSameAddress) {
  service("www");
  EXPECT_TRUE(becomes([&] { return ingress("www"); }, "203.0.113.0"));
  const auto uid = [&] {
    return std::string(
        find_string(api_->get(kClaims, {"", "default.203.0.113.0"}), "metadata", "uid"));
  };
  const std::string before = uid();
  api_->remove(kClaims, {"", "default.203.0.113.0"});
  EXPECT_TRUE(eventually(clock_, [&] { return !uid().empty() && uid() != before; }));
  EXPECT_EQ(ingress("www"), "203.0.113.0");
}

TEST_F(AddressesTest, WhatAnothersFinalizerKeepsShowsNoAddressThatWasGivenBack) {
  service("www");
  EXPECT_TRUE(becomes([&] { return ingress("www"); }, "203.0.113.0"));
  for (const auto& [plural, name] :
       {std::pair{std::string_view("services"), "www"}, std::pair{kIps, "svc-www"}}) {
    json::value kept = api_->get(plural, {"shop", name});
    kept.at("metadata").at("finalizers").as_array().push_back("example.com/keep");
    api_->put(kept);
  }
  api_->remove("services", {"shop", "www"});
  EXPECT_TRUE(eventually(clock_, [&] { return held() == 0; }));
  EXPECT_EQ(ingress("www"), "");
  const json::value ip = api_->get(kIps, {"shop", "svc-www"});
  EXPECT_FALSE(ip.is_null());
  EXPECT_EQ(base::find(ip, "status", "addresses"), nullptr);
}

TEST_F(AddressesTest, AStandingTrafficIpTakesThePlaceOfTheOneThatWasMade) {
  service("www");
  EXPECT_TRUE(becomes([&] { return ingress("www"); }, "203.0.113.0"));
  service("www", "", R"({"network.nanika.dev/traffic-ip":"standing"})");
  EXPECT_TRUE(becomes([&] { return reason("services", {"shop", "www"}, "nanika.dev/Allocated"); },
                      "False InvalidRequest"));
  EXPECT_EQ(ingress("www"), "203.0.113.0") << "a wrong request takes nothing away";
  api_->put(
      R"({"apiVersion":"network.nanika.dev/v1alpha1","kind":"TrafficIP","metadata":{"namespace":"shop","name":"standing"},
      "spec":{"networkRef":{"name":"internet"},"families":["IPv4"],"targetRef":{"kind":"Service","name":"www"}}})");
  EXPECT_TRUE(becomes([&] { return ingress("www"); }, "203.0.113.1"));
  EXPECT_TRUE(eventually(clock_, [&] { return api_->get(kIps, {"shop", "svc-www"}).is_null(); }));
}

TEST_F(AddressesTest, ARestartChangesNoAddress) {
  std::map<std::string, std::string> before;
  for (const char* name : {"a", "b", "c"}) service(name);
  EXPECT_TRUE(eventually(clock_, [&] {
    return !ingress("a").empty() && !ingress("b").empty() && !ingress("c").empty();
  }));
  for (const char* name : {"a", "b", "c"}) before[name] = ingress(name);
  process_.reset();
  api_->remove("services", {"shop", "b"});
  start();
  EXPECT_TRUE(eventually(clock_, [&] { return held() == 2; }));
  EXPECT_EQ(ingress("a"), before["a"]);
  EXPECT_EQ(ingress("c"), before["c"]);
}

// The claim's create is the lock: two processes that both think they lead never give one address
// twice.
TEST_F(AddressesTest, TwoProcessesNeverGiveOneAddressTwice) {
  put("AddressPool", "gold",
      R"({"networkRef":{"name":"internet"},"ranges":[{"cidr":"203.0.113.0/26"}]})");
  Process rival(api_, clock_);
  for (int i = 0; i < 40; ++i) service(fmt::format("s{}", i));
  EXPECT_TRUE(eventually(
      clock_,
      [&] {
        for (int i = 0; i < 40; ++i)
          if (ingress(fmt::format("s{}", i)).empty()) return false;
        return true;
      },
      20ms, 30s));
  EXPECT_TRUE(eventually(clock_, [&] { return held() == 40; }))
      << "what was taken twice for one is given back";
  std::set<std::string> seen;
  for (int i = 0; i < 40; ++i) {
    const std::string name = fmt::format("s{}", i);
    EXPECT_TRUE(seen.insert(ingress(name)).second) << name << " shows " << ingress(name);
  }
}

/// Looks at the world over and over, and remembers what may never be.
class Watcher {
 public:
  explicit Watcher(const FakeApi& api)
      : api_(api), thread_([this](std::stop_token stop) {
          while (!stop.stop_requested()) look();
        }) {}
  std::set<std::string> finish() {
    thread_.request_stop();
    thread_.join();
    return wrong_;
  }

 private:
  static std::string version(const json::value& object) {
    return fmt::format("{} {}", find_string(object, "metadata", "uid"),
                       find_string(object, "metadata", "resourceVersion"));
  }
  void look() {
    std::set<std::string> held, before;
    const auto ips = api_.list(kIps);
    for (const json::value& claim : api_.list(kClaims))
      for (const json::value& holder : base::find(claim, "spec", "holders")->get_array())
        held.insert(fmt::format("{} {}", find_string(holder, "uid"),
                                find_string(claim, "spec", "address")));
    for (const json::value& ip : ips) before.insert(version(ip));
    for (const json::value& ip : api_.list(kIps)) {  // those that stayed as they were meanwhile
      const json::value* addresses = base::find(ip, "status", "addresses");
      if (addresses == nullptr || !before.contains(version(ip))) continue;
      for (const json::value& address : addresses->get_array())
        if (!held.contains(fmt::format("{} {}", find_string(ip, "metadata", "uid"),
                                       std::string_view(address.get_string()))))
          wrong_.insert(fmt::format("TrafficIP {} shows what it does not hold",
                                    find_string(ip, "metadata", "name")));
    }
    std::map<std::string, std::string> users;
    for (const json::value& service : api_.list("services")) look_at(service, users);
  }
  void look_at(const json::value& service, std::map<std::string, std::string>& users) {
    const std::string name(find_string(service, "metadata", "name"));
    const json::value* list = base::find(service, "status", "loadBalancer", "ingress");
    std::string address;
    if (list != nullptr && !list->get_array().empty())
      address = find_string(list->get_array().front(), "ip");
    if (!address.empty())
      if (const auto [user, first] = users.emplace(address, name); !first)
        wrong_.insert(fmt::format("{} and {} show {}", user->second, name, address));
    if (base::find(service, "metadata", "deletionTimestamp") != nullptr) return;
    std::string& shown = shown_[name];
    if (shown.empty()) shown = address;
    if (shown != address)
      wrong_.insert(fmt::format("{} went from {} to '{}'", name, shown, address));
  }

  const FakeApi& api_;
  std::map<std::string, std::string> shown_;
  std::set<std::string> wrong_;
  std::jthread thread_;
};

TEST_F(AddressesTest, WhatIsShownIsHeldAndStaysWhileTwoProcessesWorkAndServicesComeAndGo) {
  put("AddressPool", "gold",
      R"({"networkRef":{"name":"internet"},"ranges":[{"cidr":"203.0.113.0/25"}]})");
  Process rival(api_, clock_);
  Watcher watcher(*api_);
  std::set<std::string> live;
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 12; ++i) {
      const std::string name = fmt::format("s{}-{}", round, i);
      service(name);
      live.insert(name);
    }
    EXPECT_TRUE(eventually(
        clock_,
        [&] {
          return std::ranges::none_of(live,
                                      [&](const auto& name) { return ingress(name).empty(); });
        },
        20ms, 30s));
    for (int i = 0; i < 12; i += 2) {
      const std::string name = fmt::format("s{}-{}", round, i);
      api_->remove("services", {"shop", name});
      live.erase(name);
    }
  }
  // A process that has not heard of a Service's end may make its TrafficIP anew: as in any cluster,
  // garbage collection takes that away.
  EXPECT_TRUE(eventually(
      clock_,
      [&] {
        api_->collect_garbage();
        return held() == live.size();
      },
      20ms, 30s))
      << held() << " held";
  EXPECT_EQ(watcher.finish(), std::set<std::string>());
}

}  // namespace
}  // namespace nanika::network
