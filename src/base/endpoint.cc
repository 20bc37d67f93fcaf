#include "base/endpoint.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace nanika::base {

Result<HostPort> parse_host_port(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return fail(Code::kInvalid, "\"{}\": want HOST:PORT", text);
  }
  HostPort out;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc() || end != port.data() + port.size()) {
    return fail(Code::kInvalid, "\"{}\": the port must be a number from 0 to 65535", text);
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return fail(Code::kInvalid, "\"{}\": an IPv6 address needs brackets, as in [::1]:443", text);
  }
  if (host.empty() || host.find_first_of("[]/@ ") != std::string_view::npos) {
    return fail(Code::kInvalid, "\"{}\": want a host before the port", text);
  }
  out.host = host;
  return out;
}

std::string format_host_port(std::string_view host, uint16_t port) {
  return host.find(':') == std::string_view::npos ? fmt::format("{}:{}", host, port)
                                                  : fmt::format("[{}]:{}", host, port);
}

std::string Endpoint::str() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return format_host_port(text, ntohs(v4.sin_port));
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    ::inet_ntop(AF_INET, v6.sin6_addr.s6_addr + 12, text, sizeof text);
  } else {
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  }
  return format_host_port(text, ntohs(v6.sin6_port));
}

Result<std::vector<Endpoint>> local_endpoints(const HostPort& at) {
  std::vector<Endpoint> found;
  const auto add = [&](const char* host) {
    Endpoint endpoint;
    auto& v4 = reinterpret_cast<sockaddr_in&>(endpoint.storage);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(endpoint.storage);
    if (::inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
      v4.sin_family = AF_INET;
      v4.sin_port = htons(at.port);
      endpoint.size = sizeof(sockaddr_in);
    } else if (::inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(at.port);
      endpoint.size = sizeof(sockaddr_in6);
    } else {
      return;
    }
    found.push_back(endpoint);
  };
  if (at.host == "localhost") {
    add("127.0.0.1");
    add("::1");
  } else {
    add(at.host.c_str());
  }
  if (found.empty()) return fail(Code::kNotFound, "{}: not an IP address", at.host);
  return found;
}

}  // namespace nanika::base
