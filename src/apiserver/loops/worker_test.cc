#include "apiserver/loops/worker.h"

#include "apiserver/store/store_testing.h"

namespace nanika::apiserver::loops {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

class Recorder final : public Reconciler {
 public:
  explicit Recorder(base::FakeClock& clock) : clock_(clock) {}
  std::string_view name() const override { return "recorder"; }
  void begin(Feed& feed, KeyQueue& queue) override {
    feed.watch(resource, [&queue](const Seen& seen) { queue.add(seen.any().path()); });
  }
  base::Result<base::Duration> reconcile(const std::string& key) override {
    keys.push_back(key);
    clock_.advance(cost);
    if (fail) return base::fail(base::Code::kUnavailable, "not now");
    return again;
  }
  store::ResourceId resource{};
  std::vector<std::string> keys;
  base::Duration cost{0}, again{0};
  bool fail = false;

 private:
  base::FakeClock& clock_;
};

class WorkerTest : public store::StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    recorder.resource = pods;
    worker = std::make_unique<Worker>(recorder, *store, clock);
  }
  void TearDown() override { worker.reset(); }
  size_t runs() {
    worker->drain();
    return std::exchange(recorder.keys, {}).size();
  }
  Recorder recorder{clock};
  std::unique_ptr<Worker> worker;
};

TEST_F(WorkerTest, RunsAKeyOnceForManyEvents) {
  must(store::create(pods, "a", "there-before"));
  worker->drain();
  store::ObjectPtr x = must(store::create(pods, "a", "x"));
  x = must(store::change(store::Op::kUpdate, *x));
  must(store::change(store::Op::kDelete, *x));
  worker->drain();
  EXPECT_THAT(recorder.keys, ElementsAre("a/there-before", "a/x"));
}

TEST_F(WorkerTest, FailuresComeBackLaterAndLater) {
  recorder.fail = true;
  worker->queue().add("k");
  EXPECT_EQ(runs(), 1u);
  clock.advance(milliseconds(4));
  EXPECT_EQ(runs(), 0u);
  clock.advance(milliseconds(1));
  EXPECT_EQ(runs(), 1u);
  clock.advance(milliseconds(9));
  EXPECT_EQ(runs(), 0u);
  recorder.fail = false;
  clock.advance(milliseconds(1));
  EXPECT_EQ(runs(), 1u);
  clock.advance(std::chrono::hours(1));
  EXPECT_EQ(runs(), 0u);
}

TEST_F(WorkerTest, ComesAgainWhenAskedTo) {
  recorder.again = std::chrono::seconds(30);
  worker->queue().add("k");
  EXPECT_EQ(runs(), 1u);
  clock.advance(std::chrono::seconds(29));
  EXPECT_EQ(runs(), 0u);
  worker->queue().add("k");  // earlier than it wanted
  EXPECT_EQ(runs(), 1u);
  clock.advance(std::chrono::seconds(30));
  EXPECT_EQ(runs(), 1u);
}

TEST_F(WorkerTest, ACostlyKeyIsNotRunForEachEvent) {
  recorder.cost = milliseconds(100);
  worker->queue().add("k");
  EXPECT_EQ(runs(), 1u);
  worker->queue().add("k");
  EXPECT_EQ(runs(), 0u);
  clock.advance(milliseconds(300));
  EXPECT_EQ(runs(), 1u);
}

TEST_F(WorkerTest, ThreadsEndAtOnce) {
  worker->start();
  must(store::create(pods, "a", "x"));
  worker.reset();
  must(store::create(pods, "a", "y"));
}

}  // namespace
}  // namespace nanika::apiserver::loops
