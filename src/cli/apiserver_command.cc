#include "apiserver/server.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/process.h"

namespace nanika::cli {

using base::Result;

Result<void> run_apiserver(const ApiserverOptions& options) {
  return run_until_signal([&](std::stop_token stop) -> Result<void> {
    auto server = TRY(apiserver::Server::start({.data_dir = options.data_dir,
                                                .listen = options.listen,
                                                .advertise = options.advertise,
                                                .threads = options.threads}));
    if (!options.kubeconfig_out.empty())
      TRY(base::write_file_atomic(options.kubeconfig_out, server->kubeconfig(), 0600));
    const kube::Config config = TRY(kube::Config::parse(server->local_kubeconfig()));
    auto connection = TRY(Connection::open(config, stop));
    TRY(install_crds(connection->client(), stop));
    say_ready("apiserver", server->url());
    base::system_clock().sleep_until(base::MonoTime::max(), stop);
    server->stop(std::chrono::seconds(1));
    return {};
  });
}

}  // namespace nanika::cli
