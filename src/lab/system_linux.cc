#include "lab/system_linux.h"

#include <charconv>
#include <filesystem>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/netlink_address.h"
#include "base/netlink_link.h"
#include "base/netlink_route.h"
#include "base/netns.h"
#include "base/wait.h"

namespace nanika::lab {

using base::Netlink;
using base::Result;
using base::UniqueFd;

namespace {

using Sysctls = std::vector<std::pair<std::string, std::string>>;

/// To be run inside the namespace.
Result<void> write_sysctls(const Sysctls& sysctls) {
  for (const auto& [name, value] : sysctls) {
    std::string path = "/proc/sys/";
    for (char c : name) path += c == '.' ? '/' : c;
    UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd) return base::fail_errno("sysctl " + name);
    TRY(in_context(base::write_all(fd.get(), value), fmt::format("sysctl {}={}", name, value)));
  }
  return {};
}

/// A Netlink for each namespace, opened once.
class Sockets {
 public:
  Result<Netlink*> in(const std::string& netns) {
    auto found = open_.find(netns);
    if (found == open_.end()) found = open_.emplace(netns, TRY(Netlink::open(netns))).first;
    return &found->second;
  }

 private:
  std::map<std::string, Netlink> open_;
};

Result<void> make_member(const MemberPlan& member, Sockets& sockets) {
  TRY(base::create_netns(member.netns));
  TRY(base::in_netns(member.netns, [&] { return write_sysctls(member.early_sysctls); }));
  Netlink* nl = TRY(sockets.in(member.netns));
  int loopback = TRY(base::find_link(*nl, "lo")).index;
  return base::set_link(*nl, loopback, {.up = true});
}

Result<void> configure_end(const VethEnd& end, Sockets& sockets) {
  Netlink* nl = TRY(sockets.in(end.netns));
  int link = TRY(base::find_link(*nl, end.interface)).index;
  for (const AddressSpec& address : end.addresses) {
    TRY(base::add_address(*nl, {.link = link,
                                .address = address.address,
                                .length = address.length,
                                .no_duplicate_detection = true}));
  }
  return base::set_link(*nl, link, {.up = true});
}

Result<void> make_link(const VethEnd& a, const VethEnd& b, Sockets& sockets) {
  Netlink* nl = TRY(sockets.in(a.netns));
  TRY(base::create_veth(*nl, a.interface, b.interface, b.netns));
  TRY(configure_end(a, sockets));
  return configure_end(b, sockets);
}

Result<void> make_routes(const MemberPlan& member, Sockets& sockets) {
  Netlink* nl = TRY(sockets.in(member.netns));
  for (const RouteSpec& spec : member.routes) {
    base::Route route{.destination = spec.to};
    if (spec.via) {
      route.hops = {{.via = spec.via}};
    } else {
      route.type = base::RouteType::kBlackhole;
    }
    TRY(base::add_route(*nl, route));
  }
  return {};
}

/// What tells one namespace from another.
using NetnsId = std::pair<dev_t, ino_t>;

std::optional<NetnsId> id_of(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return NetnsId{info.st_dev, info.st_ino};
}

std::optional<NetnsId> netns_of_process(pid_t pid) {
  return id_of(fmt::format("/proc/{}/ns/net", pid));
}

/// Kills those found at this moment; the descriptors tell when they are gone.
std::vector<UniqueFd> kill_those_in(const std::set<NetnsId>& ids) {
  std::vector<UniqueFd> killed;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ec)) {
    std::string name = entry.path().filename().string();
    pid_t pid = 0;
    auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (problem != std::errc() || *end != '\0' || pid == ::getpid()) continue;
    auto id = netns_of_process(pid);
    if (!id || !ids.contains(*id)) continue;
    UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    // Looked at again: now the number cannot go to another process unseen.
    if (!pidfd || netns_of_process(pid) != id) continue;
    ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
    killed.push_back(std::move(pidfd));
  }
  return killed;
}

}  // namespace

Result<void> make_network(const LabPlan& plan) {
  Sockets sockets;
  for (const MemberPlan& member : plan.members) {
    TRY(in_context(make_member(member, sockets), member.name));
  }
  for (const auto& [a, b] : plan.links) {
    TRY(in_context(make_link(a, b, sockets), fmt::format("link {} - {}", a.netns, b.netns)));
  }
  for (const MemberPlan& member : plan.members) {
    TRY(in_context(base::in_netns(member.netns, [&] { return write_sysctls(member.sysctls); }),
                   member.name));
    TRY(in_context(make_routes(member, sockets), member.name));
  }
  return {};
}

bool runs_in(pid_t pid, const std::string& netns) {
  auto path = base::netns_path(netns);
  if (!path) return false;
  auto want = id_of(*path);
  return want && netns_of_process(pid) == want;
}

Result<void> kill_processes(const std::vector<std::string>& netns, base::MonoTime deadline) {
  std::set<NetnsId> ids;
  for (const std::string& name : netns) {
    // open_netns: a plain file that is left of a namespace has an inode too.
    UniqueFd fd(base::open_netns(name).value_or(UniqueFd()));
    if (!fd) continue;
    if (auto id = id_of(TRY(base::netns_path(name)))) ids.insert(*id);
  }
  if (ids.empty()) return {};
  base::StopFd never({});
  // Again until none is found: one may have forked meanwhile.
  while (true) {
    std::vector<UniqueFd> killed = kill_those_in(ids);
    if (killed.empty()) return {};
    for (const UniqueFd& pidfd : killed) {
      pollfd polled[] = {{pidfd.get(), POLLIN, 0}};
      TRY(in_context(base::wait_for(polled, deadline, never), "a killed process is still there"));
    }
  }
}

}  // namespace nanika::lab
