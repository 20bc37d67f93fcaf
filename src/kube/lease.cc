#include "kube/lease.h"

#include <unistd.h>

#include "base/log.h"
#include "base/random.h"
#include "kube/backoff.h"

namespace nanika::kube {

namespace log = base::log;

namespace {

constexpr Duration kRequestTimeout = std::chrono::seconds(5);

int32_t seconds_of(Duration d) {
  return static_cast<int32_t>(std::chrono::ceil<std::chrono::seconds>(d).count());
}

// Never the same twice, so that a restarted process does not take its predecessor's lease for its
// own.
std::string new_identity() {
  char host[256] = {};
  ::gethostname(host, sizeof(host) - 1);
  return fmt::format("{}_{}", host, base::random_uuid());
}

}  // namespace

LeaseElection::LeaseElection(const Client& client, LeaseOptions options, Metrics* metrics)
    : client_(client), options_(std::move(options)) {
  CHECK(options_.renew_deadline < options_.duration);
  if (options_.identity.empty()) options_.identity = new_identity();
  if (metrics == nullptr) return;
  master_status_ = &metrics->gauge(
      "leader_election_master_status",
      "Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 "
      "indicates master.",
      {{"name", options_.key.name}});
}

bool LeaseElection::acquire(std::stop_token stop) {
  while (!stop.stop_requested()) {
    Context ctx{.clock = &client_.clock(), .stop = stop};
    auto taken = take_or_renew(ctx.within(kRequestTimeout));
    if (!taken) report(taken.error());
    if (taken && *taken) {
      set_leading(true);
      log::info("kube", "this process leads", {{log::Key::kObject, options_.key.str()}});
      return true;
    }
    // Candidates must not step on each other: between 1 and 2.2 periods, as client-go waits.
    client_.clock().sleep_for(jittered(options_.retry_period * 8 / 5, 0.375), stop);
  }
  return false;
}

bool LeaseElection::hold(std::stop_token stop) {
  while (true) {
    MonoTime lost = renewed_at_ + options_.renew_deadline;
    MonoTime next = std::min(client_.clock().mono() + options_.retry_period, lost);
    if (!client_.clock().sleep_until(next, stop)) return true;
    if (client_.clock().mono() >= lost) break;
    Context ctx{.clock = &client_.clock(), .deadline = lost, .stop = stop};
    auto renewed = take_or_renew(ctx.within(kRequestTimeout));
    if (stop.stop_requested()) return true;
    if (!renewed) report(renewed.error());
    if (renewed && !*renewed) break;  // another holds it
  }
  set_leading(false);
  log::error("kube", "the lease is lost: this process leads no more",
             {{log::Key::kObject, options_.key.str()}, {log::Key::kReason, last_error_}});
  return false;
}

void LeaseElection::release(const Context& ctx) {
  if (!leading_ || !observed_) return;
  set_leading(false);
  api::Lease lease = *observed_;
  lease.spec.holder_identity.clear();
  lease.spec.lease_duration_seconds = 1;
  lease.spec.renew_time = lease.spec.acquire_time = {client_.clock().wall()};
  auto released = client_.update(ctx, lease);
  if (!released) report(released.error());
}

// True: we hold it now. False: another does.
Result<bool> LeaseElection::take_or_renew(const Context& ctx) {
  MonoTime sent = client_.clock().mono();
  auto present = client_.get<api::Lease>(ctx, options_.key);
  if (!present && present.error().code == Code::kNotFound) {
    bool made = TRY(create(ctx));
    if (made) renewed_at_ = sent;
    return made;
  }
  if (!present) return std::unexpected(present.error());
  observe(*present);
  const api::LeaseSpec& spec = present->spec;
  bool ours = spec.holder_identity == options_.identity;
  Duration duration = std::chrono::seconds(spec.lease_duration_seconds);
  if (!ours && !spec.holder_identity.empty() && client_.clock().mono() < observed_at_ + duration)
    return false;

  api::Lease next = *present;
  base::WallTime now = client_.clock().wall();
  next.spec.holder_identity = options_.identity;
  next.spec.lease_duration_seconds = seconds_of(options_.duration);
  next.spec.renew_time = {now};
  if (!ours) {
    next.spec.acquire_time = {now};
    ++next.spec.lease_transitions;
  }
  auto written = client_.update(ctx, next);
  if (!written && written.error().code == Code::kConflict && !ours) return false;
  if (!written) return std::unexpected(written.error());
  observe(*written);
  renewed_at_ = sent;
  last_error_.clear();
  return true;
}

Result<bool> LeaseElection::create(const Context& ctx) {
  api::Lease lease;
  lease.metadata.namespace_ = options_.key.namespace_;
  lease.metadata.name = options_.key.name;
  lease.spec.holder_identity = options_.identity;
  lease.spec.lease_duration_seconds = seconds_of(options_.duration);
  lease.spec.acquire_time = lease.spec.renew_time = {client_.clock().wall()};
  auto made = client_.create(ctx, lease);
  if (!made && made.error().code == Code::kAlreadyExists) return false;
  if (!made) return std::unexpected(made.error());
  observe(*made);
  return true;
}

void LeaseElection::observe(const api::Lease& lease) {
  bool changed =
      !observed_ || observed_->metadata.uid != lease.metadata.uid || observed_->spec != lease.spec;
  if (changed) observed_at_ = client_.clock().mono();
  observed_ = lease;
}

void LeaseElection::set_leading(bool leading) {
  leading_ = leading;
  if (master_status_ != nullptr) master_status_->set(leading ? 1 : 0);
}

void LeaseElection::report(const Error& error) {
  if (error.message == last_error_ || error.code == Code::kCancelled) return;
  last_error_ = error.message;
  log::warning("kube", "lease not taken or renewed",
               {{log::Key::kObject, options_.key.str()}, {log::Key::kError, error}});
}

}  // namespace nanika::kube
