// The embedded API server's own loops, all of them: what kube-controller-manager and kube-apiserver
// do beside serving requests, as far as it is done here.
//
//   Loops loops(registry, operations, {.ca_pem = ca, .system = {.version = "0.1.0"}});
//   loops.start();
//
// Each runs on a thread of its own and writes through the operations layer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apiserver/loops/api.h"
#include "apiserver/loops/system_objects.h"
#include "apiserver/loops/worker.h"

namespace nanika::apiserver::loops {

struct LoopsOptions {
  std::string ca_pem;  ///< published as kube-root-ca.crt
  SystemOptions system;
};

class Loops {
 public:
  Loops(const Registry& registry, Operations& operations, LoopsOptions options);
  ~Loops();  ///< stops all; the store must still be there

  void start();

 private:
  Api api_;
  std::vector<std::unique_ptr<Reconciler>> reconcilers_;
  std::vector<std::unique_ptr<Worker>> workers_;  // end before what they run
};

}  // namespace nanika::apiserver::loops
