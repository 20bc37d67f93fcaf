// A lab: network namespaces on one machine that play nodes, routers, customers' sites and
// workloads.
//
//   LabSpec spec = TRY(parse_lab(TRY(base::read_file("lab.yaml", 1 << 20)), "lab.yaml"));
//   Lab lab(spec.name);
//   TRY(lab.up(spec, deadline, stop));
//   TRY(lab.exec("edge-1", {"vtysh", "-c", "show bgp summary"}));
//   TRY(lab.down());
//
// Nothing of it touches the host's own links, addresses, routes and ports: every member is a
// namespace `<lab>-<member>`, joined with others by veth pairs that are made inside. What a lab
// made is written down in /run/nanika/lab/<lab>/ before it is made, so that down(), and the next
// up(), clean up after one that was killed at any line; what is not written there is never removed.
//
// The file format is spec.h; example: examples/quickstart/lab.yaml.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/process.h"
#include "lab/spec.h"

namespace nanika::lab {

struct LabOptions {
  std::string run_dir = "/run/nanika/lab";
  /// The program whose `lab serve` (serve.h) is the workloads' page.
  std::string program = "/proc/self/exe";
};

struct MemberStatus {
  std::string name;
  std::string kind;   ///< "node", "router", "site", "workload"
  std::string netns;  ///< as `ip netns` knows it
  bool present = false;
  struct Daemon {
    std::string name;
    pid_t pid = 0;
    bool running = false;
  };
  std::vector<Daemon> daemons;
};

struct LabStatus {
  /// kPartial: an up() that did not end, or something of it is gone.
  enum class State : uint8_t { kDown, kPartial, kUp };
  State state = State::kDown;
  std::vector<MemberStatus> members;
};
std::string_view name(LabStatus::State state);  ///< "Down", "Partial", "Up"

/// Threading: one thread at a time; processes exclude each other with a lock file.
class Lab {
 public:
  explicit Lab(std::string name, LabOptions options = {});

  /// Nothing, when the same lab stands whole. Else what is left of it is removed and all is made
  /// anew. On failure what was made stays for inspection until down(). kConflict: another program
  /// works on this lab, or a namespace of that name is not the lab's. Needs root (kForbidden).
  base::Result<void> up(const LabSpec& spec, base::MonoTime deadline, std::stop_token stop);

  /// Kills every process in its namespaces and removes them and the folder. Nothing there is a
  /// success.
  base::Result<void> down();

  base::Result<LabStatus> status() const;

  /// Runs a program in a member's namespace on our standard streams; its exit status. `vtysh` gets
  /// the router's own socket. kNotFound: no such member, or the lab is down.
  base::Result<int> exec(const std::string& member, std::vector<std::string> argv) const;
  /// The same, with what it wrote.
  base::Result<base::RunResult> capture(const std::string& member, std::vector<std::string> argv,
                                        base::MonoTime deadline) const;

  /// The namespace of a member, for `agent --netns`.
  std::string netns(const std::string& member) const { return netns_of(name_, member); }

 private:
  std::string dir() const { return options_.run_dir + "/" + name_; }
  base::Result<void> build(const LabSpec& spec, base::MonoTime deadline, std::stop_token stop);
  base::Result<void> tear_down();
  base::Result<base::SpawnOptions> spawn_in(const std::string& member,
                                            std::vector<std::string> argv) const;

  std::string name_;
  LabOptions options_;
  std::vector<base::Process> children_;  ///< the workloads' servers that we started, to be reaped
};

}  // namespace nanika::lab
