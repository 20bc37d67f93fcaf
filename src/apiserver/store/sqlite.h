// SQLite with Results: connections and prepared statements as the revision log needs them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace nanika::apiserver::store {

/// A prepared statement. Bound texts must live until step() returned.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* database, sqlite3_stmt* statement)
      : database_(database), statement_(statement) {}

  void bind(int index, uint64_t value);
  void bind_text(int index, std::string_view text);
  void bind_blob(int index, std::string_view bytes);
  /// True: there is a row to read.
  base::Result<bool> step();
  /// Runs a statement that gives no rows, and makes it ready for the next time.
  base::Result<void> run();
  void reset();

  uint64_t number(int column) const;
  std::string_view bytes(int column) const;  ///< until the next step or reset

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  sqlite3* database_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  /// `vfs` "": the default one. The file must be there.
  static base::Result<Database> open(const std::string& file, const std::string& vfs);

  base::Result<void> execute(const char* sql);
  base::Result<Statement> prepare(const char* sql);
  /// Leaves a transaction that failed, in whatever state it is.
  void rollback();
  /// Writes the pages of the WAL to the database as far as nobody is in the way; `restart` waits,
  /// so that the WAL starts over at its beginning.
  base::Result<void> checkpoint(bool restart);
  /// Pages in the WAL after the last commit of this connection.
  int wal_pages() const { return *wal_pages_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<int> wal_pages_ = std::make_unique<int>(0);
  std::unique_ptr<sqlite3, Close> database_;
};

/// SQLite's result code as an Error: kUnavailable for a full disk and the like, kInternal for
/// damage.
base::Error sqlite_error(sqlite3* database, int code, std::string_view what);

}  // namespace nanika::apiserver::store
