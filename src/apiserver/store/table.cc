#include "apiserver/store/table.h"

#include <algorithm>

namespace nanika::apiserver::store {

Table::Table() : chunks_(std::make_shared<Chunks>()) {}

Table::Cursor::Cursor(const Chunks* chunks, size_t chunk, size_t index)
    : chunks_(chunks), chunk_(chunk), index_(index) {
  if (chunk_ < chunks_->size() && index_ == (*chunks_)[chunk_]->objects.size()) {
    ++chunk_;
    index_ = 0;
  }
}

size_t Table::Cursor::distance(const Cursor& end) const {
  if (chunk_ == end.chunk_) return end.index_ - index_;
  size_t n = (*chunks_)[chunk_]->objects.size() - index_ + end.index_;
  for (size_t i = chunk_ + 1; i < end.chunk_; ++i) n += (*chunks_)[i]->objects.size();
  return n;
}

Table::Cursor Table::bound(const Chunks& chunks, std::string_view path, bool after) {
  // The first chunk whose last object is not before the place.
  auto before = [&](std::string_view have) { return after ? have <= path : have < path; };
  auto chunk = std::partition_point(chunks.begin(), chunks.end(), [&](const auto& c) {
    return before(c->objects.back()->path());
  });
  if (chunk == chunks.end()) return {&chunks, chunks.size(), 0};
  const auto& objects = (*chunk)->objects;
  auto at = std::partition_point(objects.begin(), objects.end(),
                                 [&](const ObjectPtr& o) { return before(o->path()); });
  return {&chunks, static_cast<size_t>(chunk - chunks.begin()),
          static_cast<size_t>(at - objects.begin())};
}

ObjectPtr Table::find(std::string_view path) const {
  Cursor at = bound(*chunks_, path, false);
  return !at.done() && (*at)->path() == path ? *at : nullptr;
}

Table::Snapshot Table::snapshot() {
  if (!shared_) {
    shared_ = true;
    ++epoch_;
  }
  return Snapshot(chunks_);
}

Table::Chunk& Table::own_chunk(size_t index) {
  if (shared_) {
    chunks_ = std::make_shared<Chunks>(*chunks_);
    shared_ = false;
  }
  std::shared_ptr<Chunk>& chunk = (*chunks_)[index];
  if (chunk->epoch != epoch_) chunk = std::make_shared<Chunk>(epoch_, chunk->objects);
  return *chunk;
}

ObjectPtr Table::put(ObjectPtr object) {
  std::string_view path = object->path();
  if (chunks_->empty()) {
    chunks_ = std::make_shared<Chunks>();
    shared_ = false;
    chunks_->push_back(std::make_shared<Chunk>(epoch_, std::vector<ObjectPtr>{}));
    chunks_->back()->objects.push_back(std::move(object));
    size_ = 1;
    return nullptr;
  }
  Cursor at = bound(*chunks_, path, false);
  size_t index = at.done() ? chunks_->size() - 1 : at.chunk_;
  size_t place = at.done() ? chunks_->back()->objects.size() : at.index_;
  bool there = !at.done() && (*at)->path() == path;
  Chunk& chunk = own_chunk(index);
  if (there) return std::exchange(chunk.objects[place], std::move(object));

  chunk.objects.insert(chunk.objects.begin() + static_cast<ptrdiff_t>(place), std::move(object));
  ++size_;
  if (chunk.objects.size() > kChunk) {
    // Names that only grow fill chunks to the end: split off little there, half elsewhere.
    size_t keep = place + 1 == chunk.objects.size() ? kChunk : kChunk / 2;
    auto middle = chunk.objects.begin() + static_cast<ptrdiff_t>(keep);
    auto right = std::make_shared<Chunk>(
        epoch_, std::vector<ObjectPtr>(std::make_move_iterator(middle),
                                       std::make_move_iterator(chunk.objects.end())));
    chunk.objects.erase(middle, chunk.objects.end());
    chunks_->insert(chunks_->begin() + static_cast<ptrdiff_t>(index) + 1, std::move(right));
  }
  return nullptr;
}

ObjectPtr Table::erase(std::string_view path) {
  Cursor at = bound(*chunks_, path, false);
  if (at.done() || (*at)->path() != path) return nullptr;
  size_t index = at.chunk_;
  size_t place = at.index_;
  Chunk& chunk = own_chunk(index);
  ObjectPtr gone = std::move(chunk.objects[place]);
  chunk.objects.erase(chunk.objects.begin() + static_cast<ptrdiff_t>(place));
  if (chunk.objects.empty()) chunks_->erase(chunks_->begin() + static_cast<ptrdiff_t>(index));
  --size_;
  return gone;
}

}  // namespace nanika::apiserver::store
