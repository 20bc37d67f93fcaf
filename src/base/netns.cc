#include "base/netns.h"

#include <filesystem>

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

namespace nanika::base {

namespace {

constexpr std::string_view kFolder = "/run/netns";

Result<void> check_name(std::string_view name) {
  auto good = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  };
  if (name.empty() || name.size() > 64 || name == "." || name == ".." ||
      !std::ranges::all_of(name, good)) {
    return fail(Code::kInvalid,
                "\"{}\" cannot name a network namespace: use 1 to 64 letters, digits, -, _ and .",
                name);
  }
  return {};
}

std::string path_of(std::string_view name) {
  return fmt::format("{}/{}", kFolder, name);
}

/// Makes the folder a shared mount, so that namespaces made here are seen in other mount namespaces
/// and, more so, deleted in all of them (as `ip netns` does).
Result<void> share_folder() {
  std::string folder(kFolder);
  TRY(make_dirs(folder));
  if (::mount("", folder.c_str(), "none", MS_SHARED | MS_REC, nullptr) == 0) return {};
  if (errno != EINVAL) return fail_errno(folder);
  // No mount point yet: make it one.
  if (::mount(folder.c_str(), folder.c_str(), "none", MS_BIND | MS_REC, nullptr) != 0 ||
      ::mount("", folder.c_str(), "none", MS_SHARED | MS_REC, nullptr) != 0) {
    return fail_errno(folder);
  }
  return {};
}

bool is_namespace(int fd) {
  struct statfs info{};
  return ::fstatfs(fd, &info) == 0 && info.f_type == NSFS_MAGIC;
}

/// Runs on a fresh thread: what it does to its namespaces ends with it.
Result<void> on_own_thread(const std::function<Result<void>()>& work) {
  Result<void> result;
  std::exception_ptr thrown;
  std::thread([&] {
    try {
      result = work();
    } catch (...) {
      thrown = std::current_exception();
    }
  }).join();
  if (thrown) std::rethrow_exception(thrown);
  return result;
}

}  // namespace

Result<std::string> netns_path(std::string_view netns) {
  if (netns.empty()) return "/proc/thread-self/ns/net";
  if (netns.contains('/')) return std::string(netns);
  TRY(check_name(netns));
  return path_of(netns);
}

Result<void> create_netns(const std::string& name) {
  TRY(check_name(name));
  TRY(share_folder());
  std::string path = path_of(name);
  if (auto there = open_netns(name)) {
    return fail(Code::kAlreadyExists, "{}: a network namespace of that name is there", path);
  }
  ::unlink(path.c_str());  // a file that is left of one that is gone
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0));
  if (!file) return fail_errno(path);
  Result<void> made = on_own_thread([&]() -> Result<void> {
    if (::unshare(CLONE_NEWNET) != 0) return fail_errno("make a network namespace");
    if (::mount("/proc/thread-self/ns/net", path.c_str(), "none", MS_BIND, nullptr) != 0) {
      return fail_errno(path);
    }
    return {};
  });
  if (!made) ::unlink(path.c_str());
  return made;
}

Result<void> delete_netns(const std::string& name) {
  TRY(check_name(name));
  std::string path = path_of(name);
  if (::umount2(path.c_str(), MNT_DETACH) != 0 && errno != EINVAL && errno != ENOENT) {
    return fail_errno(path);
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno(path);
  return {};
}

Result<std::vector<std::string>> list_netns() {
  std::vector<std::string> out;
  std::error_code ec;
  std::filesystem::directory_iterator entries(kFolder, ec);
  if (ec && ec.value() != ENOENT) return fail_errno(kFolder, ec.value());
  if (ec) return out;
  for (const auto& entry : entries) out.push_back(entry.path().filename().string());
  std::ranges::sort(out);
  return out;
}

Result<UniqueFd> open_netns(std::string_view netns) {
  std::string path = TRY(netns_path(netns));
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(path);
  if (!is_namespace(fd.get())) {
    return fail(Code::kNotFound, "{}: not a network namespace (any more)", path);
  }
  return fd;
}

Result<void> in_netns(std::string_view netns, const std::function<Result<void>()>& work) {
  UniqueFd fd = TRY(open_netns(netns));
  return on_own_thread([&]() -> Result<void> {
    if (::setns(fd.get(), CLONE_NEWNET) != 0) {
      return fail_errno(fmt::format("enter network namespace {}", netns));
    }
    return work();
  });
}

Result<UniqueFd> open_socket_in_netns(std::string_view netns, int domain, int type, int protocol) {
  UniqueFd out;
  auto open = [&]() -> Result<void> {
    out = UniqueFd(::socket(domain, type | SOCK_CLOEXEC, protocol));
    if (!out) return fail_errno("socket");
    return {};
  };
  if (netns.empty()) {
    TRY(open());
  } else {
    TRY(in_netns(netns, open));
  }
  return out;
}

}  // namespace nanika::base
