#include "cli/apiserver_command.h"

#include <csignal>

#include "apiserver/server.h"
#include "base/file.h"
#include "base/log.h"
#include "base/sd_notify.h"

namespace nanika::cli {

using base::Result;
using base::log::Key;

Result<void> run_apiserver(const ApiserverOptions& options) {
  // The signals that end us are waited for, by this thread alone: all others inherit the mask.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  auto server = TRY(apiserver::Server::start({.data_dir = options.data_dir,
                                              .listen = options.listen,
                                              .advertise = options.advertise,
                                              .threads = options.threads}));
  if (!options.kubeconfig_out.empty())
    TRY(base::write_file_atomic(options.kubeconfig_out, server->kubeconfig(), 0600));
  base::log::info("apiserver", "ready", {{Key::kAddress, server->url()}});
  TRY(base::sd_notify("READY=1\nSTATUS=serving on " + server->url()));

  int signal = 0;
  sigwait(&ends, &signal);
  base::log::info("apiserver", "stopping", {{Key::kReason, strsignal(signal)}});
  TRY(base::sd_notify("STOPPING=1"));
  server->stop(std::chrono::seconds(2));
  return {};
}

}  // namespace nanika::cli
