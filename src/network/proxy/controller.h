// Services and EndpointSlices -> packet rules of this node: what kube-proxy does, for the embedded
// API.
#pragma once

#include <memory>
#include <string>

#include "kube/manager.h"
#include "network/proxy/ruleset.h"

namespace nanika::network::proxy {

/// Lives as long as the manager it was added to.
class Proxy {
 public:
  /// `node`: our Node's name, for traffic policies Local. `rules` must outlive it.
  Proxy(kube::Manager& manager, Ruleset& rules, std::string node);
  ~Proxy();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace nanika::network::proxy
