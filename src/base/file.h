// Files: descriptors that close themselves, whole reads with a bound, writes that are all or
// nothing.
//
//   TRY(write_file_atomic("/run/nanika/state.json", text, 0600));   // readers see old or new,
//   never half std::string text = TRY(read_file("lab.yaml", 1 << 20));
//
// Errors name the path: "lab.yaml: No such file or directory" (kNotFound).
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <sys/types.h>

#include "base/result.h"

namespace nanika::base {

/// Owns a file descriptor; -1 is none.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

/// The whole file; also works for /proc and pipes, whose size is not known before. kTooLarge beyond
/// `max_size`.
Result<std::string> read_file(const std::string& path, size_t max_size = 64 << 20);

/// Writes a temporary file beside `path`, syncs it, renames it over `path` and syncs the folder:
/// after a crash the file is the old or the new one. `mode` holds whatever the umask is.
Result<void> write_file_atomic(const std::string& path, std::string_view data, mode_t mode = 0644);

/// Makes the folder and those above it that are missing (they get `mode` too); one that is there is
/// left as it is. kInvalid when something that is no folder stands there.
Result<void> make_dirs(const std::string& path, mode_t mode = 0755);

/// Removes a file, or a folder with all in it; nothing there is a success. Never follows symlinks.
Result<void> remove_all(const std::string& path);

/// Writes all bytes to a descriptor, however many calls it takes.
Result<void> write_all(int fd, std::string_view data);

/// An advisory lock (flock) on a file of its own: one process holds it at a time, and death
/// releases it. The file is left behind.
class FileLock {
 public:
  /// kConflict when another process holds it.
  static Result<FileLock> acquire(const std::string& path);

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace nanika::base
