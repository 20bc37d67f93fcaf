#include "base/process.h"

#include <climits>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/netns.h"
#include "base/wait.h"

namespace nanika::base {

namespace {

/// What the child reports when it could not become the program.
struct ChildFailure {
  char step[24];
  int error_number;
};

/// All the child needs, made before the fork: after it only system calls are safe.
struct Plan {
  std::vector<char*> argv;
  std::vector<std::string> env_texts;
  std::vector<char*> env;
  const char* cwd = nullptr;
  UniqueFd netns;
  std::array<UniqueFd, 3> child_ends;   // what becomes 0, 1, 2; none: inherited
  std::array<UniqueFd, 3> parent_ends;  // of pipes
  bool die_with_parent = false;
  bool new_session = false;
  pid_t parent = 0;
};

/// The same descriptor with a number above 2, so that dup2 onto 0, 1, 2 overwrites none that is
/// still needed.
Result<UniqueFd> above_standard(UniqueFd fd) {
  if (fd.get() > 2) return fd;
  UniqueFd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
  if (!moved) return fail_errno("fcntl");
  return moved;
}

Result<void> open_stream(const Stream& stream, bool input, UniqueFd& child, UniqueFd& parent) {
  switch (stream.kind) {
    case Stream::Kind::kInherit:
      return {};
    case Stream::Kind::kNull:
      child = UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC));
      if (!child) return fail_errno("/dev/null");
      break;
    case Stream::Kind::kFile:
      child =
          UniqueFd(::open(stream.path.c_str(),
                          (input ? O_RDONLY : O_WRONLY | O_CREAT | O_APPEND) | O_CLOEXEC, 0644));
      if (!child) return fail_errno(stream.path);
      break;
    case Stream::Kind::kPipe: {
      int ends[2];
      if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("pipe");
      child = UniqueFd(ends[input ? 0 : 1]);
      parent = UniqueFd(ends[input ? 1 : 0]);
      break;
    }
  }
  child = TRY(above_standard(std::move(child)));
  return {};
}

std::vector<std::string> merged_environment(const std::vector<std::string>& own) {
  auto name = [](std::string_view entry) { return entry.substr(0, entry.find('=')); };
  std::vector<std::string> out = own;
  for (char** at = environ; *at != nullptr; at++) {
    bool replaced = std::ranges::any_of(own, [&](const auto& e) { return name(e) == name(*at); });
    if (!replaced) out.emplace_back(*at);
  }
  return out;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

Result<void> make_plan(const SpawnOptions& options, Plan& plan) {
  if (options.argv.empty()) return fail(Code::kInvalid, "no program to run");
  plan.argv = pointers(options.argv);
  plan.env_texts = merged_environment(options.env);
  plan.env = pointers(plan.env_texts);
  if (!options.cwd.empty()) plan.cwd = options.cwd.c_str();
  if (!options.netns.empty()) {
    plan.netns = TRY(open_netns(options.netns));
  }
  const Stream* streams[] = {&options.in, &options.out, &options.err};
  for (size_t i = 0; i < 3; i++) {
    TRY(open_stream(*streams[i], i == 0, plan.child_ends[i], plan.parent_ends[i]));
  }
  plan.die_with_parent = options.die_with_parent;
  plan.new_session = options.new_session;
  plan.parent = ::getpid();
  return {};
}

/// In the child, between fork and exec.
[[noreturn]] void become(const Plan& plan, int report) {
  const char* step = "fork";
  auto give_up = [&] {
    ChildFailure failure{{}, errno};
    ::strncpy(failure.step, step, sizeof failure.step - 1);
    [[maybe_unused]] ssize_t ignored = ::write(report, &failure, sizeof failure);
    ::_exit(127);
  };
  if (plan.new_session) ::setsid();
  if (plan.die_with_parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != plan.parent) ::_exit(127);  // it died before the line above
  }
  step = "enter network namespace";
  if (plan.netns && ::setns(plan.netns.get(), CLONE_NEWNET) != 0) give_up();
  step = "set up streams";
  for (int i = 0; i < 3; i++) {
    const UniqueFd& end = plan.child_ends[static_cast<size_t>(i)];
    if (end && ::dup2(end.get(), i) != i) give_up();
  }
  ::close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC);
  step = "change folder";
  if (plan.cwd != nullptr && ::chdir(plan.cwd) != 0) give_up();
  for (int number = 1; number < NSIG; number++) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  step = "execute";
  ::execvpe(plan.argv[0], plan.argv.data(), plan.env.data());
  give_up();
  ::_exit(127);
}

int status_of(const siginfo_t& info) {
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

}  // namespace

