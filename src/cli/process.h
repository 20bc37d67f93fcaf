// What every long-running command does at its start and its end.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "base/result.h"

namespace nanika::cli {

/// From the start of main, before any thread: SIGTERM and SIGINT are waited for, SIGPIPE is
/// ignored.
void block_signals();

/// Tells the service manager and people that we are ready: sd_notify and one line on stderr.
void say_ready(const std::string& what, const std::string& where);

/// Runs `work` on a thread until SIGTERM, SIGINT or its own end; then asks it to stop and waits.
base::Result<void> run_until_signal(const std::function<base::Result<void>(std::stop_token)>& work);

}  // namespace nanika::cli
