// HOST:PORT as text and as socket addresses.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>

#include "base/clock.h"
#include "base/result.h"

namespace nanika::base {

struct HostPort {
  std::string host;  ///< without brackets
  uint16_t port = 0;
};

/// "HOST:PORT" or "[v6]:PORT". kInvalid says what is wrong.
Result<HostPort> parse_host_port(std::string_view text);
/// The other way: IPv6 gets its brackets.
std::string format_host_port(std::string_view host, uint16_t port);

struct Endpoint {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&storage); }
  std::string str() const;  ///< "127.0.0.1:6443"; IPv4-mapped IPv6 is shown as IPv4
};

/// An IP literal, or "localhost", which is 127.0.0.1 and then ::1. kNotFound for other names.
Result<std::vector<Endpoint>> local_endpoints(const HostPort& at);

}  // namespace nanika::base