Result<Process> Process::spawn(const SpawnOptions& options) {
  Plan plan;
  TRY(make_plan(options, plan));
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0) return fail_errno("pipe");
  UniqueFd report_in(report[0]), report_out(report[1]);
  report_out = TRY(above_standard(std::move(report_out)));

  pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork");
  if (pid == 0) become(plan, report_out.get());
  report_out.reset();

  Process process;
  process.pid_ = pid;
  process.group_ = options.new_session;
  process.pidfd_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process.pidfd_) {
    int error_number = errno;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return fail_errno("pidfd_open", error_number);
  }
  // Ends without a word when exec succeeded: the pipe is closed by it.
  ChildFailure failure{};
  ssize_t n;
  do {
    n = ::read(report_in.get(), &failure, sizeof failure);
  } while (n < 0 && errno == EINTR);
  if (n == sizeof failure) {
    ::waitpid(pid, nullptr, 0);
    process.status_ = 127;
    return fail_errno(fmt::format("{}: {}", options.argv[0], failure.step), failure.error_number);
  }
  process.in_ = std::move(plan.parent_ends[0]);
  process.out_ = std::move(plan.parent_ends[1]);
  process.err_ = std::move(plan.parent_ends[2]);
  return process;
}

Process::~Process() {
  if (pidfd_) running();  // reaps it when it ended
}

bool Process::running() {
  if (status_) return false;
  siginfo_t info{};
  auto id = static_cast<id_t>(pidfd_.get());
  if (::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0) {
    status_ = status_of(info);
  }
  return !status_;
}

Result<int> Process::wait(MonoTime deadline, std::stop_token stop) {
  StopFd stopped(std::move(stop));
  while (running()) {
    pollfd polled[] = {{pidfd_.get(), POLLIN, 0}};
    auto waited = wait_for(polled, deadline, stopped);
    if (waited || !running()) continue;
    return std::unexpected(waited.error().in(fmt::format("process {} is still running", pid_)));
  }
  return *status_;
}

void Process::signal(int number) {
  if (!running()) return;
  if (group_) {
    ::kill(-pid_, number);  // not waited for yet: the number is still ours
  } else {
    ::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0);
  }
}

Result<int> Process::terminate(MonoTime deadline) {
  signal(SIGTERM);
  auto status = wait(deadline);
  if (status || status.error().code != Code::kDeadlineExceeded) return status;
  signal(SIGKILL);
  return wait(system_clock().mono() + std::chrono::seconds(10));
}

namespace {

/// write() to a pipe without the SIGPIPE that a reader who left would bring upon us.
ssize_t write_quietly(int fd, std::string_view data) {
  sigset_t pipe_signal, before;
  ::sigemptyset(&pipe_signal);
  ::sigaddset(&pipe_signal, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  ssize_t n = ::write(fd, data.data(), data.size());
  int error_number = errno;
  timespec now{};
  if (n < 0 && error_number == EPIPE) ::sigtimedwait(&pipe_signal, nullptr, &now);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error_number;
  return n;
}

/// The streams of a run() and what came of them.
struct Conversation {
  Process& process;
  const RunOptions& options;
  RunResult result;
  size_t sent = 0;

  Result<void> feed() {
    if (sent < options.input.size()) {
      ssize_t n = write_quietly(process.in().get(), std::string_view(options.input).substr(sent));
      if (n > 0) sent += static_cast<size_t>(n);
      // A child that stops reading (EPIPE) has its reasons: its status tells.
      if (n < 0 && errno != EAGAIN && errno != EINTR) sent = options.input.size();
    }
    if (sent == options.input.size()) process.in().reset();
    return {};
  }

  Result<void> collect(UniqueFd& from, std::string& into) {
    char buffer[16384];
    ssize_t n = ::read(from.get(), buffer, sizeof buffer);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return {};
    if (n <= 0) {
      from.reset();
      return {};
    }
    if (into.size() + static_cast<size_t>(n) > options.max_output) {
      return fail(Code::kTooLarge, "wrote more than {} bytes", options.max_output);
    }
    into.append(buffer, static_cast<size_t>(n));
    return {};
  }

  /// Until all streams are closed.
  Result<void> hold() {
    StopFd stopped(options.stop);
    if (process.in()) ::fcntl(process.in().get(), F_SETFL, O_NONBLOCK);
    while (process.in() || process.out() || process.err()) {
      pollfd polled[] = {{process.in().get(), POLLOUT, 0},
                         {process.out().get(), POLLIN, 0},
                         {process.err().get(), POLLIN, 0}};
      TRY(wait_for(polled, options.deadline, stopped));
      if (polled[0].revents != 0) TRY(feed());
      if (polled[1].revents != 0) TRY(collect(process.out(), result.out));
      if (polled[2].revents != 0) TRY(collect(process.err(), result.err));
    }
    return {};
  }
};

}  // namespace

Result<RunResult> run(SpawnOptions spawn, RunOptions options) {
  spawn.out = spawn.err = {.kind = Stream::Kind::kPipe};
  if (!options.input.empty()) spawn.in = {.kind = Stream::Kind::kPipe};
  spawn.new_session = true;  // so that what it started dies with it
  const std::string& program = spawn.argv.empty() ? "" : spawn.argv[0];
  Process process = TRY(Process::spawn(spawn));
  Conversation conversation{.process = process, .options = options, .result = {}};
  Result<void> held = conversation.hold();
  Result<int> status = held ? process.wait(options.deadline, options.stop)
                            : Result<int>(std::unexpected(held.error()));
  if (!status) {
    process.signal(SIGKILL);
    TRY(process.wait(system_clock().mono() + std::chrono::seconds(10)));
    return in_context(Result<RunResult>(std::unexpected(status.error())), program);
  }
  conversation.result.status = *status;
  return std::move(conversation.result);
}

}  // namespace nanika::base
