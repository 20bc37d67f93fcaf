#include "apiserver/store/folder.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nanika::apiserver::store {

using base::Code;
using base::fail;
using base::fail_errno;
using base::Result;

namespace {

Result<void> sync_folder(const std::string& folder) {
  int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail_errno(folder);
  int synced = ::fsync(fd);
  int error = errno;
  ::close(fd);
  if (synced != 0) return fail_errno("sync " + folder, error);
  return {};
}

std::string holder_of(int fd) {
  char text[32] = {};
  ssize_t n = ::pread(fd, text, sizeof(text) - 1, 0);
  std::string pid = n > 0 ? std::string(text, static_cast<size_t>(n)) : "";
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid.empty() ? "another process" : "process " + pid;
}

}  // namespace

Result<FolderLock> FolderLock::take(const std::string& folder) {
  std::filesystem::path path(folder);
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (error) return fail(Code::kInvalid, "cannot make folder {}: {}", folder, error.message());
  if (::mkdir(folder.c_str(), 0700) == 0) {
    if (path.has_parent_path()) TRY(sync_folder(path.parent_path().string()));
  } else if (errno != EEXIST) {
    return fail_errno("cannot make folder " + folder);
  }
  std::string file = folder + "/lock";
  int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return fail_errno(file);
  FolderLock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail_errno("lock " + file);
    return fail(Code::kConflict, "folder {} is in use by {}: stop it or choose another folder",
                folder, holder_of(fd));
  }
  std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0)
    return fail_errno("write " + file);
  return lock;
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> make_file(const std::string& folder, std::string_view name) {
  std::string file = folder + "/" + std::string(name);
  int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return fail_errno(file);
  ::close(fd);
  return sync_folder(folder);
}

}  // namespace nanika::apiserver::store
