// A controller at work: its queue, its workers, and what became of each key. Made by Manager.
#pragma once

#include <memory>
#include <string>

#include "kube/crew.h"
#include "kube/queue.h"
#include "kube/reconciler.h"

namespace nanika::kube {

struct ControllerOptions {
  std::string name;
  int workers = 1;
  bool leader_only = true;
  Duration timeout = std::chrono::minutes(1);  ///< of one reconcile
};

class Controller {
 public:
  /// All must outlive it.
  Controller(const base::Clock& clock, Reconciler& reconciler, ControllerOptions options,
             Metrics& metrics);

  Queue& queue() { return queue_; }
  ControllerOptions& options() { return options_; }  ///< before start()
  /// Adds the workers to `crew`. May be called again once they have ended: what was under way is
  /// done again.
  void start(Crew& crew);

 private:
  void work(std::stop_token stop);
  void process(const Key& key, std::stop_token stop);
  Result<Outcome> guarded(const Key& key, const Context& ctx);
  void failed(const Key& key, const Error& error);

  const base::Clock& clock_;
  Reconciler& reconciler_;
  ControllerOptions options_;
  ControllerMetrics metrics_;
  Queue queue_;
};

}  // namespace nanika::kube
