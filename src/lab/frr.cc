#include "lab/frr.h"

#include <charconv>

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/process.h"

namespace nanika::lab {

using base::Code;
using base::Result;

namespace {

constexpr std::string_view kDaemonFolder = "/usr/lib/frr";

struct Owner {
  uid_t user = 0;
  gid_t group = 0;
};

/// The user `frr` of /etc/passwd. Not by getpwnam(): it loads shared libraries, which a static
/// program cannot rely on.
Result<Owner> frr_user() {
  std::string text = TRY(base::read_file("/etc/passwd", 4 << 20));
  for (size_t start = 0; start < text.size();) {
    size_t end = std::min(text.find('\n', start), text.size());
    std::string_view line = std::string_view(text).substr(start, end - start);
    start = end + 1;
    if (!line.starts_with("frr:")) continue;  // name:password:uid:gid:...
    Owner owner;
    const char* last = line.data() + line.size();
    const char* at = line.data() + std::min(line.find(':', 4), line.size() - 1) + 1;
    auto user = std::from_chars(at, last, owner.user);
    if (user.ec != std::errc() || user.ptr == last) break;
    if (std::from_chars(user.ptr + 1, last, owner.group).ec == std::errc()) return owner;
  }
  return base::fail(Code::kNotFound, "FRR is not installed (no user frr): apt install frr");
}

/// FRR's daemons drop root for the user `frr`, who must own their folder.
Result<void> make_folder(const std::string& dir) {
  Owner owner = TRY(frr_user());
  TRY(base::make_dirs(dir, 0755));
  if (::chown(dir.c_str(), owner.user, owner.group) != 0) return base::fail_errno(dir);
  return {};
}

/// The last words of a log, for errors.
std::string tail_of(const std::string& path) {
  std::string text = base::read_file(path).value_or("");
  while (text.ends_with('\n')) text.pop_back();
  return text.size() > 500 ? "..." + text.substr(text.size() - 500) : text;
}

/// Starts one daemon; with -d it returns to us once the daemon listens.
Result<Daemon> start_daemon(const RouterPlan& router, const std::string& name,
                            base::MonoTime deadline, std::stop_token stop) {
  const std::string& dir = router.dir;
  std::string program = fmt::format("{}/{}", kDaemonFolder, name);
  std::string output = fmt::format("{}/{}.out", dir, name);
  std::string pid_file = fmt::format("{}/{}.pid", dir, name);
  std::vector<std::string> argv{program,         "--daemon",
                                "--config_file", "/dev/null",
                                "--pid_file",    pid_file,
                                "--socket",      dir + "/zserv.api",
                                "--vty_socket",  dir,
                                "--vty_port",    "0",
                                "--log",         fmt::format("file:{}/{}.log", dir, name)};
  if (name == "bfdd") argv.insert(argv.end(), {"--bfdctl", dir + "/bfdd.sock"});
  base::Process process =
      TRY(base::Process::spawn({.argv = std::move(argv),
                                .cwd = dir,
                                .netns = router.netns,
                                .out = {.kind = base::Stream::Kind::kFile, .path = output},
                                .err = {.kind = base::Stream::Kind::kFile, .path = output}}));
  auto status = process.wait(deadline, stop);
  if (!status) {
    process.signal(SIGKILL);
    return in_context(Result<Daemon>(std::unexpected(status.error())), name);
  }
  if (*status != 0) {
    return base::fail(Code::kUnavailable, "{} did not start (status {}): {}", name, *status,
                      tail_of(output));
  }
  std::string text = TRY(base::read_file(pid_file, 64));
  pid_t pid = 0;
  std::from_chars(text.data(), text.data() + text.size(), pid);
  if (pid <= 1) return base::fail(Code::kInternal, "{}: no process id in it", pid_file);
  return Daemon{name, pid};
}

Result<void> load_configuration(const RouterPlan& router, base::MonoTime deadline,
                                std::stop_token stop) {
  std::string path = router.dir + "/frr.conf";
  TRY(base::write_file_atomic(path, router.config, 0640));
  auto loaded = TRY(base::run({.argv = vtysh_for(router.dir, {"-f", path})},
                              {.deadline = deadline, .stop = stop}));
  if (loaded.status != 0) {
    return base::fail(Code::kInvalid, "FRR refused {} (the rendered configuration): {}{}", path,
                      loaded.out, loaded.err);
  }
  auto answer =
      TRY(base::run({.argv = vtysh_for(router.dir, {"-d", "bgpd", "-c", "show bgp summary"})},
                    {.deadline = deadline, .stop = stop}));
  if (answer.status != 0) {
    return base::fail(Code::kUnavailable, "FRR does not answer: {}{}", answer.out, answer.err);
  }
  return {};
}

}  // namespace

std::vector<std::string> vtysh_for(const std::string& dir, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"vtysh", "--vty_socket", dir});
  return arguments;
}

Result<std::vector<Daemon>> start_frr(const RouterPlan& router, base::MonoTime deadline,
                                      std::stop_token stop) {
  auto start = [&]() -> Result<std::vector<Daemon>> {
    TRY(make_folder(router.dir));
    std::vector<Daemon> daemons;
    std::vector<std::string> names{"zebra", "staticd",
                                   "bgpd"};  // zebra first: others connect to it
    if (router.bfd) names.insert(names.begin() + 1, "bfdd");
    for (const std::string& name : names) {
      daemons.push_back(TRY(start_daemon(router, name, deadline, stop)));
    }
    TRY(load_configuration(router, deadline, stop));
    return daemons;
  };
  return in_context(start(), "router " + router.member);
}

}  // namespace nanika::lab
