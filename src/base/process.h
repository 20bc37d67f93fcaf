// Child processes: spawned without a shell, waited for by pidfd, never left as zombies.
//
//   auto out = TRY(run({.argv = {"ip", "link"}, .netns = "lab-a"}, {.deadline = in_5_seconds}));
//   if (out.status != 0) ...
//
//   Process bird = TRY(Process::spawn({.argv = {"/usr/sbin/bird", "-f"}, .netns = "node-1"}));
//   bird.terminate(in_2_seconds);
//
// Descriptors other than 0, 1, 2 are closed in the child; signal masks and handlers are reset.
#pragma once

#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"

namespace nanika::base {

/// Where one of the child's standard streams goes.
struct Stream {
  enum class Kind : uint8_t { kNull, kInherit, kPipe, kFile };
  Kind kind = Kind::kNull;
  std::string path;  ///< of kFile: read for stdin, else appended to (made with mode 0644)
};

struct SpawnOptions {
  std::vector<std::string> argv;  ///< argv[0] is the program: a path, or a name searched in PATH
  std::vector<std::string> env;   ///< NAME=value added to, or replacing, our own environment
  std::string cwd;                ///< "": ours
  std::string netns;              ///< network namespace to run in, as in netns.h; "": ours
  Stream in, out, err;
  bool die_with_parent =
      false;                 ///< SIGKILL when the thread that spawned it ends (PR_SET_PDEATHSIG)
  bool new_session = false;  ///< a session, so a process group, of its own: signals go to the group
};

/// A running child. Destruction leaves it running and reaps it if it ended already; a daemon that
/// outlives its Process is reaped by init once we end.
class Process {
 public:
  /// kNotFound: no such program; other failures between fork and exec come back as errors as well.
  static Result<Process> spawn(const SpawnOptions& options);
  Process(Process&&) noexcept = default;
  Process& operator=(Process&&) noexcept = default;
  ~Process();

  pid_t pid() const { return pid_; }
  /// Our ends of the streams that are kPipe.
  UniqueFd& in() { return in_; }
  UniqueFd& out() { return out_; }
  UniqueFd& err() { return err_; }

  /// Exit status, or 128 + signal. kDeadlineExceeded and kCancelled leave it running.
  Result<int> wait(MonoTime deadline, std::stop_token stop = {});
  bool running();
  /// To the process, or to its group when it has a session of its own. Nothing happens once it was
  /// waited for.
  void signal(int number);
  /// SIGTERM, and SIGKILL at `deadline`; returns once it is gone, with its status.
  Result<int> terminate(MonoTime deadline);

 private:
  Process() = default;
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  UniqueFd in_, out_, err_;
  bool group_ = false;
  std::optional<int> status_;
};

struct RunOptions {
  MonoTime deadline;  ///< then it is killed: kDeadlineExceeded
  std::stop_token stop = {};
  std::string input = {};        ///< what it reads as stdin, when `spawn.in` is kPipe
  size_t max_output = 16 << 20;  ///< of each stream; beyond: killed, kTooLarge
};
struct RunResult {
  int status = 0;  ///< as of wait()
  std::string out;
  std::string err;
};
/// Spawns, feeds, collects stdout and stderr, waits. Streams `out` and `err` of `spawn` are
/// replaced by pipes, and `in` too when there is input.
Result<RunResult> run(SpawnOptions spawn, RunOptions options);

}  // namespace nanika::base
