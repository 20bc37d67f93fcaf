// A plan made real: namespaces, veth pairs, addresses, routes; and the processes in namespaces.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "lab/plan.h"

namespace nanika::lab {

/// Namespaces with loopback up, then links, addresses, settings and routes. Stops at the first
/// failure and removes nothing.
base::Result<void> make_network(const LabPlan& plan);

/// Is that process alive, and in that namespace? (Numbers of dead processes are given anew.)
bool runs_in(pid_t pid, const std::string& netns);

/// SIGKILLs every process whose main thread is in one of the namespaces and waits for them to be
/// gone. Names that are not there are passed over.
base::Result<void> kill_processes(const std::vector<std::string>& netns, base::MonoTime deadline);

}  // namespace nanika::lab
