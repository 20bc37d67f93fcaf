// The objects of one resource, sorted by path; snapshots cost nothing and are copied on write.
//
//   Table::Snapshot all = table.snapshot();             // under the lock of the table
//   for (Table::Cursor at = all.lower_bound("shop/"); !at.done(); at.next()) use(*at);   // without
//
// Two levels: sorted chunks of at most kChunk objects, and the list of chunks. After a snapshot the
// writer copies the list and each chunk once, when it first changes them; with no snapshot since
// the last change it changes them in place.
//
// Threading: Table is guarded by its owner's lock; a Snapshot belongs to whoever took it.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "apiserver/store/object.h"

namespace nanika::apiserver::store {

class Table {
  struct Chunk {
    uint64_t epoch;  ///< not older than the last snapshot: no snapshot shows this chunk
    std::vector<ObjectPtr> objects;
  };
  using Chunks = std::vector<std::shared_ptr<Chunk>>;

 public:
  class Cursor {
   public:
    bool done() const { return chunk_ == chunks_->size(); }
    const ObjectPtr& operator*() const { return (*chunks_)[chunk_]->objects[index_]; }
    void next() {
      if (++index_ == (*chunks_)[chunk_]->objects.size()) {
        ++chunk_;
        index_ = 0;
      }
    }
    /// How many objects lie from here up to `end`, which is not before this one.
    size_t distance(const Cursor& end) const;

   private:
    friend class Table;
    Cursor(const Chunks* chunks, size_t chunk, size_t index);
    const Chunks* chunks_;
    size_t chunk_;
    size_t index_;
  };

  class Snapshot {
   public:
    /// The first object whose path is not less than, or is greater than, `path`. Cursors live no
    /// longer than the snapshot.
    Cursor lower_bound(std::string_view path) const { return bound(*chunks_, path, false); }
    Cursor upper_bound(std::string_view path) const { return bound(*chunks_, path, true); }
    Cursor end() const { return {chunks_.get(), chunks_->size(), 0}; }

   private:
    friend class Table;
    explicit Snapshot(std::shared_ptr<const Chunks> chunks) : chunks_(std::move(chunks)) {}
    std::shared_ptr<const Chunks> chunks_;
  };

  Table();
  ObjectPtr find(std::string_view path) const;  ///< null: there is none
  ObjectPtr put(ObjectPtr object);              ///< the one it replaced, or null
  ObjectPtr erase(std::string_view path);       ///< the one that was there, or null
  size_t size() const { return size_; }
  Snapshot snapshot();

 private:
  static constexpr size_t kChunk = 256;
  static Cursor bound(const Chunks& chunks, std::string_view path, bool after);
  Chunk& own_chunk(size_t index);

  std::shared_ptr<Chunks> chunks_;  ///< no chunk is empty
  bool shared_ = false;             ///< a snapshot shows *chunks_
  uint64_t epoch_ = 0;
  size_t size_ = 0;
};

}  // namespace nanika::apiserver::store
