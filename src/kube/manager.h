// One process of controllers: caches, controllers, leader election, health, and an end within
// bounds.
//
//   Manager manager(client, metrics, {.listen = "127.0.0.1:8080", .lease = LeaseOptions{...}});
//   Addresses addresses(manager.client().as("nanika-addresses"), manager.cache<api::TrafficIP>());
//   manager.controller("addresses", addresses)
//       .watches<api::TrafficIP>()                                   // its own key
//       .owns<api::AddressClaim>()                                   // the key of its controller
//       .maps<api::Service>([](const api::Service& s) { return std::vector{key_of(s.metadata)}; })
//       .workers(2);
//   Result<void> ended = manager.run(stop);
//
// Order, as upstream's: health and metrics are served; caches fill; what runs on every replica
// starts; then the lease is sought, and once it is ours the leader's controllers start. A lost
// lease stops them, and it is sought again. On a stop request the controllers end, then the lease
// is released, then the caches end.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <typeindex>
#include <vector>

#include "kube/builder.h"
#include "kube/cache.h"
#include "kube/controller.h"
#include "kube/events.h"
#include "kube/health.h"
#include "kube/lease.h"

namespace nanika::kube {

struct ManagerOptions {
  std::string listen;                         ///< HOST:PORT of health and metrics; "": none
  std::optional<LeaseOptions> lease;          ///< none: this process leads
  Duration grace = std::chrono::seconds(30);  ///< for reconciles to end, once asked to
};

/// Threading: one thread makes all, then calls run(); caches are read from any thread.
class Manager {
 public:
  /// `metrics` must outlive the manager, as must reconcilers.
  Manager(const Client& client, Metrics& metrics, ManagerOptions options = {});
  ~Manager();

  const Client& client() const { return client_; }
  Metrics& metrics() { return metrics_; }

  /// The one cache of T under these selectors; made at the first call. Lives as long as the
  /// manager.
  template <class T>
  Cache<T>& cache(const ReflectorOptions& options = {});

  /// A new controller; say what it watches by the builder.
  ControllerBuilder controller(std::string name, Reconciler& reconciler);

  /// Something else that runs beside the controllers until its stop_token says so.
  void task(std::string name, std::function<void(std::stop_token)> body, bool leader_only = false);
  /// The recorder of that component, made at the first call; written while the manager runs.
  EventRecorder& events(const std::string& component);
  void add_ready_check(std::string name, std::function<Result<void>()> check) {
    health_.add_ready_check(std::move(name), std::move(check));
  }

  /// Runs until a stop request. kInvalid, kUnavailable: cannot listen. kDeadlineExceeded: something
  /// did not end within its grace, or was still at work when the lease ended: the process should
  /// exit at once (_exit), since joining the thread may take for ever.
  Result<void> run(std::stop_token stop);

  bool ready() const { return health_.unready().empty(); }  ///< what /readyz says
  bool leading() const { return leading_.load(); }
  int port() const { return server_ ? server_->port() : 0; }  ///< listened on, while it runs

 private:
  struct Source {
    std::unique_ptr<Sink> cache;
    std::function<bool()> synced;
    std::unique_ptr<Reflector> reflector;
    std::string kind;
  };
  struct Task {
    std::string name;
    std::function<void(std::stop_token)> body;
    bool leader_only;
  };

  Source* source(const std::string& id);
  Result<void> caches_are_synced() const;
  bool wait_for_caches(std::stop_token stop);
  void start(Crew& crew, bool leaders);
  Result<void> lead(std::stop_token stop);
  Result<void> lead_once(std::stop_token stop, LeaseElection* election);
  Result<void> end(Crew& crew, Duration grace);

  const Client client_;
  Metrics& metrics_;
  const ManagerOptions options_;
  Health health_;
  std::unique_ptr<base::http::Server> server_;
  std::map<std::string, Source> sources_;
  std::vector<std::unique_ptr<Controller>> controllers_;
  std::map<std::string, std::unique_ptr<EventRecorder>> recorders_;
  std::vector<Task> tasks_;
  std::atomic<bool> leading_ = false;
  std::atomic<bool> running_ = false;
};

template <class T>
Cache<T>& Manager::cache(const ReflectorOptions& options) {
  CHECK(!running_);
  std::string id = fmt::format("{}|{}|{}|{}", typeid(T).name(), options.namespace_,
                               options.label_selector, options.field_selector);
  if (Source* known = source(id)) return static_cast<Cache<T>&>(*known->cache);
  auto cache = std::make_unique<Cache<T>>();
  Cache<T>* raw = cache.get();
  Source& made = sources_[id];
  made.synced = [raw] { return raw->synced(); };
  made.kind = T::kKind.kind;
  made.reflector = std::make_unique<Reflector>(client_, T::kKind, *raw, options, &metrics_);
  made.cache = std::move(cache);
  return *raw;
}

}  // namespace nanika::kube

#include "kube/builder_impl.h"
