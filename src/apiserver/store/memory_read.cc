// Lists, also as of a revision that has passed, and the registration of watches.
#include <algorithm>
#include <map>

#include "apiserver/store/memory.h"

namespace nanika::apiserver::store {

using base::Code;
using base::fail;
using base::Result;

namespace {

/// Events of a history after a revision, of one namespace or of all.
std::vector<EventPtr> events_after(const std::deque<EventPtr>& history, uint64_t revision,
                                   std::string_view ns) {
  auto from = std::partition_point(history.begin(), history.end(),
                                   [&](const EventPtr& e) { return e->revision() <= revision; });
  std::vector<EventPtr> out;
  for (; from != history.end(); ++from)
    if (ns.empty() || (*from)->object()->ns() == ns) out.push_back(*from);
  return out;
}

/// The part of the order of paths that belongs to a namespace.
struct Range {
  std::string first, end;
  bool all;
  explicit Range(std::string_view ns) : all(ns.empty()) {
    if (all) return;
    first = std::string(ns) + '/';
    end = std::string(ns) + static_cast<char>('/' + 1);
  }
};

/// Fills a page from objects in order.
class Page {
 public:
  explicit Page(const ListRequest& request) : request_(request) {}
  bool full() const { return request_.limit != 0 && out.items.size() == request_.limit; }
  void add(const ObjectPtr& object) {
    if (!request_.matches || request_.matches(*object)) out.items.push_back(object);
  }
  ListResult out;

 private:
  const ListRequest& request_;
};

Result<void> check_revision(uint64_t asked, uint64_t oldest, uint64_t newest) {
  if (asked > newest)
    return fail(Code::kInvalid, "revision {} is not there yet: the newest is {}", asked, newest);
  if (asked < oldest)
    return fail(Code::kExpired, "revision {} is compacted: the oldest is {}", asked, oldest);
  return {};
}

}  // namespace

Result<ListResult> Memory::list(const ListRequest& request) const {
  Resource& r = resource(request.resource);
  std::unique_lock lock(r.mutex);
  uint64_t newest = revision();
  if (request.revision != 0 && request.revision != newest) {
    uint64_t oldest = std::max(r.forgotten, oldest_exact_.load());
    TRY(check_revision(request.revision, oldest, newest));
    lock.unlock();
    return list_at(r, request, request.revision);
  }
  Table::Snapshot snapshot = r.table.snapshot();
  lock.unlock();

  Range range(request.namespace_);
  auto at = request.after.empty() || request.after < range.first
                ? snapshot.lower_bound(range.first)
                : snapshot.upper_bound(request.after);
  auto end = range.all ? snapshot.end() : snapshot.lower_bound(range.end);
  Page page(request);
  size_t left = request.after >= range.end && !range.all ? 0 : at.distance(end);
  for (; left > 0 && !page.full(); at.next(), --left) page.add(*at);
  page.out.revision = newest;
  page.out.more = left > 0;
  page.out.remaining = left;
  return std::move(page.out);
}

Result<ListResult> Memory::list_at(const Resource& r, const ListRequest& request,
                                   uint64_t revision) const {
  std::unique_lock lock(r.mutex);
  if (revision < r.forgotten)
    return fail(Code::kExpired, "revision {} is compacted: the oldest is {}", revision,
                r.forgotten);
  Table::Snapshot snapshot = const_cast<Resource&>(r).table.snapshot();
  std::vector<EventPtr> since = events_after(r.history, revision, request.namespace_);
  lock.unlock();

  // The first change since then tells what was there; null: nothing.
  std::map<std::string_view, const ObjectPtr*> then;
  for (const EventPtr& event : since) then.try_emplace(event->object()->path(), &event->previous());
  Range range(request.namespace_);
  auto in_page = [&](std::string_view path) {
    return path > request.after && (range.all || (path >= range.first && path < range.end));
  };
  auto past = then.upper_bound(request.after);
  auto at = request.after < range.first ? snapshot.lower_bound(range.first)
                                        : snapshot.upper_bound(request.after);
  Page page(request);
  auto visit = [&](const ObjectPtr& object) {
    if (page.full()) {
      ++page.out.remaining;
    } else {
      page.add(object);
    }
  };
  while (true) {
    bool now_done = at.done() || !in_page((*at)->path());
    bool past_done = past == then.end() || !in_page(past->first);
    if (now_done && past_done) break;
    if (past_done || (!now_done && (*at)->path() < past->first)) {
      visit(*at);
      at.next();
      continue;
    }
    if (!now_done && (*at)->path() == past->first) at.next();
    if (*past->second) visit(*past->second);
    ++past;
  }
  page.out.revision = revision;
  page.out.more = page.out.remaining > 0;
  return std::move(page.out);
}

/// What the caller of watch() holds.
class Memory::Handle final : public Watch {
 public:
  Handle(Resource& resource, std::string ns, std::shared_ptr<Watcher> watcher)
      : resource_(resource), namespace_(std::move(ns)), watcher_(std::move(watcher)) {}
  ~Handle() override {
    watcher_->cancel();
    std::lock_guard lock(resource_.mutex);
    auto it = resource_.watchers.find(namespace_);
    std::erase(it->second, watcher_);
    if (it->second.empty()) resource_.watchers.erase(it);
  }
  const std::vector<ObjectPtr>& initial() const override { return initial_; }
  uint64_t revision() const override { return revision_; }
  void start() override { watcher_->start(std::exchange(replay_, {})); }

