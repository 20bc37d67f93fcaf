// Links, addresses, routes and their monitor, in namespaces of their own. The oracle is iproute2.
#include <gmock/gmock.h>
#include <net/if.h>

#include "base/netlink_monitor.h"
#include "base/netns.h"
#include "base/process.h"
#include "base/random.h"

namespace nanika::base {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::Not;

MonoTime in(Duration d) {
  return system_clock().mono() + d;
}
IpAddress addr(std::string_view text) {
  return *IpAddress::parse(text);
}
IpPrefix prefix(std::string_view text) {
  return *IpPrefix::parse(text);
}

#define ASSERT_OK(...)                                    \
  do {                                                    \
    auto&& ok_ = (__VA_ARGS__);                           \
    ASSERT_TRUE(ok_) << (ok_ ? "" : ok_.error().message); \
  } while (false)

class NetlinkLab : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(create_netns(a_));
    ASSERT_OK(create_netns(b_));
    auto opened = Netlink::open(a_);
    ASSERT_OK(opened);
    nl_.emplace(std::move(*opened));
    ASSERT_OK(set_link(*nl_, find_link(*nl_, "lo")->index, {.up = true}));
  }
  void TearDown() override {
    EXPECT_TRUE(delete_netns(a_));
    EXPECT_TRUE(delete_netns(b_));
    EXPECT_THAT(*list_netns(), Not(Contains(a_)));
  }
  /// What `ip ...` prints in namespace a.
  std::string ip(std::vector<std::string> arguments) {
    std::vector<std::string> argv{"ip", "-n", a_};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    auto result = run({.argv = argv}, {.deadline = in(10s)});
    return result ? result->out + result->err : result.error().message;
  }
  /// A link that is up on both sides, with addresses of both families.
  int uplink() {
    EXPECT_TRUE(create_veth(*nl_, "d0", "d1", b_));
    auto other = Netlink::open(b_);
    EXPECT_TRUE(set_link(*other, find_link(*other, "d1")->index, {.up = true}));
    int index = find_link(*nl_, "d0")->index;
    EXPECT_TRUE(set_link(*nl_, index, {.up = true}));
    EXPECT_TRUE(add_address(*nl_, {.link = index, .address = addr("192.0.2.1"), .length = 24}));
    EXPECT_TRUE(add_address(*nl_, {.link = index,
                                   .address = addr("2001:db8::1"),
                                   .length = 64,
                                   .no_duplicate_detection = true}));
    return index;
  }

  std::string a_ = "nkt-a-" + random_name_suffix();
  std::string b_ = "nkt-b-" + random_name_suffix();
  std::optional<Netlink> nl_;
};

TEST_F(NetlinkLab, NamespacesAreIpNetns) {
  EXPECT_THAT(*list_netns(), Contains(a_));
  auto listed = run({.argv = {"ip", "netns", "list"}}, {.deadline = in(10s)});
  EXPECT_THAT(listed->out, HasSubstr(a_));
  EXPECT_EQ(create_netns(a_).error().code, Code::kAlreadyExists);
  EXPECT_EQ(open_netns("nkt-none").error().code, Code::kNotFound);
  EXPECT_EQ(create_netns("../x").error().code, Code::kInvalid);
  ASSERT_OK(delete_netns(b_));
  ASSERT_OK(delete_netns(b_));
  // A file without a namespace, as a reboot leaves it.
  ASSERT_OK(write_file_atomic("/run/netns/" + b_, ""));
  EXPECT_EQ(open_netns(b_).error().code, Code::kNotFound);
  ASSERT_OK(create_netns(b_));
}

TEST_F(NetlinkLab, RunsInside) {
  unsigned outside = ::if_nametoindex("only-in-a");
  ASSERT_OK(create_bridge(*nl_, "only-in-a"));
  unsigned inside = 0;
  ASSERT_OK(in_netns(a_, [&]() -> Result<void> {
    inside = ::if_nametoindex("only-in-a");
    return {};
  }));
  EXPECT_EQ(outside, 0u);
  EXPECT_NE(inside, 0u);
  EXPECT_EQ(::if_nametoindex("only-in-a"), 0u);
  auto shown =
      run({.argv = {"ip", "-br", "link"}, .netns = "/run/netns/" + a_}, {.deadline = in(10s)});
  EXPECT_THAT(shown->out, HasSubstr("only-in-a"));
}

