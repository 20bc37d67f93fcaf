// Registers this machine as a Node and keeps it Ready: what the kubelet does, where there is none.
#pragma once

#include <memory>
#include <string>

#include "kube/manager.h"

namespace nanika::network::node {

struct RegistrationOptions {
  std::string name;
  std::string netns;  ///< whose addresses are the Node's; "": our own
};

/// Lives as long as the manager it was added to.
class Registration {
 public:
  Registration(kube::Manager& manager, RegistrationOptions options);
  ~Registration();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace nanika::network::node
