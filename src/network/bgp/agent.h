// The node's side of BGP: API objects -> plan -> speaker, and what the node has ->
// NetworkNodeState.
//
// One TrafficIP's change touches its own routes alone; a change of peers, advertisements, pools,
// namespaces or of the node itself makes everything anew. While the API is away nothing changes:
// BIRD and its routes live on.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "kube/manager.h"
#include "network/bgp/route_book.h"
#include "network/bgp/speaker.h"

namespace nanika::network::bgp {

struct AgentOptions {
  std::string node;  ///< our Node's name
};

/// Lives as long as the manager it was added to.
class Agent {
 public:
  /// `speaker` must outlive it.
  Agent(kube::Manager& manager, Speaker& speaker, AgentOptions options);
  ~Agent();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace nanika::network::bgp