TEST_F(NetlinkLab, MakesLinksOfEachKind) {
  ASSERT_OK(create_veth(*nl_, "v0", "v1", b_));
  ASSERT_OK(create_bridge(*nl_, "br0"));
  int veth = find_link(*nl_, "v0")->index;
  int bridge = find_link(*nl_, "br0")->index;
  ASSERT_OK(set_link(*nl_, veth, {.up = true, .mtu = 1400, .master = bridge, .name = "port0"}));
  ASSERT_OK(create_veth(*nl_, "d0", "d1", b_));
  ASSERT_OK(create_macvlan(*nl_, "mv0", find_link(*nl_, "d0")->index));
  auto dummy = create_dummy(*nl_, "dummy0");
  bool has_dummies =
      dummy || dummy.error().message.find("Unknown device type") == std::string::npos;
  if (has_dummies) ASSERT_OK(dummy);
  ASSERT_OK(create_vxlan(
      *nl_, {.name = "vx0", .id = 42, .local = addr("192.0.2.1"), .remote = addr("192.0.2.2")}));
  ASSERT_OK(create_vxlan(
      *nl_, {.name = "vx6", .id = 43, .local = addr("2001:db8::1"), .learning = false}));
  EXPECT_THAT(ip({"-d", "link", "show", "vx0"}),
              HasSubstr("vxlan id 42 remote 192.0.2.2 local 192.0.2.1"));
  EXPECT_THAT(ip({"-d", "link", "show", "vx6"}), HasSubstr("local 2001:db8::1"));
  EXPECT_THAT(ip({"-d", "link", "show", "mv0"}), HasSubstr("macvlan mode bridge"));
  Link port = *find_link(*nl_, "port0");
  EXPECT_EQ(port.kind, "veth");
  EXPECT_EQ(port.mtu, 1400u);
  EXPECT_EQ(port.master, bridge);
  EXPECT_TRUE(port.up);
  EXPECT_FALSE(port.running);  // the other side is down

  auto other = Netlink::open(b_);
  ASSERT_OK(other);
  ASSERT_OK(set_link(*other, find_link(*other, "v1")->index, {.up = true}));
  EXPECT_TRUE(find_link(*nl_, "port0")->running);
  EXPECT_EQ(list_links(*nl_)->size(), has_dummies ? 8u : 7u);  // with lo

  ASSERT_OK(move_link(*nl_, find_link(*nl_, "vx6")->index, b_));
  EXPECT_TRUE(find_link(*other, "vx6"));
  ASSERT_OK(delete_link(*nl_, veth));
  EXPECT_EQ(find_link(*other, "v1").error().code, Code::kNotFound);
  EXPECT_EQ(delete_link(*nl_, veth).error().code, Code::kNotFound);
  EXPECT_EQ(create_bridge(*nl_, "br0").error().code, Code::kAlreadyExists);
  EXPECT_EQ(create_bridge(*nl_, "a-name-too-long-").error().code, Code::kInvalid);
}

TEST_F(NetlinkLab, ManagesAddresses) {
  int link = uplink();
  EXPECT_THAT(ip({"-br", "addr", "show", "d0"}), HasSubstr("192.0.2.1/24 2001:db8::1/64"));
  auto addresses = list_addresses(*nl_, link);
  ASSERT_OK(addresses);
  EXPECT_THAT(*addresses, Contains(Field(&LinkAddress::address, addr("192.0.2.1"))));
  EXPECT_THAT(*addresses, Contains(testing::AllOf(Field(&LinkAddress::address, addr("2001:db8::1")),
                                                  Field(&LinkAddress::tentative, false))));
  LinkAddress again{.link = link, .address = addr("192.0.2.1"), .length = 24};
  EXPECT_EQ(add_address(*nl_, again).error().code, Code::kAlreadyExists);
  ASSERT_OK(replace_address(*nl_, again));
  ASSERT_OK(delete_address(*nl_, again));
  EXPECT_EQ(delete_address(*nl_, again).error().code, Code::kUnavailable);
  ASSERT_OK(add_address(
      *nl_, {.link = link, .address = addr("10.0.0.1"), .length = 32, .peer = addr("10.0.0.2")}));
  EXPECT_THAT(ip({"-br", "addr", "show", "d0"}), HasSubstr("10.0.0.1 peer 10.0.0.2/32"));
}

