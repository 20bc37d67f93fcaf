// Names to addresses, without glibc's getaddrinfo, which a static program cannot rely on.
//
// In this order: IP literals, "localhost", /etc/hosts, DNS by /etc/resolv.conf (nameserver, search,
// ndots, timeout, attempts; over UDP). IPv4 addresses come first.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/result.h"

namespace nanika::base {

/// Files of the resolver; tests have their own.
struct ResolverFiles {
  std::string hosts = "/etc/hosts";
  std::string resolv_conf = "/etc/resolv.conf";
  uint16_t dns_port = 53;
};

/// At least one address. kNotFound: the name does not exist; kUnavailable: no name server answered;
/// kInvalid: not a name; kDeadlineExceeded, kCancelled.
Result<std::vector<Endpoint>> resolve(const HostPort& at, MonoTime deadline, std::stop_token stop,
                                      const ResolverFiles& files = {});

}  // namespace nanika::base