 private:
  friend class Memory;
  Resource& resource_;
  const std::string namespace_;
  const std::shared_ptr<Watcher> watcher_;
  std::vector<ObjectPtr> initial_;
  std::vector<EventPtr> replay_;
  uint64_t revision_ = 0;
};

class Memory::AllHandle final : public Watch {
 public:
  AllHandle(Memory& memory, std::shared_ptr<Watcher> watcher, uint64_t revision)
      : memory_(memory), watcher_(std::move(watcher)), revision_(revision) {}
  ~AllHandle() override {
    watcher_->cancel();
    std::lock_guard lock(memory_.all_mutex_);
    std::erase(memory_.all_watchers_, watcher_);
  }
  const std::vector<ObjectPtr>& initial() const override { return nothing_; }
  uint64_t revision() const override { return revision_; }
  void start() override { watcher_->start({}); }

 private:
  Memory& memory_;
  const std::shared_ptr<Watcher> watcher_;
  const uint64_t revision_;
  const std::vector<ObjectPtr> nothing_;
};

std::unique_ptr<Watch> Memory::watch_all(Sink sink) {
  std::lock_guard lock(all_mutex_);
  uint64_t now = revision();
  all_watchers_.push_back(std::make_shared<Watcher>(now, std::move(sink)));
  return std::make_unique<AllHandle>(*this, all_watchers_.back(), now);
}

Result<std::unique_ptr<Watch>> Memory::watch(WatchRequest request, Sink sink) {
  Resource& r = resource(request.resource);
  const std::string& ns = request.namespace_;
  std::unique_lock lock(r.mutex);
  uint64_t from = request.after.value_or(revision());
  if (from < r.forgotten)
    return fail(Code::kExpired, "events after revision {} are gone: the oldest is {}", from,
                r.forgotten);
  auto watcher = std::make_shared<Watcher>(from, std::move(sink));
  auto handle = std::make_unique<Handle>(r, ns, watcher);
  handle->revision_ = from;
  if (request.after) handle->replay_ = events_after(r.history, from, ns);
  r.watchers[ns].push_back(std::move(watcher));
  if (request.after) return handle;

  Table::Snapshot snapshot = r.table.snapshot();
  lock.unlock();
  Range range(ns);
  for (auto at = snapshot.lower_bound(range.first); !at.done(); at.next()) {
    if (!range.all && (*at)->path() >= range.end) break;
    handle->initial_.push_back(*at);
  }
  return handle;
}

}  // namespace nanika::apiserver::store
