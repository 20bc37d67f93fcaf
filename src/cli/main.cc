#include <cstdio>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/process.h"
#include "lab/command.h"

#ifndef NANIKA_VERSION
#error "the build says which version this is"
#endif

namespace nanika::cli {

namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

void add_apiserver_options(CLI::App& app, ApiserverOptions& o) {
  app.add_option("--data-dir", o.data_dir, "folder of the store and the keys")->required();
  app.add_option("--listen", o.listen, "HOST:PORT to serve HTTPS on")->capture_default_str();
  app.add_option("--advertise", o.advertise, "host that clients dial, when not that of --listen");
  app.add_option("--kubeconfig-out", o.kubeconfig_out,
                 "where to write the administrator's kubeconfig");
  app.add_option("--threads", o.threads, "threads that serve connections")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
}

void add_controllers_options(CLI::App& app, ControllersOptions& o) {
  app.add_option("--default-load-balancer-class", o.default_load_balancer_class,
                 "serve Services that name no loadBalancerClass: auto, on or off")
      ->capture_default_str();
  app.add_option("--metrics-listen", o.metrics_listen, "HOST:PORT of health and metrics");
}

void add_agent_options(CLI::App& app, AgentOptions& o, bool node_required) {
  auto* node = app.add_option("--node", o.node, "name of this machine's Node");
  if (node_required) node->required();
  app.add_option("--netns", o.netns, "network namespace that plays the node");
  app.add_option("--run-dir", o.run_dir, "folder of BIRD's files (default /run/nanika/NODE)");
  app.add_option("--service-proxy", o.service_proxy, "lead Services to endpoints: auto, on or off")
      ->capture_default_str();
  app.add_option("--register-node", o.register_node,
                 "create the Node and keep it Ready: auto, on or off")
      ->capture_default_str();
}

/// 0 done; 1 failed; 2 wrong usage.
int exit_code(const base::Result<void>& result) {
  if (result) return 0;
  base::log::error("nanika", result.error().message);
  return result.error().code == base::Code::kInvalid ? kUsage : kFailed;
}

int run(int argc, char** argv) {
  CLI::App app("nanika: the drivers and controllers of a commercial multi-tenant Kubernetes");
  app.require_subcommand(1);
  std::string log_format = "text";

  UpOptions options;
  auto* up = app.add_subcommand("up", "all on one machine: API, controllers and agent");
  add_apiserver_options(*up, options.apiserver);
  add_controllers_options(*up, options.controllers);
  add_agent_options(*up, options.agent, false);
  up->add_option("--lab", options.lab_file, "YAML file of a lab to bring up beside it");

  auto* apiserver = app.add_subcommand("apiserver", "the embedded Kubernetes API");
  add_apiserver_options(*apiserver, options.apiserver);

  auto* controllers = app.add_subcommand("controllers", "the controllers of the whole cluster");
  controllers->add_option("--kubeconfig", options.controllers.kubeconfig, "as kubectl's");
  add_controllers_options(*controllers, options.controllers);
  controllers->add_flag("!--no-leader-election", options.controllers.leader_election,
                        "lead without asking for the lease");

  auto* agent = app.add_subcommand("agent", "what runs on each node: BIRD, routes, service proxy");
  agent->add_option("--kubeconfig", options.agent.kubeconfig, "as kubectl's");
  agent->add_option("--metrics-listen", options.agent.metrics_listen,
                    "HOST:PORT of health and metrics");
  add_agent_options(*agent, options.agent, true);

  std::string crds_folder;
  auto* crds = app.add_subcommand("crds", "print nanika's CustomResourceDefinitions");
  crds->add_option("--out", crds_folder, "write one file each into this folder");

  for (CLI::App* command : {up, apiserver, controllers, agent})
    command->add_option("--log-format", log_format, "text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();

  auto* lab = app.add_subcommand("lab", "routers, sites and workloads in network namespaces");
  lab->prefix_command()->set_help_flag();  // has a command line of its own
  auto* version = app.add_subcommand("version", "print the version");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : kUsage;
  }
  if (lab->parsed()) return lab::run_command(lab->remaining());
  base::log::configure(log_format == "json" ? base::log::Format::kJson : base::log::Format::kText,
                       base::log::Level::kInfo);
  if (version->parsed()) return std::puts("nanika " NANIKA_VERSION) < 0 ? kFailed : 0;
  if (crds->parsed()) return exit_code(run_crds(crds_folder));
  block_signals();
  if (up->parsed()) return exit_code(run_up(options));
  if (apiserver->parsed()) return exit_code(run_apiserver(options.apiserver));
  if (controllers->parsed()) return exit_code(run_controllers(options.controllers));
  return exit_code(run_agent(options.agent));
}

}  // namespace

}  // namespace nanika::cli

int main(int argc, char** argv) {
  try {
    return nanika::cli::run(argc, argv);
  } catch (const std::exception& e) {
    nanika::base::log::error("nanika", e.what());
    return 1;
  }
}
