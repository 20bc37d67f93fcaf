// FRR (Debian's package) in a namespace, with sockets, pid files and logs in a folder of its own.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "lab/plan.h"

namespace nanika::lab {

struct Daemon {
  std::string name;
  pid_t pid = 0;
};

/// Starts zebra, staticd, bgpd (and bfdd when it is needed), which run on as daemons; loads the
/// configuration and returns once vtysh got an answer. kInvalid: FRR refused a line, with its
/// words; kNotFound: FRR is not installed.
base::Result<std::vector<Daemon>> start_frr(const RouterPlan& router, base::MonoTime deadline,
                                            std::stop_token stop);

/// `argv` of vtysh with the socket folder of that router.
std::vector<std::string> vtysh_for(const std::string& dir, std::vector<std::string> arguments);

}  // namespace nanika::lab
