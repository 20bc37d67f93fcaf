// Leader election on a Lease object, as client-go's tools/leaderelection does it: one process
// leads, the others stand by, and whoever cannot renew stops before another may start.
//
//   LeaseElection election(client, {.key = {"kube-system", "nanika-controllers"}, .identity = id});
//   while (election.acquire(stop)) {      // waits until we lead
//     start_controllers();
//     bool asked = election.hold(stop);   // renews until stopped (true), or the lease is lost
//     stop_controllers();
//     if (asked) election.release(ctx);   // others need not wait for its end
//   }
//
// No clock of another machine is believed: a lease has ended once it has stood unchanged for its
// whole duration by our own monotonic clock. We count from before the last good renewal was sent,
// the others from after they saw it, so they always wait longer than we lead.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "api/core/objects.h"
#include "kube/client.h"

namespace nanika::kube {

struct LeaseOptions {
  Key key{"kube-system", "nanika-controllers"};
  std::string identity;  ///< unique among all candidates; "": the host's name and a random part
  Duration duration = std::chrono::seconds(15);
  Duration renew_deadline = std::chrono::seconds(10);  ///< less than duration
  Duration retry_period = std::chrono::seconds(2);
};

/// Threading: acquire(), hold() and release() from one thread; leading() from any.
class LeaseElection {
 public:
  /// `metrics` (may be null): leader_election_master_status by name.
  LeaseElection(const Client& client, LeaseOptions options, Metrics* metrics = nullptr);

  /// Waits until we hold the lease; false on a stop request.
  bool acquire(std::stop_token stop);
  /// Keeps renewing. True: a stop was requested and we still lead. False: the lease is lost.
  bool hold(std::stop_token stop);
  /// Gives the lease up, if we have it.
  void release(const Context& ctx);
  bool leading() const { return leading_.load(); }

 private:
  Result<bool> take_or_renew(const Context& ctx);
  Result<bool> create(const Context& ctx);
  void observe(const api::Lease& lease);
  void set_leading(bool leading);
  void report(const Error& error);

  const Client client_;
  LeaseOptions options_;
  base::Gauge* master_status_ = nullptr;
  std::optional<api::Lease> observed_;
  MonoTime observed_at_{};  ///< when observed_ was first seen so
  MonoTime renewed_at_{};   ///< before the last good renewal was sent
  std::atomic<bool> leading_ = false;
  std::string last_error_;
};

}  // namespace nanika::kube
