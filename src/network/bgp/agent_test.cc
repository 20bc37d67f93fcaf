// The agent against an API and a speaker in memory.
#include "network/bgp/agent.h"

#include <gtest/gtest.h>

#include "kube/fake_api.h"
#include "kube/testing.h"
#include "kube/transport_fake.h"
#include "network/bgp/controller.h"
#include "network/bgp/speaker_fake.h"

namespace nanika::network::bgp {
namespace {

namespace json = base::json;
using base::find_string;
using kube::eventually;
using kube::FakeApi;

constexpr std::string_view kApi = "network.nanika.dev/v1alpha1";

class AgentTest : public testing::Test {
 protected:
  AgentTest() : api_(std::make_shared<FakeApi>(clock_)) {
    api_->put(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}})");
    api_->put(R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"node-1"},
        "status":{"addresses":[{"type":"InternalIP","address":"192.0.2.11"}]}})");
    put("BGPPeer", "edge-1", R"({"peer":{"address":"192.0.2.1"},"peerASN":64500,"localASN":64512,
        "families":[{"family":"IPv4"},{"family":"IPv6"}]})");
    put("RouteAdvertisement", "all", R"({"sources":[{"kind":"TrafficIP"}]})");
    start();
  }
  ~AgentTest() override { stop(); }
  void start() {
    client_ = std::make_unique<kube::Client>(api_, clock_);
    manager_ = std::make_unique<kube::Manager>(*client_, metrics_);
    agent_ = std::make_unique<Agent>(*manager_, speaker_, AgentOptions{.node = "node-1"});
    bgp_ = std::make_unique<Bgp>(*manager_);
    thread_ = std::jthread([this](std::stop_token s) { (void)manager_->run(s); });
  }
  void stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
  }
  void put(std::string_view kind, std::string_view name, std::string_view spec) {
    api_->put(fmt::format(
        R"({{"apiVersion":"{}","kind":"{}","metadata":{{"name":"{}","generation":{}}},"spec":{}}})",
        kApi, kind, name, ++generation_, spec));
  }
  void traffic_ip(std::string_view name, std::string_view addresses, std::string_view spec = "{}") {
    api_->put(fmt::format(
        R"({{"apiVersion":"{}","kind":"TrafficIP","metadata":{{"namespace":"shop","name":"{}"}},"spec":{},
        "status":{{"addresses":[{}]}}}})",
        kApi, name, spec, addresses));
  }
  std::string routes() const {
    std::string out;
    for (const auto& [prefix, id] : speaker_.routes())
      out += (out.empty() ? "" : " ") + prefix.str();
    return out;
  }
  testing::AssertionResult announces(const std::string& wanted) {
    if (eventually(clock_, [&] { return routes() == wanted; })) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "want " << wanted << ", is " << routes();
  }
  std::string condition(std::string_view plural, const kube::Key& key,
                        std::string_view type) const {
    const json::value object = api_->get(plural, key);
    if (const json::value* list = base::find(object, "status", "conditions"))
      for (const json::value& c : list->get_array())
        if (find_string(c, "type") == type)
          return fmt::format("{} {}", find_string(c, "status"), find_string(c, "reason"));
    return "";
  }

  base::FakeClock clock_;
  int generation_ = 0;
  std::shared_ptr<FakeApi> api_;
  FakeSpeaker speaker_;
  kube::Metrics metrics_;
  std::unique_ptr<kube::Client> client_;
  std::unique_ptr<kube::Manager> manager_;
  std::unique_ptr<Agent> agent_;
  std::unique_ptr<Bgp> bgp_;
  std::jthread thread_;
};

TEST_F(AgentTest, AnnouncesWhatIsAllocatedAndSaysSo) {
  traffic_ip("www", R"("203.0.113.7","2001:db8::7")");
  EXPECT_TRUE(announces("203.0.113.7/32 2001:db8::7/128"));
  EXPECT_TRUE(eventually(clock_, [&] {
    return condition("trafficips.network.nanika.dev", {"shop", "www"}, "Advertised") ==
           "True Advertised";
  }));
  EXPECT_TRUE(eventually(clock_, [&] {
    return condition("bgppeers.network.nanika.dev", {"", "edge-1"}, "Established") ==
           "True Established";
  }));
  const json::value state = api_->get("networknodestates.network.nanika.dev", {"", "node-1"});
  EXPECT_EQ(base::find(state, "status", "advertised", "sent")->to_number<int>(), 2);
  api_->remove("trafficips.network.nanika.dev", {"shop", "www"});
  EXPECT_TRUE(announces(""));
}

