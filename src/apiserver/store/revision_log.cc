#include "apiserver/store/revision_log.h"

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "apiserver/store/folder.h"
#include "apiserver/store/sqlite.h"
#include "base/log.h"

namespace nanika::apiserver::store {

using base::Code;
using base::fail;
using base::in_context;
using base::Result;

namespace {

constexpr uint64_t kFormat = 1;
constexpr uint64_t kApplication = 0x6e616e69;  // "nani", PRAGMA application_id

constexpr int kCheckpointPages = 1000;  // 4 MiB
constexpr int kCutPages = 16384;        // 64 MiB

constexpr const char* kSchema = R"(
BEGIN IMMEDIATE;
CREATE TABLE log(rev INTEGER PRIMARY KEY, resource INTEGER NOT NULL, namespace TEXT NOT NULL,
                 name TEXT NOT NULL, deleted INTEGER NOT NULL, at INTEGER NOT NULL,
                 meta BLOB NOT NULL, value BLOB NOT NULL);
CREATE TABLE resources(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES('revision', 0), ('compacted', 0);
PRAGMA application_id = 1851879017;
PRAGMA user_version = 1;
COMMIT;
)";

/// Runs passive checkpoints when poked, on a connection of its own.
class Checkpointer {
 public:
  explicit Checkpointer(Database database)
      : database_(std::move(database)), thread_([this](std::stop_token stop) { run(stop); }) {}
  void poke() {
    {
      std::lock_guard lock(mutex_);
      due_ = true;
    }
    wake_.notify_one();
  }

 private:
  void run(std::stop_token stop) {
    while (true) {
      {
        std::unique_lock lock(mutex_);
        if (!wake_.wait(lock, stop, [&] { return due_; })) return;
        due_ = false;
      }
      // A full disk is told by the commits; the checkpoint is tried again after the next ones.
      if (auto done = database_.checkpoint(false); !done)
        base::log::debug("store", "checkpoint put off", {{base::log::Key::kError, done.error()}});
    }
  }
  Database database_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool due_ = false;  // guarded by mutex_
  std::jthread thread_;
};

class SqliteLog final : public RevisionLog {
 public:
  SqliteLog(FolderLock lock, Database database)
      : lock_(std::move(lock)), db_(std::move(database)) {}

  Result<void> prepare(const std::string& file, const std::string& vfs) {
    begin_ = TRY(db_.prepare("BEGIN IMMEDIATE"));
    commit_ = TRY(db_.prepare("COMMIT"));
    insert_ = TRY(db_.prepare("INSERT INTO log VALUES(?,?,?,?,?,?,?,?)"));
    erase_ = TRY(db_.prepare("DELETE FROM log WHERE rev = ?"));
    name_ = TRY(db_.prepare("INSERT INTO resources VALUES(?,?)"));
    count_ = TRY(db_.prepare("UPDATE meta SET value = ? WHERE key = ?"));
    checkpointer_ = std::make_unique<Checkpointer>(TRY(Database::open(file, vfs)));
    return {};
  }

  Result<Counters> load(const std::function<Result<void>(const Row&)>& visit) override {
    std::unordered_map<uint64_t, std::string> names;
    Statement resources = TRY(db_.prepare("SELECT id, name FROM resources"));
    while (TRY(resources.step())) {
      std::string name(resources.bytes(1));
      names[resources.number(0)] = name;
      ids_[name] = resources.number(0);
    }
    Counters counters;
    Statement meta = TRY(db_.prepare("SELECT key, value FROM meta"));
    while (TRY(meta.step())) {
      if (meta.bytes(0) == "revision") counters.revision = meta.number(1);
      if (meta.bytes(0) == "compacted") counters.compacted = meta.number(1);
    }
    Statement rows = TRY(db_.prepare("SELECT * FROM log ORDER BY rev"));
    while (TRY(rows.step())) {
      auto name = names.find(rows.number(1));
      if (name == names.end())
        return fail(Code::kInternal, "revision {} is of no known resource", rows.number(0));
      Row row{rows.number(0), name->second,        rows.bytes(2),
              rows.bytes(3),  rows.number(4) != 0, static_cast<int64_t>(rows.number(5)),
              rows.bytes(6),  rows.bytes(7)};
      TRY(in_context(visit(row), fmt::format("revision {}", row.revision)));
      counters.revision = std::max(counters.revision, row.revision);
    }
    return counters;
  }

