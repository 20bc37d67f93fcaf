// What a workload runs: `nanika lab serve`, a page that says who answers and who asked.
#pragma once

#include <stop_token>
#include <string>

#include "base/result.h"

namespace nanika::lab {

struct ServeOptions {
  std::string workload;
  std::string pod_namespace;
  std::string pod;
  std::string node;
  int port = 8080;
};

/// Answers every request on that port, of both families, until SIGTERM or SIGINT; `ready` on stdout
/// says that it listens. The answer is text, one `key: value` a line:
///
///   workload: www-1
///   pod: shop/www-1
///   node: node-1
///   client: 198.51.100.10
///   path: /
base::Result<void> serve(const ServeOptions& options);

}  // namespace nanika::lab
