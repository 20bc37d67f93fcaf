#include "apiserver/store/store.h"

#include <future>

#include "apiserver/store/memory.h"
#include "apiserver/store/revision_log.h"
#include "apiserver/store/writer.h"

namespace nanika::apiserver::store {

using base::Result;

namespace {

class StoreImpl final : public Store {
 public:
  StoreImpl(Options options, std::unique_ptr<RevisionLog> log)
      : options_(std::move(options)),
        log_(std::move(log)),
        memory_({options_.history_age, options_.history_bytes}),
        writer_(options_, memory_, *log_) {}

  Result<void> start() {
    TRY(writer_.load());
    writer_.start();
    return {};
  }

  ResourceId resource(std::string_view name) override { return memory_.intern(name); }
  std::string resource_name(ResourceId id) const override { return memory_.name(id); }
  std::vector<ResourceId> resources() const override { return memory_.resources(); }
  void submit(Write write, Done done) override {
    writer_.submit(std::move(write), std::move(done));
  }
  ObjectPtr get(ResourceId id, std::string_view ns, std::string_view name) const override {
    return memory_.get(id, path_of(ns, name));
  }
  Result<ListResult> list(const ListRequest& request) const override {
    return memory_.list(request);
  }
  size_t count(ResourceId id) const override { return memory_.count(id); }
  uint64_t revision() const override { return memory_.revision(); }
  Result<std::unique_ptr<Watch>> watch(WatchRequest request, Sink sink) override {
    return memory_.watch(std::move(request), std::move(sink));
  }
  std::unique_ptr<Watch> watch_all(Sink sink) override {
    return memory_.watch_all(std::move(sink));
  }
  bool ready() const override { return writer_.ready(); }
  void maintain() override { writer_.maintain(); }

 private:
  const Options options_;
  std::unique_ptr<RevisionLog> log_;
  Memory memory_;
  Writer writer_;  // stops first
};

}  // namespace

Result<std::unique_ptr<Store>> Store::open(Options options) {
  CHECK(options.clock != nullptr);
  auto log = TRY(RevisionLog::open(options.folder, options.vfs));
  auto store = std::make_unique<StoreImpl>(std::move(options), std::move(log));
  TRY(store->start());
  return store;
}

Result<ObjectPtr> Store::submit_and_wait(Write write) {
  std::promise<Result<ObjectPtr>> promise;
  auto future = promise.get_future();
  submit(std::move(write),
         [&promise](Result<ObjectPtr> result) { promise.set_value(std::move(result)); });
  return future.get();
}

}  // namespace nanika::apiserver::store
