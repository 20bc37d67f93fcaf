// Real packets: a client reaches backends by a Service's addresses through a node's nftables.
#include <gtest/gtest.h>

#include "base/process.h"
#include "network/proxy/ruleset_nft.h"

namespace nanika::network::proxy {
namespace {

using std::chrono::seconds;

std::string shell(const std::string& command) {
  auto result = base::run({.argv = {"/bin/sh", "-c", command}},
                          {.deadline = base::system_clock().mono() + seconds(20)});
  return result ? result->out + result->err : result.error().message;
}

class ProxyLab : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root for network namespaces";
    TearDown();
    shell(
        "for n in node client pod; do ip netns add nkp-$n; ip -n nkp-$n link set lo up; done;"
        "for n in client pod; do ip link add $n netns nkp-node type veth peer name eth0 netns "
        "nkp-$n;"
        "  ip -n nkp-node link set $n up; ip -n nkp-$n link set eth0 up; done;"
        "ip -n nkp-node addr add 192.0.2.1/24 dev client; ip -n nkp-node addr add 10.0.0.254/24 "
        "dev pod;"
        "ip -n nkp-node addr add 2001:db8:1::1/64 dev client nodad; ip -n nkp-node addr add "
        "2001:db8:2::1/64 dev pod nodad;"
        "ip -n nkp-client addr add 192.0.2.2/24 dev eth0; ip -n nkp-pod addr add 10.0.0.1/24 dev "
        "eth0;"
        "ip -n nkp-client addr add 2001:db8:1::2/64 dev eth0 nodad; ip -n nkp-pod addr add "
        "2001:db8:2::2/64 dev eth0 nodad;"
        "ip -n nkp-client route add default via 192.0.2.1; ip -n nkp-pod route add default via "
        "10.0.0.254;"
        "ip -n nkp-client -6 route add default via 2001:db8:1::1; ip -n nkp-pod -6 route add "
        "default via 2001:db8:2::1;"
        "ip -n nkp-node route add default via 192.0.2.2;"  // as towards a router: unserved ports
                                                           // would loop
        "ip netns exec nkp-node sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
    server_ = std::move(
        *base::Process::spawn({.argv = {"ip", "netns", "exec", "nkp-pod", "python3", "-c", R"(
import http.server, socket, socketserver
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = ('you are ' + self.client_address[0].replace('::ffff:', '') + '\n').encode()
        self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers(); self.wfile.write(body)
class S(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
S(('::', 8080), H).serve_forever()
)"}}));
  }
  void TearDown() override {
    if (server_) (void)server_->terminate(base::system_clock().mono() + seconds(2));
    server_.reset();
    shell("for n in node client pod; do ip netns del nkp-$n; done");
  }
  static std::string fetch(const std::string& from, const std::string& url) {
    return shell("ip netns exec nkp-" + from +
                 " curl -sS --retry 20 --retry-connrefused --retry-delay 0 --max-time 3 " + url +
                 " 2>/dev/null");
  }
  /// curl's exit status: 7 refused, 28 no answer.
  static std::string exit_of(const std::string& url) {
    return shell("ip netns exec nkp-client curl -s --max-time 1 " + url + "; printf $?");
  }
  std::optional<base::Process> server_;
};

ProxyPlan www(bool up) {
  const auto frontend = [&](base::Family family, const char* address, const char* backend) {
    Frontend out{.name = "shop/www:http",
                 .family = family,
                 .protocol = "tcp",
                 .port = 80,
                 .node_port = 30080,
                 .external = true};
    out.addresses = {base::IpAddress::parse(address).value()};
    if (up) out.backends = {{base::IpAddress::parse(backend).value(), 8080}};
    return out;
  };
  ProxyPlan plan;
  plan.frontends = {frontend(base::Family::kIPv4, "203.0.113.7", "10.0.0.1"),
                    frontend(base::Family::kIPv6, "2001:db8:7::7", "2001:db8:2::2")};
  for (const Frontend& f : plan.frontends) plan.outside.insert(f.addresses.at(0));
  return plan;
}

TEST_F(ProxyLab, ClientsReachBackendsAndAreSeenByTheirOwnAddress) {
  NftRuleset rules("nkp-node");
  const auto applied = rules.apply(render_items(www(true)));
  ASSERT_TRUE(applied.has_value()) << applied.error().message;
  EXPECT_EQ(fetch("client", "http://203.0.113.7/"), "you are 192.0.2.2\n");
  EXPECT_EQ(fetch("client", "http://[2001:db8:7::7]/"), "you are 2001:db8:1::2\n");
  EXPECT_EQ(fetch("client", "http://192.0.2.1:30080/"), "you are 192.0.2.2\n") << "node port";
  EXPECT_EQ(fetch("pod", "http://203.0.113.7/"), "you are 10.0.0.254\n")
      << "a backend reaches itself";
}

TEST_F(ProxyLab, RefusesAtOnceWithoutBackendsAndDropsOtherPorts) {
  NftRuleset rules("nkp-node");
  ASSERT_TRUE(rules.apply(render_items(www(true))).has_value());
  ASSERT_TRUE(rules.apply(render_items(www(false))).has_value());
  EXPECT_EQ(exit_of("http://203.0.113.7/"), "7") << "connection refused";
  EXPECT_EQ(exit_of("http://203.0.113.7:81/"), "28") << "dropped";
  ASSERT_TRUE(rules.apply(render_items(www(true))).has_value());
  EXPECT_EQ(fetch("client", "http://203.0.113.7/"), "you are 192.0.2.2\n");
}

TEST_F(ProxyLab, ANewProcessTakesOverAndRemoveLeavesNothing) {
  {
    NftRuleset rules("nkp-node");
    ASSERT_TRUE(rules.apply(render_items(www(true))).has_value());
  }
  NftRuleset next("nkp-node");
  ASSERT_TRUE(next.apply(render_items(www(true))).has_value());
  EXPECT_EQ(fetch("client", "http://203.0.113.7/"), "you are 192.0.2.2\n");
  ASSERT_TRUE(next.remove().has_value());
  EXPECT_EQ(shell("ip netns exec nkp-node nft list tables"), "");
}

}  // namespace
}  // namespace nanika::network::proxy
