#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/features.h"
#include "cli/process.h"

namespace nanika::cli {

using base::Result;

Result<void> run_agent(const AgentOptions& options) {
  return run_until_signal([&](std::stop_token stop) -> Result<void> {
    const kube::Config config = TRY(kube::Config::find(options.kubeconfig));
    auto connection = TRY(Connection::open(config, stop));
    kube::Manager manager(connection->client(), connection->metrics(),
                          {.listen = options.metrics_listen});
    const Switch proxy = TRY(parse_switch(options.service_proxy));
    const Switch registration = TRY(parse_switch(options.register_node));
    const NodeFeatures features(
        manager,
        {.node = options.node,
         .netns = options.netns,
         .run_dir = options.run_dir.empty() ? "/run/nanika/" + options.node : options.run_dir,
         .service_proxy = connection->decide(proxy),
         .register_node = connection->decide(registration)});
    say_ready("agent", config.server);
    return manager.run(stop);
  });
}

}  // namespace nanika::cli
