#include <CLI/CLI.hpp>

#include "base/log.h"
#include "cli/apiserver_command.h"
#include "lab/command.h"

namespace nanika::cli {

namespace {

constexpr int kFailed = 1;

int report(const base::Result<void>& result) {
  if (result) return 0;
  base::log::error("nanika", result.error().message);
  return kFailed;
}

int run(int argc, char** argv) {
  CLI::App app("nanika: the parts of a commercial multi-tenant Kubernetes");
  app.require_subcommand(1);
  std::string log_format = "text";

  ApiserverOptions options;
  CLI::App* apiserver = app.add_subcommand("apiserver", "the embedded Kubernetes API");
  apiserver->add_option("--data-dir", options.data_dir, "folder of the store and the keys")
      ->required();
  apiserver->add_option("--listen", options.listen, "HOST:PORT to serve HTTPS on")
      ->capture_default_str();
  apiserver->add_option("--advertise", options.advertise,
                        "host that clients dial, when not that of --listen");
  apiserver->add_option("--kubeconfig-out", options.kubeconfig_out,
                        "where to write the administrator's kubeconfig");
  apiserver->add_option("--threads", options.threads, "threads that serve connections")
      ->capture_default_str();
  apiserver->add_option("--log-format", log_format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  CLI::App* lab = app.add_subcommand("lab", "routers, sites and workloads in network namespaces");
  lab->prefix_command()->set_help_flag();  // has a command line of its own
  CLI11_PARSE(app, argc, argv);
  if (lab->parsed()) return lab::run_command(lab->remaining());

  base::log::configure(log_format == "json" ? base::log::Format::kJson : base::log::Format::kText,
                       base::log::Level::kInfo);
  return report(run_apiserver(options));
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
