#include "cli/features.h"

#include "network/addresses/controller.h"
#include "network/bgp/agent.h"
#include "network/bgp/controller.h"
#include "network/bgp/speaker_bird.h"
#include "network/node/registration.h"
#include "network/proxy/controller.h"
#include "network/proxy/ruleset_nft.h"

namespace nanika::cli {

struct ClusterFeatures::Parts {
  Parts(kube::Manager& manager, const ClusterOptions& options)
      : addresses(manager, {.default_class = options.default_load_balancer_class}), bgp(manager) {}
  network::Addresses addresses;  // Service -> TrafficIP -> AddressClaim
  network::bgp::Bgp bgp;         // NetworkNodeState -> BGPPeer, RouteAdvertisement, TrafficIP
};

ClusterFeatures::ClusterFeatures(kube::Manager& manager, const ClusterOptions& options)
    : parts_(std::make_unique<Parts>(manager, options)) {}
ClusterFeatures::~ClusterFeatures() = default;

struct NodeFeatures::Parts {
  Parts(kube::Manager& manager, const NodeOptions& options)
      : speaker({.run_dir = options.run_dir, .netns = options.netns}),
        rules(options.netns),
        bgp(manager, speaker, {.node = options.node}) {
    if (options.register_node)
      registration = std::make_unique<network::node::Registration>(
          manager,
          network::node::RegistrationOptions{.name = options.node, .netns = options.netns});
    if (options.service_proxy)
      proxy = std::make_unique<network::proxy::Proxy>(manager, rules, options.node);
  }
  network::bgp::BirdSpeaker speaker;
  network::proxy::NftRuleset rules;
  network::bgp::Agent bgp;  // TrafficIP, BGPPeer, RouteAdvertisement -> BIRD
  std::unique_ptr<network::node::Registration> registration;  // this machine -> Node
  std::unique_ptr<network::proxy::Proxy> proxy;               // Service, EndpointSlice -> nftables
};

NodeFeatures::NodeFeatures(kube::Manager& manager, const NodeOptions& options)
    : parts_(std::make_unique<Parts>(manager, options)) {}
NodeFeatures::~NodeFeatures() = default;

}  // namespace nanika::cli
