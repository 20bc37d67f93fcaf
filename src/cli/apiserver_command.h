// `nanika apiserver`: the embedded Kubernetes API alone.
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

/// Serves until SIGTERM or SIGINT.
base::Result<void> run_apiserver(const ApiserverOptions& options);

}  // namespace nanika::cli
