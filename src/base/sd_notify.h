// Tells the service manager how we are (sd_notify(3)), without libsystemd.
//
//   sd_notify("READY=1\nSTATUS=serving on 127.0.0.1:6443");
//   sd_notify("STOPPING=1");
#pragma once

#include <string_view>

#include "base/result.h"

namespace nanika::base {

/// Sends `state` to the socket that $NOTIFY_SOCKET names, a path or an abstract one ("@name"). Does
/// nothing when it is not set: we were started by hand. Call it from main, before or after threads;
/// the environment must not change meanwhile.
Result<void> sd_notify(std::string_view state);

/// The same to a socket that is given.
Result<void> sd_notify_to(std::string_view socket, std::string_view state);

}  // namespace nanika::base