TEST_F(NetlinkLab, ManagesRoutesOfEachKind) {
  int link = uplink();
  std::vector<Route> routes{
      {.destination = prefix("198.51.100.0/24"),
       .protocol = 222,
       .hops = {{.via = addr("192.0.2.2")}},
       .mtu = 1300},
      {.destination = prefix("203.0.113.0/24"),
       .table = 1000,
       .metric = 7,
       .protocol = 222,
       .type = RouteType::kBlackhole},
      {.destination = prefix("203.0.113.0/24"),
       .table = 1000,
       .metric = 8,
       .protocol = 222,
       .type = RouteType::kUnreachable},
      {.destination = prefix("10.9.0.0/16"),
       .protocol = 222,
       .hops = {{.link = link}},
       .source = addr("192.0.2.1")},
      {.destination = prefix("10.8.0.0/16"),
       .protocol = 222,
       .hops = {{.via = addr("192.0.2.3"), .link = link, .weight = 2},
                {.via = addr("192.0.2.4"), .link = link}}},
      {.destination = prefix("10.7.0.0/16"),
       .protocol = 222,
       .hops = {{.via = addr("2001:db8::7"), .link = link}}},
      {.destination = prefix("2001:db8:1::/48"),
       .metric = 5,
       .protocol = 222,
       .hops = {{.via = addr("2001:db8::2"), .link = link}}},
      {.destination = prefix("2001:db8:2::/48"),
       .table = 1000,
       .metric = 5,
       .protocol = 222,
       .type = RouteType::kBlackhole},
      {.destination = prefix("::/0"),
       .metric = 5,
       .protocol = 222,
       .hops = {{.via = addr("2001:db8::3"), .link = link},
                {.via = addr("2001:db8::4"), .link = link}}},
  };
  for (const Route& route : routes) ASSERT_OK(add_route(*nl_, route));
  EXPECT_THAT(ip({"route", "show", "table", "all"}),
              HasSubstr("198.51.100.0/24 via 192.0.2.2 dev d0 proto 222 mtu 1300"));
  EXPECT_THAT(ip({"route", "show", "table", "1000"}),
              HasSubstr("blackhole 203.0.113.0/24 proto 222 metric 7"));
  EXPECT_THAT(ip({"route"}), HasSubstr("10.7.0.0/16 via inet6 2001:db8::7"));
  EXPECT_THAT(ip({"route"}), HasSubstr("nexthop via 192.0.2.3 dev d0 weight 2"));
  EXPECT_THAT(ip({"-6", "route"}), HasSubstr("default proto 222 metric 5"));

  routes[0].hops[0].link = link;  // the kernel found it
  auto listed = list_routes(*nl_, {.protocol = 222});
  ASSERT_OK(listed);
  EXPECT_THAT(*listed, testing::UnorderedElementsAreArray(routes));
  EXPECT_EQ(list_routes(*nl_, {.family = Family::kIPv4, .table = 1000})->size(), 2u);
  EXPECT_EQ(list_routes(*nl_, {.table = 4242})->size(), 0u);

  EXPECT_EQ(add_route(*nl_, routes[0]).error().code, Code::kAlreadyExists);
  for (Route& route : routes) {
    if (route.type == RouteType::kUnicast) route.mtu = 1280;
    ASSERT_OK(replace_route(*nl_, route));
  }
  EXPECT_THAT(*list_routes(*nl_, {.protocol = 222}), testing::UnorderedElementsAreArray(routes));
  for (const Route& route : routes) ASSERT_OK(delete_route(*nl_, route));
  EXPECT_THAT(*list_routes(*nl_, {.protocol = 222}), testing::IsEmpty());
  EXPECT_EQ(delete_route(*nl_, routes[0]).error().code, Code::kNotFound);
  EXPECT_THAT(ip({"route", "show", "192.0.2.0/24"}), HasSubstr("proto kernel"));
}

TEST_F(NetlinkLab, SaysWhatTheKernelSays) {
  uplink();
  auto refused =
      add_route(*nl_, {.destination = prefix("10.0.0.0/8"), .hops = {{.via = addr("172.16.0.1")}}});
  EXPECT_EQ(refused.error().message,
            "add route 10.0.0.0/8: Nexthop has invalid gateway: Network is unreachable");
  EXPECT_EQ(add_route(*nl_, {.destination = prefix("10.0.0.0/8")}).error().code, Code::kInvalid);
}

