#include "base/file.h"

#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"

namespace nanika::base {

namespace {

std::string parent_of(const std::string& path) {
  size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Writes and syncs a new file; removes nothing on failure.
Result<void> write_new(const std::string& path, std::string_view data, mode_t mode) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode & 0777));
  if (!fd) return fail_errno(path);
  if (::fchmod(fd.get(), mode) != 0) return fail_errno(path);
  if (auto written = in_context(write_all(fd.get(), data), path); !written) return written;
  if (::fsync(fd.get()) != 0) return fail_errno(path);
  return {};
}

}  // namespace

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Result<std::string> read_file(const std::string& path, size_t max_size) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(path);
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return fail_errno(path);
  std::string out;
  size_t used = 0;
  // One byte more than the size: the end is then seen without growing.
  out.resize(std::min(static_cast<size_t>(std::max<off_t>(info.st_size, 0)), max_size) + 1);
  while (true) {
    ssize_t n = ::read(fd.get(), out.data() + used, out.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(path);
    if (n == 0) break;
    used += static_cast<size_t>(n);
    if (used > max_size) {
      return fail(Code::kTooLarge, "{}: larger than {} bytes", path, max_size);
    }
    if (used == out.size()) out.resize(std::min(out.size() * 2 + 4096, max_size + 1));
  }
  out.resize(used);
  return out;
}

Result<void> write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    ssize_t n = ::write(fd, data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("write");
    data.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Result<void> write_file_atomic(const std::string& path, std::string_view data, mode_t mode) {
  std::string temporary = fmt::format("{}.tmp-{}", path, random_name_suffix(8));
  Result<void> written = write_new(temporary, data, mode);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) written = fail_errno(path);
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  std::string folder = parent_of(path);
  UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return fail_errno(folder);
  return {};
}

Result<void> make_dirs(const std::string& path, mode_t mode) {
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), mode) == 0) {
      if (::chmod(part.c_str(), mode) != 0) return fail_errno(part);  // whatever the umask is
    } else if (errno == EEXIST) {
      struct stat info{};
      if (::stat(part.c_str(), &info) != 0) return fail_errno(part);
      if (!S_ISDIR(info.st_mode)) return fail(Code::kInvalid, "{}: not a folder", part);
    } else {
      return fail_errno(part);
    }
    if (end == std::string::npos) return {};
  }
}

Result<void> remove_all(const std::string& path) {
  std::error_code ec;
  std::filesystem::remove_all(path, ec);
  if (ec) return fail_errno(path, ec.value());
  return {};
}

Result<FileLock> FileLock::acquire(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return fail_errno(path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return fail(Code::kConflict, "{}: another process holds this lock", path);
    }
    return fail_errno(path);
  }
  return FileLock(std::move(fd));
}

}  // namespace nanika::base
