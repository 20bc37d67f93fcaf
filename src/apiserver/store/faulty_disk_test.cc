#include "apiserver/store/faulty_disk.h"

#include <cstring>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "apiserver/store/store_testing.h"

namespace nanika::apiserver::store {

struct FaultyDisk::File {
  sqlite3_file base;
  FaultyDisk* disk;
  Image* image;  ///< null: not looked after (temporary files)
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

/// SQLite's table of functions on an open file.
struct FaultyDisk::Methods {
  using F = sqlite3_file;
  static File& of(F* file) { return *reinterpret_cast<File*>(file); }
  static constexpr sqlite3_io_methods kTable = {
      .iVersion = 2,
      .xClose = [](F* f) { return of(f).real()->pMethods->xClose(of(f).real()); },
      .xRead =
          [](F* f, void* to, int n, sqlite3_int64 at) {
            return of(f).real()->pMethods->xRead(of(f).real(), to, n, at);
          },
      .xWrite =
          [](F* f, const void* from, int n, sqlite3_int64 at) {
            return of(f).disk->change(
                of(f),
                {static_cast<size_t>(at),
                 std::string(static_cast<const char*>(from), static_cast<size_t>(n)), false});
          },
      .xTruncate =
          [](F* f, sqlite3_int64 size) {
            return of(f).disk->change(of(f), {static_cast<size_t>(size), "", true});
          },
      .xSync = [](F* f, int) { return of(f).disk->sync(of(f)); },
      .xFileSize =
          [](F* f, sqlite3_int64* size) {
            return of(f).real()->pMethods->xFileSize(of(f).real(), size);
          },
      .xLock = [](F* f, int how) { return of(f).real()->pMethods->xLock(of(f).real(), how); },
      .xUnlock = [](F* f, int how) { return of(f).real()->pMethods->xUnlock(of(f).real(), how); },
      .xCheckReservedLock =
          [](F* f, int* out) {
            return of(f).real()->pMethods->xCheckReservedLock(of(f).real(), out);
          },
      .xFileControl =
          [](F* f, int what, void* arg) {
            return of(f).real()->pMethods->xFileControl(of(f).real(), what, arg);
          },
      .xSectorSize = [](F* f) { return of(f).real()->pMethods->xSectorSize(of(f).real()); },
      // Nothing that spares SQLite a precaution: no atomic writes, no power-safe overwrite.
      .xDeviceCharacteristics = [](F*) { return 0; },
      .xShmMap =
          [](F* f, int page, int size, int extend, void volatile** out) {
            return of(f).real()->pMethods->xShmMap(of(f).real(), page, size, extend, out);
          },
      .xShmLock =
          [](F* f, int offset, int n, int flags) {
            return of(f).real()->pMethods->xShmLock(of(f).real(), offset, n, flags);
          },
      .xShmBarrier = [](F* f) { of(f).real()->pMethods->xShmBarrier(of(f).real()); },
      .xShmUnmap =
          [](F* f, int remove) { return of(f).real()->pMethods->xShmUnmap(of(f).real(), remove); },
  };
};

FaultyDisk::FaultyDisk()
    : real_(sqlite3_vfs_find(nullptr)), vfs_(std::make_unique<sqlite3_vfs>(*real_)) {
  name_ = fmt::format("faulty-{}", static_cast<void*>(this));
  vfs_->zName = name_.c_str();
  vfs_->szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
  vfs_->pAppData = this;
  vfs_->xOpen = [](sqlite3_vfs* vfs, const char* path, sqlite3_file* out, int flags, int* got) {
    return static_cast<FaultyDisk*>(vfs->pAppData)->open(path, out, flags, got);
  };
  vfs_->xDelete = [](sqlite3_vfs* vfs, const char* path, int sync) {
    auto* disk = static_cast<FaultyDisk*>(vfs->pAppData);
    std::lock_guard lock(disk->mutex_);
    if (disk->lost_) return SQLITE_IOERR_DELETE;
    disk->images_.erase(path);
    return disk->real_->xDelete(disk->real_, path, sync);
  };
  sqlite3_vfs_register(vfs_.get(), 0);
}

FaultyDisk::~FaultyDisk() {
  sqlite3_vfs_unregister(vfs_.get());
}

void FaultyDisk::lose_power_after(int operations, uint32_t seed) {
  std::lock_guard lock(mutex_);
  random_.seed(seed);
  left_ = operations;
}

bool FaultyDisk::lost() const {
  std::lock_guard lock(mutex_);
  return lost_;
}

void FaultyDisk::set_full(bool full) {
  std::lock_guard lock(mutex_);
  full_ = full;
}

void FaultyDisk::leave(const std::string& folder) const {
  std::lock_guard lock(mutex_);
  std::filesystem::create_directories(folder);
  for (const auto& [path, image] : images_) {
    auto file = std::filesystem::path(folder) / std::filesystem::path(path).filename();
    std::ofstream(file, std::ios::binary) << image.durable;
  }
}

void FaultyDisk::apply(std::string& bytes, const Change& change, size_t size) {
  if (change.truncate) {
    bytes.resize(change.offset);
    return;
  }
  if (bytes.size() < change.offset + size) bytes.resize(change.offset + size);
  std::memcpy(bytes.data() + change.offset, change.bytes.data(), size);
}

/// False: the power is gone. Called with the lock, before each write and sync.
bool FaultyDisk::tick() {
  if (lost_ || --left_ > 0) return !lost_;
  lost_ = true;
  for (auto& [path, image] : images_) {
    for (const Change& change : image.unsynced) {
      uint32_t luck = random_() % 4;
      if (luck == 0) continue;
      size_t size = change.bytes.size();
      if (luck == 1) size = random_() % (size / 512 + 1) * 512;
      apply(image.durable, change, size);
    }
  }
  return false;
}

int FaultyDisk::change(File& file, const Change& change) {
  std::lock_guard lock(mutex_);
  if (full_ && !change.truncate) return SQLITE_FULL;
  if (file.image != nullptr) {
    if (!lost_) file.image->unsynced.push_back(change);
    if (!tick()) return SQLITE_IOERR_WRITE;
  }
  if (change.truncate)
    return file.real()->pMethods->xTruncate(file.real(), static_cast<sqlite3_int64>(change.offset));
  return file.real()->pMethods->xWrite(file.real(), change.bytes.data(),
                                       static_cast<int>(change.bytes.size()),
                                       static_cast<sqlite3_int64>(change.offset));
}

int FaultyDisk::sync(File& file) {
  std::lock_guard lock(mutex_);
  if (file.image == nullptr) return SQLITE_OK;
  if (!tick()) return SQLITE_IOERR_FSYNC;
  for (const Change& change : file.image->unsynced)
    apply(file.image->durable, change, change.bytes.size());
  file.image->unsynced.clear();
  return SQLITE_OK;
}

int FaultyDisk::open(const char* path, sqlite3_file* out, int flags, int* got) {
  File& file = Methods::of(out);
  file = {};
  int code = real_->xOpen(real_, path, file.real(), flags, got);
  if (code != SQLITE_OK) return code;
  file.base.pMethods = &Methods::kTable;
  file.disk = this;
  std::lock_guard lock(mutex_);
  if (path != nullptr &&
      (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0)
    file.image = &images_[path];
  return SQLITE_OK;
}

namespace {

/// The disk of the tests must be able to lose something, or they prove nothing.
TEST(FaultyDiskTest, LosesWhatWasNotSynced) {
  TempFolder folder;
  FaultyDisk disk;
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open_v2((folder / "x.db").c_str(), &database,
                            SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, disk.name().c_str()),
            SQLITE_OK);
  auto run = [&](const char* sql) {
    return sqlite3_exec(database, sql, nullptr, nullptr, nullptr);
  };
  ASSERT_EQ(run("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; CREATE TABLE t(x);"), SQLITE_OK);
  disk.lose_power_after(40, 1);
  while (run("INSERT INTO t VALUES(1)") == SQLITE_OK) {
  }
  sqlite3_close(database);
  disk.leave(folder / "after");
  EXPECT_LT(std::filesystem::file_size(folder / "after/x.db-wal"), 40u * 4096);
}

}  // namespace
}  // namespace nanika::apiserver::store
