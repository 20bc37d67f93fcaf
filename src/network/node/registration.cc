#include "network/node/registration.h"

#include <algorithm>

#include <sys/utsname.h>

#include "api/core/node.h"
#include "base/log.h"
#include "base/netlink_address.h"
#include "base/netlink_route.h"

namespace nanika::network::node {

namespace {

using base::log::Key;
using kube::Context;
using kube::Result;

constexpr std::chrono::seconds kHeartbeat{10};

std::string architecture() {
  utsname names{};
  ::uname(&names);
  const std::string_view machine = names.machine;
  return std::string(machine == "x86_64" ? "amd64" : machine == "aarch64" ? "arm64" : machine);
}

/// One address a family: that of the link which the default route leaves by, else the first global
/// one.
Result<std::vector<base::IpAddress>> node_addresses(const std::string& netns) {
  base::Netlink netlink = TRY(base::Netlink::open(netns));
  const auto addresses = TRY(base::list_addresses(netlink));
  std::vector<base::IpAddress> out;
  for (const base::Family family : {base::Family::kIPv4, base::Family::kIPv6}) {
    int uplink = 0;
    for (const base::Route& route :
         TRY(base::list_routes(netlink, {.family = family, .table = base::kMainTable})))
      if (route.destination.length() == 0 && !route.hops.empty() && uplink == 0)
        uplink = route.hops.front().link;
    const auto usable = [&](const auto& a) {
      return a.address.family() == family && !a.address.is_loopback() && !a.address.is_link_local();
    };
    auto chosen = std::ranges::find_if(
        addresses, [&](const auto& a) { return usable(a) && a.link == uplink; });
    if (chosen == addresses.end()) chosen = std::ranges::find_if(addresses, usable);
    if (chosen != addresses.end()) out.push_back(chosen->address);
  }
  return out;
}

}  // namespace

struct Registration::Parts {
  Parts(const kube::Client& the_client, RegistrationOptions the_options)
      : client(the_client.as("nanika-node")), options(std::move(the_options)) {}

  Result<void> apply(const Context& ctx) {
    api::Node node;
    node.metadata.name = options.name;
    node.metadata.labels = {{"kubernetes.io/hostname", options.name},
                            {"kubernetes.io/os", "linux"},
                            {"kubernetes.io/arch", architecture()}};
    api::json::object body = api::encode_part(node, {});
    body["metadata"] = api::encode(node)["metadata"];
    TRY(client.apply<api::Node>(ctx, std::move(body)));
    for (const base::IpAddress& address : TRY(node_addresses(options.netns)))
      node.status.addresses.push_back({"InternalIP", address.str()});
    node.status.addresses.push_back({"Hostname", options.name});
    const base::WallTime now = client.clock().wall();
    if (ready_since == base::WallTime{}) ready_since = now;
    node.status.conditions = {{.type = "Ready",
                               .status = "True",
                               .last_heartbeat_time = {now},
                               .last_transition_time = {ready_since},
                               .reason = "AgentReady",
                               .message = "nanika's agent is at work"}};
    // By merge patch: an apply takes one address a type, and a node of two families has two
    // InternalIPs.
    const api::json::object status = api::encode_part(node, {"status"});
    TRY(client.patch<api::Node>(ctx, {"", options.name}, kube::PatchType::kMerge,
                                api::json::object{{"status", status.at("status")}}, "status"));
    return {};
  }

  void run(std::stop_token stop) {
    std::string told;
    do {
      const Context ctx{.clock = &client.clock(), .stop = stop};
      auto done = apply(ctx.within(kHeartbeat));
      const std::string error = done ? "" : done.error().message;
      if (error != told && !error.empty() && !stop.stop_requested())
        base::log::warning("node", "cannot register the Node",
                           {{Key::kNode, options.name}, {Key::kError, error}});
      told = error;
    } while (client.clock().sleep_for(kHeartbeat, stop));
  }

  kube::Client client;
  RegistrationOptions options;
  base::WallTime ready_since{};
};

Registration::Registration(kube::Manager& manager, RegistrationOptions options)
    : parts_(std::make_unique<Parts>(manager.client(), std::move(options))) {
  manager.task("node-registration", [this](std::stop_token stop) { parts_->run(std::move(stop)); });
}

Registration::~Registration() = default;

}  // namespace nanika::network::node
