// The one ordered list of features: what `nanika controllers` and `nanika agent` consist of.
#pragma once

#include <memory>
#include <string>

#include "kube/manager.h"

namespace nanika::cli {

struct ClusterOptions {
  bool default_load_balancer_class = false;
};

/// Controllers of the whole cluster, on the leader alone. Lives as long as the manager.
class ClusterFeatures {
 public:
  ClusterFeatures(kube::Manager& manager, const ClusterOptions& options);
  ~ClusterFeatures();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

struct NodeOptions {
  std::string node;
  std::string netns;    ///< where routes, rules and BIRD live; "": our own
  std::string run_dir;  ///< BIRD's configuration and sockets
  bool service_proxy = false;
  bool register_node = false;
};

/// What runs on each node. Lives as long as the manager.
class NodeFeatures {
 public:
  NodeFeatures(kube::Manager& manager, const NodeOptions& options);
  ~NodeFeatures();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace nanika::cli
