// The data folder: made and locked so that one server alone uses it and its owner alone reads it.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace nanika::apiserver::store {

/// A folder that is ours until destruction (or the end of the process): flock(2) on its file
/// `lock`.
class FolderLock {
 public:
  /// Makes the folder (0700) when absent. kConflict names the process that has it.
  static base::Result<FolderLock> take(const std::string& folder);
  FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

/// Makes an empty file (0600) when absent, so that its name survives a loss of power.
base::Result<void> make_file(const std::string& folder, std::string_view name);

}  // namespace nanika::apiserver::store
