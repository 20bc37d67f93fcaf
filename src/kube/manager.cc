#include "kube/manager.h"

#include "base/log.h"

namespace nanika::kube {

namespace log = base::log;

namespace {

constexpr Duration kSyncCheck = std::chrono::milliseconds(5);
constexpr Duration kReleaseTimeout = std::chrono::seconds(2);

}  // namespace

ControllerBuilder& ControllerBuilder::workers(int count) {
  CHECK(count > 0);
  controller_->options().workers = count;
  return *this;
}

ControllerBuilder& ControllerBuilder::timeout(Duration timeout) {
  controller_->options().timeout = timeout;
  return *this;
}

ControllerBuilder& ControllerBuilder::every_replica() {
  controller_->options().leader_only = false;
  return *this;
}

Manager::Manager(const Client& client, Metrics& metrics, ManagerOptions options)
    : client_(client), metrics_(metrics), options_(std::move(options)), health_(metrics) {
  health_.add_ready_check("caches", [this] { return caches_are_synced(); });
}

Manager::~Manager() = default;

ControllerBuilder Manager::controller(std::string name, Reconciler& reconciler) {
  CHECK(!running_);
  controllers_.push_back(std::make_unique<Controller>(
      client_.clock(), reconciler, ControllerOptions{.name = std::move(name)}, metrics_));
  return {*this, *controllers_.back()};
}

void Manager::task(std::string name, std::function<void(std::stop_token)> body, bool leader_only) {
  CHECK(!running_);
  tasks_.push_back({std::move(name), std::move(body), leader_only});
}

EventRecorder& Manager::events(const std::string& component) {
  std::unique_ptr<EventRecorder>& recorder = recorders_[component];
  if (!recorder) {
    recorder = std::make_unique<EventRecorder>(client_, component, &metrics_);
    task("events of " + component,
         [raw = recorder.get()](std::stop_token stop) { raw->run(stop); });
  }
  return *recorder;
}

Manager::Source* Manager::source(const std::string& id) {
  auto at = sources_.find(id);
  return at == sources_.end() ? nullptr : &at->second;
}

Result<void> Manager::caches_are_synced() const {
  if (!running_) return fail(Code::kUnavailable, "not started");
  for (const auto& [id, source] : sources_)
    if (!source.synced()) return fail(Code::kUnavailable, "{} is not synced yet", source.kind);
  return {};
}

bool Manager::wait_for_caches(std::stop_token stop) {
  while (!caches_are_synced())
    if (!client_.clock().sleep_for(kSyncCheck, stop)) return false;
  return !stop.stop_requested();
}

void Manager::start(Crew& crew, bool leaders) {
  for (const auto& controller : controllers_)
    if (controller->options().leader_only == leaders) controller->start(crew);
  for (const Task& task : tasks_)
    if (task.leader_only == leaders) crew.start(task.name, task.body);
}

Result<void> Manager::run(std::stop_token stop) {
  running_ = true;
  if (!options_.listen.empty()) server_ = TRY(health_.serve(options_.listen));
  Crew reflectors;
  for (auto& [id, source] : sources_)
    reflectors.start(
        "cache of " + source.kind,
        [reflector = source.reflector.get()](std::stop_token ends) { reflector->run(ends); });
  Result<void> outcome;
  if (wait_for_caches(stop)) {
    Crew everywhere;
    start(everywhere, false);
    outcome = lead(stop);
    Result<void> ended = end(everywhere, options_.grace);
    if (outcome) outcome = ended;
  }
  Result<void> ended = end(reflectors, options_.grace);
  server_.reset();
  return outcome ? ended : outcome;
}

Result<void> Manager::lead(std::stop_token stop) {
  if (!options_.lease) return lead_once(stop, nullptr);
  LeaseElection election(client_, *options_.lease, &metrics_);
  while (election.acquire(stop)) TRY(lead_once(stop, &election));
  return {};
}

// From the first reconcile to the last one of a term in office.
Result<void> Manager::lead_once(std::stop_token stop, LeaseElection* election) {
  Crew crew;
  leading_ = true;
  start(crew, true);
  bool lost = false;
  if (election != nullptr) {
    lost = !election->hold(stop);
  } else {
    client_.clock().sleep_until(MonoTime::max(), stop);
  }
  // Others may lead soon after we lost it: then only what is left of the lease is grace.
  Duration rest = lost ? options_.lease->duration - options_.lease->renew_deadline : options_.grace;
  Result<void> ended = end(crew, std::min(rest, options_.grace));
  leading_ = false;
  if (ended && election != nullptr && !lost)
    election->release(Context{.clock = &client_.clock()}.within(kReleaseTimeout));
  return ended;
}

Result<void> Manager::end(Crew& crew, Duration grace) {
  crew.request_stop();
  if (crew.wait(client_.clock(), client_.clock().mono() + grace)) return {};
  std::string names;
  for (const std::string& name : crew.running()) names += (names.empty() ? "" : ", ") + name;
  Error error{Code::kDeadlineExceeded, fmt::format("still at work {} after being asked to stop: {}",
                                                   base::format_duration(grace), names)};
  log::error("kube", "not everything stopped", {{log::Key::kError, error}});
  return std::unexpected(error);
}

}  // namespace nanika::kube
