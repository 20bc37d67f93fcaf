// Network namespaces, named as `ip netns` names them: a bind mount at /run/netns/NAME.
//
//   TRY(create_netns("lab-edge-1"));
//   TRY(in_netns("lab-edge-1", [] { return write_file("/proc/sys/net/ipv4/ip_forward", "1"); }));
//   UniqueFd udp = TRY(open_socket_in_netns("lab-edge-1", AF_INET, SOCK_DGRAM, 0));
//
// Where a namespace is asked for, "" is the calling thread's own, a text with a slash is a file
// (/proc/42/ns/net), all else is a name. Names are 1 to 64 letters, digits, '-', '_' and '.'.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace nanika::base {

/// The file that stands for a namespace; kInvalid for a name that cannot be one.
Result<std::string> netns_path(std::string_view netns);

/// kAlreadyExists; a file that is left of a namespace that is gone is replaced. Its loopback is
/// down.
Result<void> create_netns(const std::string& name);
/// Unmounts and removes the name; the namespace lives on while processes are in it. Nothing there
/// is a success.
Result<void> delete_netns(const std::string& name);
/// All names, sorted.
Result<std::vector<std::string>> list_netns();

/// kNotFound, also when the file is there but no namespace.
Result<UniqueFd> open_netns(std::string_view netns);

/// Runs `work` on a thread of its own inside the namespace and waits for it: sockets made there
/// stay there, /proc/sys/net shows that namespace. Error: it could not be entered, or of `work`.
Result<void> in_netns(std::string_view netns, const std::function<Result<void>()>& work);

/// A socket (close-on-exec) that lives in the namespace, usable from any thread.
Result<UniqueFd> open_socket_in_netns(std::string_view netns, int domain, int type, int protocol);

}  // namespace nanika::base
