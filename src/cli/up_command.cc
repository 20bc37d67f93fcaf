#include <optional>

#include "apiserver/server.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/features.h"
#include "cli/process.h"
#include "lab/lab.h"
#include "lab/pods.h"

namespace nanika::cli {

using base::Code;
using base::Result;
using base::log::Key;

namespace {

/// A lab that is removed whatever way the command ends.
class LabRun {
 public:
  explicit LabRun(lab::LabSpec spec) : spec_(std::move(spec)), lab_(spec_.name) {}
  ~LabRun() {
    if (auto down = lab_.down(); !down)
      base::log::error("lab", "not removed", {{Key::kError, down.error()}});
  }
  Result<void> up(std::stop_token stop) {
    return lab_.up(spec_, base::system_clock().mono() + std::chrono::minutes(1), std::move(stop));
  }
  const lab::LabSpec& spec() const { return spec_; }
  std::string netns(const std::string& member) const { return lab_.netns(member); }

 private:
  lab::LabSpec spec_;
  lab::Lab lab_;
};

/// The agent's node is the lab's first, in its namespace.
Result<std::unique_ptr<LabRun>> start_lab(const std::string& file, AgentOptions& agent,
                                          std::stop_token stop) {
  const std::string text = TRY(base::read_file(file, 1 << 20));
  lab::LabSpec spec = TRY(lab::parse_lab(text, file));
  if (spec.nodes.empty()) return base::fail(Code::kInvalid, "{}: nodes: the agent needs one", file);
  auto run = std::make_unique<LabRun>(std::move(spec));
  TRY(run->up(stop));
  if (agent.node.empty()) agent.node = run->spec().nodes.front().name;
  if (agent.netns.empty()) agent.netns = run->netns(agent.node);
  return run;
}

NodeOptions node_options(const AgentOptions& agent, const Connection& connection, Switch proxy,
                         Switch registration) {
  return {.node = agent.node,
          .netns = agent.netns,
          .run_dir = agent.run_dir.empty() ? "/run/nanika/" + agent.node : agent.run_dir,
          .service_proxy = connection.decide(proxy),
          .register_node = connection.decide(registration)};
}

Result<void> serve(UpOptions options, std::stop_token stop) {
  const Switch proxy = TRY(parse_switch(options.agent.service_proxy));
  const Switch registration = TRY(parse_switch(options.agent.register_node));
  const Switch default_class = TRY(parse_switch(options.controllers.default_load_balancer_class));
  auto server = TRY(apiserver::Server::start({.data_dir = options.apiserver.data_dir,
                                              .listen = options.apiserver.listen,
                                              .advertise = options.apiserver.advertise,
                                              .threads = options.apiserver.threads}));
  const kube::Config config = TRY(kube::Config::parse(server->local_kubeconfig()));
  std::unique_ptr<LabRun> lab;
  if (!options.lab_file.empty()) lab = TRY(start_lab(options.lab_file, options.agent, stop));
  auto connection = TRY(Connection::open(config, stop));
  TRY(install_crds(connection->client(), stop));
  if (lab) {
    kube::Context ctx;
    ctx.stop = stop;
    TRY(lab::publish_pods(connection->client(), ctx.within(std::chrono::seconds(30)), lab->spec()));
  }
  // One process, one leader: there is no lease to seek.
  kube::Manager manager(connection->client(), connection->metrics(),
                        {.listen = options.controllers.metrics_listen});
  const ClusterFeatures cluster(manager,
                                {.default_load_balancer_class = connection->decide(default_class)});
  std::optional<NodeFeatures> node;
  if (!options.agent.node.empty())
    node.emplace(manager, node_options(options.agent, *connection, proxy, registration));
  // Last, so that a script that waits for the file finds all at work.
  if (!options.apiserver.kubeconfig_out.empty())
    TRY(base::write_file_atomic(options.apiserver.kubeconfig_out, server->kubeconfig(), 0600));
  say_ready("up", server->url());
  auto ended = manager.run(stop);
  server->stop(std::chrono::milliseconds(500));
  return ended;
}

}  // namespace

Result<void> run_up(const UpOptions& options) {
  return run_until_signal([&](std::stop_token stop) { return serve(options, std::move(stop)); });
}

}  // namespace nanika::cli
