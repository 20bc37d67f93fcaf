#include <unistd.h>

#include "base/random.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/features.h"
#include "cli/process.h"

namespace nanika::cli {

using base::Result;

namespace {

std::string identity() {
  char host[256] = "unknown";
  ::gethostname(host, sizeof host - 1);
  return fmt::format("{}_{}", host, base::random_uuid());
}

}  // namespace

Result<void> run_controllers(const ControllersOptions& options) {
  return run_until_signal([&](std::stop_token stop) -> Result<void> {
    const kube::Config config = TRY(kube::Config::find(options.kubeconfig));
    auto connection = TRY(Connection::open(config, stop));
    kube::ManagerOptions manager_options{.listen = options.metrics_listen};
    if (options.leader_election) manager_options.lease = kube::LeaseOptions{.identity = identity()};
    kube::Manager manager(connection->client(), connection->metrics(), manager_options);
    const Switch default_class = TRY(parse_switch(options.default_load_balancer_class));
    const ClusterFeatures features(
        manager, {.default_load_balancer_class = connection->decide(default_class)});
    say_ready("controllers", config.server);
    return manager.run(stop);
  });
}

}  // namespace nanika::cli