  Result<void> commit(std::span<const Row> rows, std::span<const uint64_t> dead,
                      Counters counters) override {
    Result<void> done = transact(rows, dead, counters);
    if (!done) {
      db_.rollback();
      for (const std::string& name : new_names_) ids_.erase(name);
    }
    new_names_.clear();
    if (db_.wal_pages() >= kCutPages) {
      // Little is left to do here: the checkpointer has written what was there before.
      if (auto cut = db_.checkpoint(true); !cut)
        base::log::warning("store", "cannot cut the log", {{base::log::Key::kError, cut.error()}});
      poked_at_ = 0;
    } else if (db_.wal_pages() < poked_at_) {
      poked_at_ = 0;  // all was written, and the log started over
    } else if (db_.wal_pages() - poked_at_ >= kCheckpointPages) {
      poked_at_ = db_.wal_pages();
      checkpointer_->poke();
    }
    return done;
  }

  Result<void> checkpoint() override { return db_.checkpoint(true); }

 private:
  Result<void> transact(std::span<const Row> rows, std::span<const uint64_t> dead,
                        Counters counters) {
    TRY(begin_.run());
    for (const Row& row : rows) {
      insert_.bind(1, row.revision);
      insert_.bind(2, TRY(resource_id(row.resource)));
      insert_.bind_text(3, row.ns);
      insert_.bind_text(4, row.name);
      insert_.bind(5, row.deleted ? 1 : 0);
      insert_.bind(6, static_cast<uint64_t>(row.at));
      insert_.bind_blob(7, row.meta);
      insert_.bind_blob(8, row.value);
      TRY(insert_.run());
    }
    for (uint64_t revision : dead) {
      erase_.bind(1, revision);
      TRY(erase_.run());
    }
    if (rows.empty() || !dead.empty()) {
      TRY(set("revision", counters.revision));
      TRY(set("compacted", counters.compacted));
    }
    return commit_.run();
  }

  Result<void> set(std::string_view key, uint64_t value) {
    count_.bind(1, value);
    count_.bind_text(2, key);
    return count_.run();
  }

  Result<uint64_t> resource_id(std::string_view name) {
    auto [it, inserted] = ids_.try_emplace(std::string(name), ids_.size() + 1);
    if (inserted) {
      new_names_.push_back(it->first);
      name_.bind(1, it->second);
      name_.bind_text(2, name);
      TRY(name_.run());
    }
    return it->second;
  }

  FolderLock lock_;  // let go last
  Database db_;
  Statement begin_, commit_, insert_, erase_, name_, count_;
  std::unordered_map<std::string, uint64_t> ids_;  ///< dense from 1: resources are never taken out
  std::vector<std::string> new_names_;             ///< of the transaction under way
  int poked_at_ = 0;                               ///< pages in the WAL when last poked
  std::unique_ptr<Checkpointer> checkpointer_;
};

Result<uint64_t> pragma(Database& database, const char* sql) {
  Statement statement = TRY(database.prepare(sql));
  TRY(statement.step());
  return statement.number(0);
}

Result<void> check_format(Database& database, const std::string& file) {
  uint64_t format = TRY(pragma(database, "PRAGMA user_version"));
  uint64_t application = TRY(pragma(database, "PRAGMA application_id"));
  uint64_t tables = TRY(pragma(database, "SELECT count(*) FROM sqlite_schema"));
  if (tables == 0) return database.execute(kSchema);
  if (application != kApplication)
    return fail(Code::kInternal, "{} is a database of another program: choose another folder",
                file);
  if (format > kFormat)
    return fail(Code::kUnsupported,
                "{} has format {}, written by a newer nanika; this one knows formats up to {}: "
                "run the newer version",
                file, format, kFormat);
  return {};
}

Result<std::unique_ptr<RevisionLog>> open_log(FolderLock lock, const std::string& file,
                                              const std::string& vfs) {
  Database database = TRY(Database::open(file, vfs));
  TRY(
      database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                       "PRAGMA wal_autocheckpoint = 0;"));
  TRY(check_format(database, file));
  auto log = std::make_unique<SqliteLog>(std::move(lock), std::move(database));
  TRY(log->prepare(file, vfs));
  return log;
}

}  // namespace

Result<std::unique_ptr<RevisionLog>> RevisionLog::open(const std::string& folder,
                                                       const std::string& vfs) {
  FolderLock lock = TRY(FolderLock::take(folder));
  TRY(make_file(folder, "store.db"));
  return in_context(open_log(std::move(lock), folder + "/store.db", vfs), "store " + folder);
}

}  // namespace nanika::apiserver::store
