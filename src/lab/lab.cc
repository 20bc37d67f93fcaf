#include "lab/lab.h"

#include <signal.h>
#include <unistd.h>

#include "base/netns.h"
#include "base/wait.h"
#include "lab/frr.h"
#include "lab/plan.h"
#include "lab/state.h"
#include "lab/system_linux.h"

namespace nanika::lab {

using base::Code;
using base::MonoTime;
using base::Result;
using base::system_clock;
using namespace std::chrono_literals;

namespace {

/// One program at a time works on a lab. The lock of one that was killed goes with its last child,
/// which may take a moment.
Result<base::FileLock> acquire_lock(const std::string& run_dir, const std::string& name) {
  TRY(base::make_dirs(run_dir));
  MonoTime deadline = system_clock().mono() + 5s;
  while (true) {
    auto held = base::FileLock::acquire(fmt::format("{}/{}.lock", run_dir, name));
    bool busy = !held && held.error().code == Code::kConflict;
    if (!busy || system_clock().mono() >= deadline) return held;
    system_clock().sleep_for(20ms, {});
  }
}

Result<void> check_preconditions(const std::string& lab) {
  if (!is_lab_name(lab)) return base::fail(Code::kInvalid, "\"{}\" is no name of a lab", lab);
  if (::geteuid() == 0) return {};
  return base::fail(Code::kForbidden, "a lab makes network namespaces: run as root");
}

/// Whether all that the lab made is still there.
bool stands_whole(const LabState& state) {
  if (!state.complete) return false;
  for (const MemberState& member : state.members) {
    if (!base::open_netns(member.netns)) return false;
    for (const Daemon& daemon : member.daemons) {
      if (!runs_in(daemon.pid, member.netns)) return false;
    }
  }
  return true;
}

/// Waits for `ready` on the server's stdout.
Result<void> wait_ready(base::Process& process, MonoTime deadline, std::stop_token stop) {
  base::StopFd stopped(std::move(stop));
  pollfd polled[] = {{process.out().get(), POLLIN, 0}};
  TRY(base::wait_for(polled, deadline, stopped));
  char first = 0;
  if (::read(process.out().get(), &first, 1) == 1) return {};
  return base::fail(Code::kUnavailable, "it ended at once (status {}); see its log",
                    TRY(process.wait(deadline)));
}

Result<base::Process> start_server(const ServerPlan& server, const std::string& program,
                                   const std::string& log, MonoTime deadline,
                                   std::stop_token stop) {
  std::vector<std::string> argv{program};
  argv.insert(argv.end(), server.argv.begin(), server.argv.end());
  base::Process process =
      TRY(base::Process::spawn({.argv = std::move(argv),
                                .cwd = "/",
                                .netns = server.netns,
                                .out = {.kind = base::Stream::Kind::kPipe},
                                .err = {.kind = base::Stream::Kind::kFile, .path = log},
                                .new_session = true}));
  auto ready = wait_ready(process, deadline, std::move(stop));
  if (!ready) {
    process.signal(SIGKILL);
    TRY(process.wait(system_clock().mono() + 10s));
    return std::unexpected(ready.error());
  }
  return process;
}

}  // namespace

std::string_view name(LabStatus::State state) {
  static constexpr std::array<std::string_view, 3> kNames{"Down", "Partial", "Up"};
  return kNames[static_cast<size_t>(state)];
}

Lab::Lab(std::string name, LabOptions options)
    : name_(std::move(name)), options_(std::move(options)) {}

Result<void> Lab::up(const LabSpec& spec, MonoTime deadline, std::stop_token stop) {
  TRY(check_preconditions(name_));
  CHECK(spec.name == name_);
  auto held = TRY(acquire_lock(options_.run_dir, name_));
  auto old = TRY(read_state(dir()));
  if (old && old->plan == base::to_json(describe(make_plan(spec, dir()))) && stands_whole(*old)) {
    return {};
  }
  TRY(tear_down());
  return in_context(build(spec, deadline, std::move(stop)), "lab " + name_);
}

Result<void> Lab::build(const LabSpec& spec, MonoTime deadline, std::stop_token stop) {
  LabPlan plan = make_plan(spec, dir());
  LabState state{.complete = false, .plan = base::to_json(describe(plan)), .members = {}};
  for (const MemberPlan& member : plan.members) {
    if (base::open_netns(member.netns)) {
      return base::fail(Code::kConflict,
                        "network namespace {} is there and is not this lab's: remove it (ip netns "
                        "delete {}) or rename the lab",
                        member.netns, member.netns);
    }
    state.members.push_back({member.name, member.kind, member.netns, {}});
  }
  TRY(base::make_dirs(dir()));
  TRY(write_state(dir(), state));  // before anything is made: whoever comes after us cleans up
  TRY(make_network(plan));

  auto member = [&](const std::string& name) -> MemberState& {
    return *std::ranges::find(state.members, name, &MemberState::name);
  };
  for (const RouterPlan& router : plan.routers) {
    member(router.member).daemons = TRY(start_frr(router, deadline, stop));
  }
  for (const ServerPlan& server : plan.servers) {
    std::string log = fmt::format("{}/{}.log", dir(), server.member);
    base::Process process = TRY(in_context(
        start_server(server, options_.program, log, deadline, stop), "workload " + server.member));
    member(server.member).daemons.push_back({"serve", process.pid()});
    children_.push_back(std::move(process));
  }
  state.complete = true;
  return write_state(dir(), state);
}

Result<void> Lab::down() {
  TRY(check_preconditions(name_));
  auto held = TRY(acquire_lock(options_.run_dir, name_));
  return tear_down();
}

Result<void> Lab::tear_down() {
  auto state = TRY(read_state(dir()));
  if (state) {
    std::vector<std::string> namespaces;
    for (const MemberState& member : state->members) namespaces.push_back(member.netns);
    TRY(in_context(kill_processes(namespaces, system_clock().mono() + 10s), "lab " + name_));
    for (const std::string& netns : namespaces) TRY(base::delete_netns(netns));
  }
  for (base::Process& child : children_) {
    TRY(child.wait(system_clock().mono() + 10s));  // killed above: this reaps it
  }
  children_.clear();
  return base::remove_all(dir());
}

Result<LabStatus> Lab::status() const {
  LabStatus out;
  auto state = TRY(read_state(dir()));
  if (!state) return out;
  out.state = stands_whole(*state) ? LabStatus::State::kUp : LabStatus::State::kPartial;
  for (const MemberState& member : state->members) {
    MemberStatus status{.name = member.name,
                        .kind = member.kind,
                        .netns = member.netns,
                        .present = base::open_netns(member.netns).has_value(),
                        .daemons = {}};
    for (const Daemon& daemon : member.daemons) {
      status.daemons.push_back({daemon.name, daemon.pid, runs_in(daemon.pid, member.netns)});
    }
    out.members.push_back(std::move(status));
  }
  return out;
}

Result<base::SpawnOptions> Lab::spawn_in(const std::string& member,
                                         std::vector<std::string> argv) const {
  auto state = TRY(read_state(dir()));
  if (!state) return base::fail(Code::kNotFound, "lab {} is down", name_);
  auto found = std::ranges::find(state->members, member, &MemberState::name);
  if (found == state->members.end()) {
    std::vector<std::string> names;
    for (const MemberState& m : state->members) names.push_back(m.name);
    return base::fail(Code::kNotFound, "lab {} has no member {}: there are {}", name_, member,
                      fmt::join(names, ", "));
  }
  if (found->kind == "router" && !argv.empty() && argv[0] == "vtysh") {
    argv = vtysh_for(dir() + "/" + member, {argv.begin() + 1, argv.end()});
  }
  return base::SpawnOptions{.argv = std::move(argv), .netns = found->netns};
}

Result<int> Lab::exec(const std::string& member, std::vector<std::string> argv) const {
  base::SpawnOptions options = TRY(spawn_in(member, std::move(argv)));
  options.in = options.out = options.err = {.kind = base::Stream::Kind::kInherit};
  base::Process process = TRY(base::Process::spawn(options));
  return process.wait(MonoTime::max());
}

Result<base::RunResult> Lab::capture(const std::string& member, std::vector<std::string> argv,
                                     MonoTime deadline) const {
  return base::run(TRY(spawn_in(member, std::move(argv))), {.deadline = deadline});
}

}  // namespace nanika::lab