TEST_F(AgentTest, WithdrawsWhileNoEndpointAnswers) {
  api_->put(
      R"({"apiVersion":"v1","kind":"Service","metadata":{"namespace":"shop","name":"www"},"spec":{"type":"LoadBalancer"}})");
  traffic_ip("www", R"("203.0.113.7")", R"({"targetRef":{"kind":"Service","name":"www"}})");
  EXPECT_TRUE(eventually(clock_, [&] {
    return condition("trafficips.network.nanika.dev", {"shop", "www"}, "Advertised") ==
           "False NoReadyEndpoints";
  }));
  EXPECT_EQ(routes(), "");
  const auto slice = [&](bool ready) {
    api_->put(fmt::format(
        R"({{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{{"namespace":"shop","name":"www-1",
        "labels":{{"kubernetes.io/service-name":"www"}}}},"addressType":"IPv4",
        "endpoints":[{{"addresses":["10.0.0.1"],"conditions":{{"ready":{}}}}}]}})",
        ready));
  };
  slice(true);
  EXPECT_TRUE(announces("203.0.113.7/32"));
  slice(false);
  EXPECT_TRUE(announces(""));
}

TEST_F(AgentTest, ABadPeerIsRejectedAloneAndSaysWhy) {
  traffic_ip("www", R"("203.0.113.7")");
  put("BGPPeer", "bad", R"({"peer":{"address":"192.0.2.2"},"peerASN":23456,"localASN":64512})");
  EXPECT_TRUE(eventually(clock_, [&] {
    return condition("bgppeers.network.nanika.dev", {"", "bad"}, "Accepted") == "False Rejected";
  }));
  EXPECT_TRUE(eventually(clock_, [&] {
    return condition("bgppeers.network.nanika.dev", {"", "edge-1"}, "Accepted") == "True Accepted";
  }));
  EXPECT_TRUE(announces("203.0.113.7/32"));
}

TEST_F(AgentTest, ChangedAttributesKeepTheRouteInItsClass) {
  traffic_ip("www", R"("203.0.113.7")");
  EXPECT_TRUE(announces("203.0.113.7/32"));
  const RouteTable before = speaker_.routes();
  put("RouteAdvertisement", "all",
      R"({"sources":[{"kind":"TrafficIP"}],"attributes":{"communities":["64500:1"]}})");
  EXPECT_TRUE(eventually(clock_, [&] {
    const SpeakerConfig config = speaker_.config();
    return !config.classes.empty() &&
           config.classes[0].to_peers.at("edge-1").communities.contains("64500:1");
  }));
  EXPECT_EQ(speaker_.routes(), before);
}

TEST_F(AgentTest, ARestartedAgentUsesTheSameClasses) {
  put("RouteAdvertisement", "more",
      R"({"sources":[{"kind":"Prefix","prefixes":["198.51.100.0/24"]}]})");
  traffic_ip("www", R"("203.0.113.7")");
  EXPECT_TRUE(announces("198.51.100.0/24 203.0.113.7/32"));
  const RouteTable before = speaker_.routes();
  stop();
  start();
  traffic_ip("more", R"("203.0.113.8")");
  EXPECT_TRUE(announces("198.51.100.0/24 203.0.113.7/32 203.0.113.8/32"));
  const RouteTable after = speaker_.routes();
  for (const auto& [prefix, id] : before) EXPECT_EQ(after.at(prefix), id);
}

TEST(RouteBook, APrefixLivesWhileAnOwnerWantsIt) {
  RouteBook book;
  const auto prefix = base::IpPrefix::parse("203.0.113.0/24").value();
  EXPECT_EQ(book.set("a", {{prefix, {"x"}}}).size(), 1u);
  EXPECT_EQ(book.set("b", {{prefix, {"y"}}}).size(), 1u);
  EXPECT_EQ(book.advertisements(prefix), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(book.set("b", {{prefix, {"y"}}}).size(), 0u) << "nothing changed";
  book.set("a", {});
  EXPECT_EQ(book.advertisements(prefix), (std::vector<std::string>{"y"}));
  book.set("b", {});
  EXPECT_TRUE(book.prefixes().empty());
}

}  // namespace
}  // namespace nanika::network::bgp
