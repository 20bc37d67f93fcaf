// Watches: nothing lost, nothing twice, in order; from a list, from a revision, over a restart.
#include <atomic>
#include <future>
#include <map>
#include <random>
#include <thread>

#include "apiserver/store/store_testing.h"

namespace nanika::apiserver::store {
namespace {

using base::Code;
using ::testing::ElementsAre;

/// Takes the events of a watch as lines: "ADDED a/x 1".
class Collector {
 public:
  Sink sink() {
    return [state = state_](std::span<const EventPtr> events) {
      std::lock_guard lock(state->mutex);
      state->events.insert(state->events.end(), events.begin(), events.end());
    };
  }
  std::vector<EventPtr> events() const {
    std::lock_guard lock(state_->mutex);
    return state_->events;
  }
  std::vector<std::string> lines() const {
    constexpr const char* kNames[] = {"ADDED", "MODIFIED", "DELETED"};
    std::vector<std::string> out;
    for (const EventPtr& e : events())
      out.push_back(fmt::format("{} {} {}", kNames[static_cast<int>(e->type())],
                                e->object()->path(), e->revision()));
    return out;
  }

 private:
  struct State {
    std::mutex mutex;
    std::vector<EventPtr> events;  // guarded by mutex
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

using WatchTest = StoreTest;

TEST_F(WatchTest, GoesOnFromItsList) {
  ObjectPtr x = must(create(pods, "a", "x", "1"));
  must(create(pods, "b", "other"));
  Collector got;
  auto watch = *store->watch({.resource = pods, .namespace_ = "a"}, got.sink());
  EXPECT_THAT(paths(watch->initial()), ElementsAre("a/x"));
  EXPECT_EQ(watch->revision(), 2u);
  x = must(change(Op::kUpdate, *x, "2"));
  must(create(pods, "b", "more"));
  EXPECT_THAT(got.lines(), ElementsAre());
  watch->start();
  EXPECT_THAT(got.lines(), ElementsAre("MODIFIED a/x 3"));
  must(change(Op::kDelete, *x));
  EXPECT_THAT(got.lines(), ElementsAre("MODIFIED a/x 3", "DELETED a/x 5"));
  EXPECT_EQ(got.events()[1]->previous(), x);
  watch.reset();
  must(create(pods, "a", "y"));
  EXPECT_EQ(got.lines().size(), 2u);
}

TEST_F(WatchTest, ReplaysFromARevisionAlsoAfterARestart) {
  ObjectPtr x = must(create(pods, "a", "x", "1"));
  must(change(Op::kUpdate, *x, "2"));
  must(create(pods, "b", "y"));
  must(create(store->resource("core/nodes"), "", "n"));
  for (int restart = 0; restart < 2; ++restart) {
    Collector all, part;
    auto one = *store->watch({.resource = pods, .after = 0}, all.sink());
    auto two = *store->watch({.resource = pods, .namespace_ = "a", .after = 1}, part.sink());
    one->start();
    two->start();
    EXPECT_THAT(all.lines(), ElementsAre("ADDED a/x 1", "MODIFIED a/x 2", "ADDED b/y 3"));
    EXPECT_THAT(part.lines(), ElementsAre("MODIFIED a/x 2"));
    EXPECT_NE(part.events()[0]->previous(), nullptr);
    one.reset();
    two.reset();
    reopen();
  }
}

TEST_F(WatchTest, ForgetsTheOldestEventsWhenTheyAreTooMany) {
  options.history_bytes = 64 << 10;
  reopen();
  ObjectPtr x = must(create(pods, "a", "x"));
  for (int i = 0; i < 100; ++i) x = must(change(Op::kUpdate, *x, std::string(2000, 'x')));
  EXPECT_TRUE(store->watch({.resource = pods, .after = 1}, {}));
  clock.advance(std::chrono::seconds(80));
  x = must(change(Op::kUpdate, *x));
  EXPECT_EQ(store->watch({.resource = pods, .after = 1}, {}).error().code, Code::kExpired);
  EXPECT_TRUE(store->watch({.resource = pods, .after = 90}, {}));
  for (int i = 0; i < 300; ++i) x = must(change(Op::kUpdate, *x, std::string(2000, 'x')));
  EXPECT_EQ(store->watch({.resource = pods, .after = 110}, {}).error().code, Code::kExpired);
}

TEST_F(WatchTest, EncodesAnEventOncePerView) {
  std::atomic<int> made = 0;
  std::vector<Event::Bytes> got;
  auto sink = [&](std::span<const EventPtr> events) {
    for (const EventPtr& event : events)
      got.push_back(event->encoding(7, [&](const Event& e) {
        ++made;
        return std::make_shared<const std::string>(e.object()->bytes() + "\n");
      }));
  };
  auto one = *store->watch({.resource = pods}, sink);
  auto two = *store->watch({.resource = pods, .namespace_ = "a"}, sink);
  one->start();
  two->start();
  must(create(pods, "a", "x"));
  EXPECT_EQ(made, 1);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0], got[1]);
  clock.advance(std::chrono::seconds(2));
  must(create(pods, "a", "y"));
  EXPECT_EQ(got[0].use_count(), 2) << "the store let go of it";
}

TEST_F(WatchTest, WatchesAllResourcesAlsoLaterOnes) {
  must(create(pods, "a", "before"));
  Collector got;
  auto watch = store->watch_all(got.sink());
  must(create(pods, "a", "x"));
  watch->start();
  must(create(store->resource("new.example.com/things"), "", "t"));
  EXPECT_THAT(got.lines(), ElementsAre("ADDED a/x 2", "ADDED t 3"));
  EXPECT_THAT(store->resources(), ElementsAre(pods, store->resource("new.example.com/things")));
}

TEST_F(WatchTest, AWatchMayEndInItsOwnSink) {
  std::unique_ptr<Watch> watch;
  int calls = 0;
  watch = *store->watch({.resource = pods}, [&](auto) {
    ++calls;
    watch.reset();
  });
  watch->start();
  must(create(pods, "a", "x"));
  must(create(pods, "a", "y"));
  EXPECT_EQ(calls, 1);
}

/// Creates, changes, deletes at random; conflicts with others are part of the game.
void churn(Store& store, ResourceId pods, uint32_t seed, int writes) {
  std::mt19937 random(seed);
  for (int i = 0; i < writes; ++i) {
    std::string ns = random() % 2 ? "a" : "b";
    std::string name = fmt::format("p{}", random() % 40);
    ObjectPtr read = store.get(pods, ns, name);
    auto done = store.submit_and_wait(!read               ? create(pods, ns, name, "new")
                                      : random() % 3 == 0 ? change(Op::kDelete, *read)
                                                          : change(Op::kUpdate, *read, "changed"));
    if (!done) EXPECT_NE(done.error().code, Code::kUnavailable);
  }
}

TEST_F(WatchTest, EveryStreamEqualsTheLogUnderConcurrentWriters) {
  Collector log;
  auto everything = *store->watch({.resource = pods, .after = 0}, log.sink());
  everything->start();
  std::vector<std::future<void>> writers;
  for (uint32_t i = 0; i < 4; ++i)
    writers.push_back(std::async(std::launch::async, churn, std::ref(*store), pods, i + 1, 400));

  struct Stream {
    std::string ns;
    Collector got;
    std::unique_ptr<Watch> watch;
  };
  std::vector<std::unique_ptr<Stream>> streams;
  std::mt19937 random(7);
  for (int i = 0; i < 60; ++i) {
    auto s = std::make_unique<Stream>();
    s->ns = i % 3 == 0 ? "" : i % 3 == 1 ? "a" : "b";
    WatchRequest request{.resource = pods, .namespace_ = s->ns};
    if (i % 2 == 0) request.after = random() % (store->revision() + 1);
    s->watch = *store->watch(request, s->got.sink());
    auto page = store->list({.resource = pods, .revision = s->watch->revision()});
    ASSERT_TRUE(page);
    if (i % 2 == 1 && s->ns.empty()) EXPECT_EQ(page->items, s->watch->initial());
    s->watch->start();
    streams.push_back(std::move(s));
  }
  for (auto& writer : writers) writer.get();

  std::vector<EventPtr> all = log.events();
  EXPECT_EQ(all.back()->revision(), store->revision());
  std::map<std::string, ObjectPtr> state;
  for (size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(all[i]->revision(), i + 1);
    const ObjectPtr& object = all[i]->object();
    EXPECT_EQ(all[i]->previous(), state[object->path()]);
    state[object->path()] = all[i]->type() == EventType::kDeleted ? nullptr : object;
  }
  for (const auto& s : streams) {
    std::vector<EventPtr> expected;
    for (const EventPtr& e : all)
      if (e->revision() > s->watch->revision() && (s->ns.empty() || e->object()->ns() == s->ns))
        expected.push_back(e);
    EXPECT_EQ(s->got.events(), expected) << "from " << s->watch->revision();
  }
  streams.clear();
  everything.reset();
}

}  // namespace
}  // namespace nanika::apiserver::store
