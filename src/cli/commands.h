// The long-running commands. Each serves until SIGTERM or SIGINT, or until it cannot go on.
#pragma once

#include <string>

#include "base/result.h"

namespace nanika::cli {

struct ApiserverOptions {
  std::string data_dir;
  std::string listen = "127.0.0.1:6443";
  std::string advertise;
  std::string kubeconfig_out;
  int threads = 2;
};
base::Result<void> run_apiserver(const ApiserverOptions& options);

struct ControllersOptions {
  std::string kubeconfig;  ///< "": $KUBECONFIG, in-cluster, ~/.kube/config
  std::string metrics_listen;
  std::string default_load_balancer_class = "auto";
  bool leader_election = true;
};
base::Result<void> run_controllers(const ControllersOptions& options);

struct AgentOptions {
  std::string kubeconfig;
  std::string node;
  std::string netns;
  std::string run_dir;  ///< "": /run/nanika/NODE
  std::string metrics_listen;
  std::string service_proxy = "auto";
  std::string register_node = "auto";
};
base::Result<void> run_agent(const AgentOptions& options);

/// All of them in one process. With a lab file the first node of the lab is the agent's.
struct UpOptions {
  ApiserverOptions apiserver;
  ControllersOptions controllers;
  AgentOptions agent;
  std::string lab_file;
};
base::Result<void> run_up(const UpOptions& options);

/// Prints the CRDs as YAML, or writes one file each into `folder`.
base::Result<void> run_crds(const std::string& folder);

}  // namespace nanika::cli
