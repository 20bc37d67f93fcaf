#include "base/resolve.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>

#include <openssl/rand.h>
#include <unistd.h>

#include "base/dns_message.h"
#include "base/socket_wait.h"

namespace nanika::base {

namespace {

struct ResolvConf {
  std::vector<std::string> servers;
  std::vector<std::string> search;
  int ndots = 1;
  std::chrono::seconds timeout{5};
  int attempts = 2;
};

int number_after(std::string_view option, size_t prefix, int low, int high, int otherwise) {
  int value = 0;
  const std::string_view digits = option.substr(prefix);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() ? std::clamp(value, low, high) : otherwise;
}

/// resolv.conf(5); unreadable is empty, as in glibc.
ResolvConf read_resolv_conf(const std::string& path) {
  ResolvConf conf;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string key;
    std::string word;
    words >> key;
    if (key == "nameserver" && words >> word && conf.servers.size() < 3) {
      conf.servers.push_back(word);
    } else if (key == "search" || key == "domain") {
      conf.search.clear();
      while (words >> word && conf.search.size() < 32) conf.search.push_back(word);
    } else if (key == "options") {
      while (words >> word) {
        if (word.starts_with("ndots:")) conf.ndots = number_after(word, 6, 0, 15, 1);
        if (word.starts_with("timeout:")) {
          conf.timeout = std::chrono::seconds(number_after(word, 8, 1, 30, 5));
        }
        if (word.starts_with("attempts:")) conf.attempts = number_after(word, 9, 1, 5, 2);
      }
    }
  }
  if (conf.servers.empty()) conf.servers.emplace_back("127.0.0.1");
  return conf;
}

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

std::vector<Endpoint> from_hosts(const HostPort& at, const std::string& path) {
  std::vector<Endpoint> found;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    line.resize(std::min(line.find('#'), line.size()));
    std::istringstream words(line);
    std::string address;
    words >> address;
    for (std::string name; words >> name;) {
      if (!same_name(name, at.host)) continue;
      if (auto here = local_endpoints({address, at.port})) {
        found.insert(found.end(), here->begin(), here->end());
      }
      break;
    }
  }
  return found;
}

struct Patience {
  MonoTime deadline;
  const std::stop_token& stop;
};

/// One question to one server. kUnavailable when it does not answer in time.
Result<dns::Answer> ask(const Endpoint& server, const std::string& name, dns::Type type,
                        Patience patience) {
  struct Socket {
    int fd;
    ~Socket() { ::close(fd); }
  };
  const Socket socket{
      ::socket(server.storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (socket.fd < 0) return fail_errno("socket");
  // Connected: the kernel drops what other senders make up.
  if (::connect(socket.fd, server.address(), server.size) != 0) return fail_errno(server.str());
  uint16_t id = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&id), sizeof id);
  const std::string query = TRY(dns::make_query(id, name, type));
  if (::send(socket.fd, query.data(), query.size(), MSG_NOSIGNAL) < 0) {
    return fail(Code::kUnavailable, "name server {}: {}", server.str(), ::strerrordesc_np(errno));
  }
  SocketWaiter waiter;
  for (;;) {
    auto ready = waiter.readable(socket.fd, patience.deadline, patience.stop);
    if (!ready && ready.error().code == Code::kDeadlineExceeded) {
      return fail(Code::kUnavailable, "name server {} does not answer", server.str());
    }
    TRY(std::move(ready));
    char buffer[4096];
    const ssize_t n = ::recv(socket.fd, buffer, sizeof buffer, 0);
    if (n < 0 && errno == EAGAIN) continue;
    if (n < 0) {
      return fail(Code::kUnavailable, "name server {}: {}", server.str(), ::strerrordesc_np(errno));
    }
    // An answer to another question is not ours: go on listening.
    auto answer = dns::parse_answer({buffer, static_cast<size_t>(n)}, id, name, type);
    if (answer) return answer;
  }
}

Result<dns::Answer> ask_servers(const ResolvConf& conf, uint16_t port, const std::string& name,
                                dns::Type type, Patience patience) {
  Result<dns::Answer> last = fail(Code::kUnavailable, "no name server can be asked");
  for (int attempt = 0; attempt < conf.attempts; ++attempt) {
    for (const std::string& server : conf.servers) {
      const auto endpoints = local_endpoints({server, port});
      if (!endpoints) continue;
      const MonoTime now = system_clock().mono();
      if (now >= patience.deadline) return fail(Code::kDeadlineExceeded, "the deadline passed");
      last = ask(endpoints->front(), name, type,
                 {std::min(patience.deadline, now + conf.timeout), patience.stop});
      if (last ? last->authoritative()
               : last.error().code == Code::kCancelled || last.error().code == Code::kInvalid) {
        return last;
      }
      if (last) {
        last =
            fail(Code::kUnavailable, "name server {} answered with error {}", server, last->code);
      }
    }
  }
  return last;
}

/// The names to try, in order (resolv.conf(5), ndots).
std::vector<std::string> candidates(const ResolvConf& conf, const std::string& host) {
  if (host.ends_with('.')) return {host.substr(0, host.size() - 1)};
  std::vector<std::string> names;
  for (const std::string& domain : conf.search) names.push_back(host + "." + domain);
  const bool first = std::ranges::count(host, '.') >= conf.ndots;
  names.insert(first ? names.begin() : names.end(), host);
  return names;
}

}  // namespace

Result<std::vector<Endpoint>> resolve(const HostPort& at, MonoTime deadline, std::stop_token stop,
                                      const ResolverFiles& files) {
  if (auto here = local_endpoints(at)) return here;
  if (auto found = from_hosts(at, files.hosts); !found.empty()) return found;
  const ResolvConf conf = read_resolv_conf(files.resolv_conf);
  const Patience patience{deadline, stop};
  std::optional<Error> trouble;
  for (const std::string& name : candidates(conf, at.host)) {
    std::vector<Endpoint> found;
    for (const dns::Type type : {dns::Type::kA, dns::Type::kAaaa}) {
      auto answer = ask_servers(conf, files.dns_port, name, type, patience);
      if (!answer) {
        if (answer.error().code != Code::kUnavailable) {
          return std::unexpected(answer.error().in("resolving " + name));
        }
        trouble = answer.error();
        break;
      }
      for (const std::string& address : answer->addresses) {
        auto here = TRY(local_endpoints({address, at.port}));
        found.insert(found.end(), here.begin(), here.end());
      }
    }
    if (!found.empty()) return found;
  }
  if (trouble) return std::unexpected(trouble->in("resolving " + at.host));
  return fail(Code::kNotFound, "{}: no such host", at.host);
}

}  // namespace nanika::base