std::vector<RouteChange> many(RouteChange::Verb verb, Family family, size_t count) {
  std::vector<RouteChange> out;
  for (size_t i = 0; i < count; i++) {
    IpAddress base = family == Family::kIPv4 ? addr("100.64.0.0") : addr("2001:db8:ffff::");
    out.push_back(
        {.verb = verb,
         .route = {.destination = IpPrefix(IpAddress(family, base.number() + i), bits(family)),
                   .table = 1000,
                   .metric = 32,
                   .protocol = 222,
                   .type = RouteType::kBlackhole}});
  }
  return out;
}

TEST_F(NetlinkLab, ChangesManyRoutesAtOnce) {
  for (Family family : {Family::kIPv4, Family::kIPv6}) {
    auto begin = system_clock().mono();
    auto results = change_routes(*nl_, many(RouteChange::Verb::kReplace, family, 10000));
    ASSERT_OK(results);
    auto took = system_clock().mono() - begin;
    for (const auto& result : *results) ASSERT_OK(result);
    EXPECT_LT(took, 1s);
    RecordProperty(std::string(name(family)) + "-microseconds", static_cast<int>(took / 1us));
    EXPECT_EQ(list_routes(*nl_, {.family = family, .table = 1000})->size(), 10000u);

    // Each change has its own verdict.
    auto some = many(RouteChange::Verb::kDelete, family, 3);
    some[1].route.metric = 33;
    auto mixed = change_routes(*nl_, some);
    ASSERT_OK(mixed);
    EXPECT_TRUE((*mixed)[0]);
    EXPECT_EQ((*mixed)[1].error().code, Code::kNotFound);
    EXPECT_THAT((*mixed)[1].error().message,
                HasSubstr("delete route " + some[1].route.destination.str()));
    EXPECT_TRUE((*mixed)[2]);
  }
}

TEST_F(NetlinkLab, MonitorsChanges) {
  auto monitor = NetlinkMonitor::open(a_);
  ASSERT_OK(monitor);
  int link = uplink();
  Route route{.destination = prefix("198.51.100.0/24"),
              .protocol = 222,
              .hops = {{.via = addr("192.0.2.2"), .link = link}}};
  ASSERT_OK(add_route(*nl_, route));
  ASSERT_OK(delete_route(*nl_, route));
  bool saw_link = false, saw_address = false, saw_route = false, saw_removal = false;
  while (!saw_removal) {
    auto event = monitor->next(in(5s), {});
    ASSERT_OK(event);
    if (auto* e = std::get_if<LinkEvent>(&*event)) saw_link |= e->link.name == "d0" && e->link.up;
    if (auto* e = std::get_if<AddressEvent>(&*event))
      saw_address |= e->address.address == addr("192.0.2.1");
    if (auto* e = std::get_if<RouteEvent>(&*event)) {
      if (e->route == route) (e->removed ? saw_removal : saw_route) = true;
    }
  }
  EXPECT_TRUE(saw_link && saw_address && saw_route);
  std::stop_source stop;
  stop.request_stop();
  Result<NetlinkEvent> event = monitor->next(in(5s), {});
  while (event) event = monitor->next(in(0s), {});
  EXPECT_EQ(event.error().code, Code::kDeadlineExceeded);
  EXPECT_EQ(monitor->next(in(5s), stop.get_token()).error().code, Code::kCancelled);
}

TEST_F(NetlinkLab, MonitorLosesNothingOrSaysSo) {
  auto large = NetlinkMonitor::open(a_);
  auto small = NetlinkMonitor::open(a_, {.receive_buffer = 4096});
  ASSERT_OK(large);
  ASSERT_OK(small);
  ASSERT_OK(change_routes(*nl_, many(RouteChange::Verb::kAdd, Family::kIPv4, 10000)));
  size_t routes = 0;
  while (routes < 10000) {
    auto event = large->next(in(5s), {});
    ASSERT_OK(event);
    ASSERT_FALSE(std::holds_alternative<MessagesLost>(*event));
    if (auto* e = std::get_if<RouteEvent>(&*event)) routes += e->route.table == 1000;
  }
  bool lost = false;
  while (!lost) {
    auto event = small->next(in(5s), {});
    ASSERT_OK(event);
    lost = std::holds_alternative<MessagesLost>(*event);
  }
}

}  // namespace
}  // namespace nanika::base
