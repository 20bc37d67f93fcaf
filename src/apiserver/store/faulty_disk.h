// For tests: a disk that loses power, or is full, under SQLite.
//
//   FaultyDisk disk;                               // options.vfs = disk.name()
//   disk.lose_power_after(37, seed);               // the 37th write or sync from now does not
//   happen
//   ...                                            // until the store fails
//   disk.leave(folder);                            // what a machine finds there when it is back
//
// Of what was written and not synced an arbitrary part survives, torn at sectors.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

struct sqlite3_file;
struct sqlite3_vfs;

namespace nanika::apiserver::store {

/// Threading: all members may be called from any thread; leave() once the power is lost.
class FaultyDisk {
 public:
  FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  ~FaultyDisk();
  const std::string& name() const { return name_; }  ///< of the VFS
  void lose_power_after(int operations, uint32_t seed);
  bool lost() const;
  void set_full(bool full);
  void leave(const std::string& folder) const;

 private:
  struct Change {
    size_t offset;
    std::string bytes;
    bool truncate;
  };
  struct Image {
    std::string durable;
    std::vector<Change> unsynced;
  };
  struct File;
  struct Methods;

  static void apply(std::string& bytes, const Change& change, size_t size);
  bool tick();
  int change(File& file, const Change& change);
  int sync(File& file);
  int open(const char* path, sqlite3_file* out, int flags, int* got);

  sqlite3_vfs* const real_;
  std::unique_ptr<sqlite3_vfs> vfs_;
  std::string name_;
  mutable std::mutex mutex_;
  std::map<std::string, Image> images_;  // guarded by mutex_; by path
  std::mt19937 random_;                  // guarded by mutex_
  int left_ = 1 << 30;                   // guarded by mutex_
  bool lost_ = false;                    // guarded by mutex_
  bool full_ = false;                    // guarded by mutex_
};

}  // namespace nanika::apiserver::store
