#include "kube/fake_store.h"

namespace nanika::kube {

namespace http = base::http;

namespace {

std::string line_of(std::string_view type, const json::value& object) {
  return base::to_json(json::object{{"type", type}, {"object", object}});
}

class Watch final : public http::BodyStream {
 public:
  Watch(std::shared_ptr<FakeStore> store, const FakePath& path, FakeSelector selector,
        std::deque<std::string> initial, size_t index, bool bookmarks, const base::Clock* clock)
      : store_(std::move(store)),
        resource_(path.resource()),
        namespace_(path.key.namespace_),
        selector_(std::move(selector)),
        lines_(std::move(initial)),
        index_(index),
        bookmarks_(bookmarks),
        clock_(clock),
        epoch_(store_->epoch) {
    ++store_->open_watches;
  }
  ~Watch() override {
    std::scoped_lock lock(store_->mutex);
    --store_->open_watches;
  }

  int status() const override { return 200; }
  const http::Headers& headers() const override { return headers_; }

  Result<std::string> read_line(MonoTime deadline, std::stop_token stop, size_t) override {
    std::unique_lock lock(store_->mutex);
    while (true) {
      if (stop.stop_requested()) return fail(Code::kCancelled, "stopped while watching");
      collect();
      if (!lines_.empty()) {
        std::string line = std::move(lines_.front());
        lines_.pop_front();
        return line;
      }
      if (epoch_ != store_->epoch) {
        if (store_->broken) return fail(Code::kUnavailable, "connection reset by peer");
        return fail(Code::kNotFound, "the watch ended");
      }
      if (clock_->mono() >= deadline) return fail(Code::kDeadlineExceeded, "nothing came");
      // Time may be a fake clock's, which no condition variable knows of: look again every now and
      // then.
      store_->changed.wait_for(lock, stop, std::chrono::milliseconds(2), [this] {
        return index_ < store_->first_index + store_->history.size() || epoch_ != store_->epoch;
      });
    }
  }

  Result<std::string> read_all(MonoTime deadline, std::stop_token stop) override {
    std::string all;
    while (true) {
      auto line = read_line(deadline, stop, 64 << 20);
      if (!line && line.error().code == Code::kNotFound) return all;
      all += TRY(std::move(line)) + "\n";
    }
  }

 private:
  // Turns the history since index_ into lines, as this watch's selector sees it.
  void collect() {
    if (epoch_ != store_->epoch) return;
    if (index_ < store_->first_index) {
      lines_.push_back(line_of("ERROR", fake_status({410, "Expired", "too old resource version"})));
      index_ = store_->first_index + store_->history.size();
    }
    while (lines_.empty() && index_ < store_->first_index + store_->history.size())
      add(store_->history[index_++ - store_->first_index]);
  }

  bool concerns(const json::value& object) const {
    return object.is_object() && selector_.matches(object);
  }

  void add(const FakeEvent& event) {
    if (event.resource.empty()) {
      if (bookmarks_) lines_.push_back(line_of("BOOKMARK", event.object));
      return;
    }
    if (event.resource != resource_) return;
    std::string_view ns = base::find_string(event.object, "metadata", "namespace");
    if (!namespace_.empty() && ns != namespace_) return;
    bool before = concerns(event.before);
    if (event.type == "DELETED") {
      if (before) lines_.push_back(line_of("DELETED", event.object));
      return;
    }
    bool now = concerns(event.object);
    if (now) lines_.push_back(line_of(before ? "MODIFIED" : "ADDED", event.object));
    if (before && !now) {  // it left the selector: its last state that matched, at this version
      json::value gone = event.before;
      gone.get_object()["metadata"].get_object()["resourceVersion"] = std::to_string(event.version);
      lines_.push_back(line_of("DELETED", gone));
    }
  }

  const std::shared_ptr<FakeStore> store_;
  const std::string resource_, namespace_;
  const FakeSelector selector_;
  std::deque<std::string> lines_;
  size_t index_;
  const bool bookmarks_;
  const base::Clock* clock_;
  const int64_t epoch_;
  http::Headers headers_;
};

}  // namespace

std::unique_ptr<http::BodyStream> fake_watch(std::shared_ptr<FakeStore> store, const FakePath& path,
                                             FakeSelector selector, std::deque<std::string> initial,
                                             size_t index, bool bookmarks,
                                             const base::Clock* clock) {
  return std::make_unique<Watch>(std::move(store), path, std::move(selector), std::move(initial),
                                 index, bookmarks, clock);
}

}  // namespace nanika::kube
