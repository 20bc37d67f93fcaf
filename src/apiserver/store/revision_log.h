// The log of revisions in SQLite: what makes an answered write durable.
//
//   log(rev INTEGER PRIMARY KEY, resource, namespace, name, deleted, at, meta, value)
//   resources(id, name)   meta(key, value): revision, compacted
//
// Each row is one revision of one object with its whole JSON; nothing is stored twice and no row is
// ever changed. The live objects are the newest rows of their keys. The revision counter is the
// greater of the newest row and meta.revision, which every compaction writes: a revision is not
// given again even when its row is gone. `at` is milliseconds of wall time.
//
// WAL, synchronous=FULL. Checkpoints run on a thread and connection of their own, so that a commit
// pays for its own pages only; when commits outrun them, the log is cut after a commit at 64 MiB.
// Threading: one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace nanika::apiserver::store {

class RevisionLog {
 public:
  struct Row {
    uint64_t revision = 0;
    std::string_view resource;
    std::string_view ns;
    std::string_view name;
    bool deleted = false;
    int64_t at = 0;
    std::string_view meta;
    std::string_view value;
  };
  struct Counters {
    uint64_t revision = 0;   ///< the newest that was ever given
    uint64_t compacted = 0;  ///< rows superseded up to this revision may be gone
  };

  /// Makes the folder (0700) and the files (0600) when absent, and locks the folder until
  /// destruction. kConflict: somebody else holds it; kUnsupported: written by a newer format;
  /// kInternal: damaged or no store at all; else as the system said.
  static base::Result<std::unique_ptr<RevisionLog>> open(const std::string& folder,
                                                         const std::string& vfs);
  virtual ~RevisionLog() = default;

  /// All rows in the order of revisions; the views hold during the call.
  virtual base::Result<Counters> load(
      const std::function<base::Result<void>(const Row&)>& visit) = 0;
  /// One transaction: the rows in, the `dead` revisions out, and durable when it returns. With dead
  /// ones `counters` are stored. On failure nothing of it is there (a failed sync may leave it to
  /// be found after a crash, as with any database: then it is whole).
  virtual base::Result<void> commit(std::span<const Row> rows, std::span<const uint64_t> dead,
                                    Counters counters) = 0;
  /// Waits until all that is committed stands in the database file.
  virtual base::Result<void> checkpoint() = 0;
};

}  // namespace nanika::apiserver::store
