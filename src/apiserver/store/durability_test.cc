// What an answered write is worth: loss of power at any point, a full disk, compaction.
#include <atomic>
#include <future>
#include <map>
#include <thread>

#include "apiserver/store/faulty_disk.h"
#include "apiserver/store/revision_log.h"
#include "apiserver/store/sqlite.h"
#include "apiserver/store/store_testing.h"

namespace nanika::apiserver::store {
namespace {

using base::Code;
using ::testing::ElementsAre;

/// What one client knows of its key: the last answer, and the write whose answer never came.
struct Known {
  uint64_t revision = 0;  ///< of the last answered write
  std::string data;       ///< "": deleted
  std::string doubtful;   ///< what the unanswered write would have stored
};

/// Creates, changes and deletes its own keys until the store fails; remembers what it was told.
std::map<std::string, Known> drive(Store& store, ResourceId pods, int client, uint32_t seed) {
  std::mt19937 random(seed);
  std::map<std::string, Known> known;
  for (int i = 0;; ++i) {
    std::string name = fmt::format("c{}-{}", client, random() % 5);
    std::string data = fmt::format("{}:{}:{}", client, i, std::string(random() % 6000, 'x'));
    ObjectPtr read = store.get(pods, "ns", name);
    bool remove = read && random() % 4 == 0;
    Write write = !read    ? create(pods, "ns", name, data)
                  : remove ? change(Op::kDelete, *read)
                           : change(Op::kUpdate, *read, data);
    known[name].doubtful = remove ? "" : data;
    auto done = store.submit_and_wait(std::move(write));
    if (!done) return known;
    known[name] = {(*done)->revision(), remove ? "" : data, remove ? "" : data};
  }
}

std::string data_of(const ObjectPtr& object) {
  if (!object) return "";
  auto value = base::parse_json(object->bytes());
  EXPECT_TRUE(value);
  EXPECT_EQ(base::find_string(*value, "metadata", "resourceVersion"),
            fmt::format("{}", object->revision()));
  return std::string(base::find_string(*value, "data"));
}

void lose_power(uint32_t seed) {
  SCOPED_TRACE(fmt::format("seed {}", seed));
  TempFolder folder;
  base::FakeClock clock;
  FaultyDisk disk;
  std::mt19937 random(seed);
  disk.lose_power_after(static_cast<int>(1 + random() % 600), seed);
  std::map<std::string, Known> known;
  uint64_t newest = 0;
  if (auto store = Store::open({.folder = folder / "store",
                                .clock = &clock,
                                .history_age = std::chrono::seconds(1),
                                .vfs = disk.name()})) {
    ResourceId pods = (*store)->resource("core/pods");
    std::vector<std::future<std::map<std::string, Known>>> clients;
    for (int i = 0; i < 3; ++i)
      clients.push_back(std::async(std::launch::async, drive, std::ref(**store), pods, i,
                                   static_cast<uint32_t>(random())));
    while (!disk.lost()) {
      clock.advance(std::chrono::milliseconds(700));
      (*store)->maintain();
    }
    for (auto& client : clients) known.merge(client.get());
    newest = (*store)->revision();
  }
  ASSERT_TRUE(disk.lost());

  std::string after = folder / "after";
  disk.leave(after);
  auto store = Store::open({.folder = after, .clock = &clock});
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_GE((*store)->revision(), newest);
  ResourceId pods = (*store)->resource("core/pods");
  for (const auto& [name, was] : known) {
    ObjectPtr object = (*store)->get(pods, "ns", name);
    std::string data = data_of(object);
    if (data == was.data) continue;
    EXPECT_EQ(data, was.doubtful) << name << " answered at " << was.revision;
    if (object) EXPECT_GT(object->revision(), was.revision);
  }
  auto next = (*store)->submit_and_wait(create(pods, "ns", "after"));
  ASSERT_TRUE(next);
  EXPECT_GT((*next)->revision(), newest);
}

TEST(DurabilityTest, AnsweredWritesSurviveLossOfPowerAtAnyPoint) {
  for (uint32_t seed = 1; seed <= 120 && !::testing::Test::HasFailure(); ++seed) lose_power(seed);
}

class FullDiskTest : public StoreTest {
 protected:
  FullDiskTest() { options.vfs = disk.name(); }
  void TearDown() override { store.reset(); }
  FaultyDisk disk;
};

TEST_F(FullDiskTest, RefusesAndRecovers) {
  ObjectPtr x = must(create(pods, "a", "x", "before"));
  disk.set_full(true);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(store->ready());
    EXPECT_EQ(refused(create(pods, "a", "y")), Code::kUnavailable);
  }
  EXPECT_FALSE(store->ready());
  EXPECT_EQ(refused(change(Op::kUpdate, *x, "after")), Code::kUnavailable);
  EXPECT_EQ(store->get(pods, "a", "x"), x);
  EXPECT_EQ(store->get(pods, "a", "y"), nullptr);
  EXPECT_EQ(store->revision(), 1u);
  store->maintain();
  EXPECT_FALSE(store->ready());
  disk.set_full(false);
  store->maintain();
  EXPECT_TRUE(store->ready());
  EXPECT_EQ(must(create(pods, "a", "y"))->revision(), 2u);
  EXPECT_EQ(must(create(store->resource("core/nodes"), "", "n"))->revision(), 3u);
  reopen();
  EXPECT_THAT(paths(store->list({.resource = pods})->items), ElementsAre("a/x", "a/y"));
}

TEST_F(StoreTest, RefusesWhatANewerVersionWrote) {
  store.reset();
  {
    auto database = Database::open(options.folder + "/store.db", "");
    ASSERT_TRUE(database && database->execute("PRAGMA user_version = 99"));
  }
  auto opened = Store::open(options);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kUnsupported);
  EXPECT_THAT(opened.error().message, ::testing::HasSubstr("run the newer version"));
}

TEST_F(StoreTest, RefusesWhatIsDamagedOrSomebodyElses) {
  must(create(pods, "a", "x"));
  for (const char* sql : {"UPDATE log SET meta = x'01'", "PRAGMA application_id = 7"}) {
    store.reset();
    {
      auto database = Database::open(options.folder + "/store.db", "");
      ASSERT_TRUE(database && database->execute(sql));
    }
    auto opened = Store::open(options);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::kInternal) << opened.error().message;
  }
}

class CompactionTest : public StoreTest {
 protected:
  std::vector<uint64_t> rows() {
    store.reset();
    std::vector<uint64_t> out;
    auto log = RevisionLog::open(options.folder, "");
    EXPECT_TRUE(log);
    EXPECT_TRUE((*log)->load([&](const RevisionLog::Row& row) -> base::Result<void> {
      out.push_back(row.revision);
      return {};
    }));
    log->reset();
    reopen();
    return out;
  }
};

TEST_F(CompactionTest, TakesOutWhatIsSupersededAndOld) {
  ObjectPtr x = must(create(pods, "a", "x"));  // 1
  ObjectPtr y = must(create(pods, "a", "y"));  // 2
  x = must(change(Op::kUpdate, *x, "2"));      // 3
  must(change(Op::kDelete, *y));               // 4
  clock.advance(std::chrono::minutes(4));
  x = must(change(Op::kUpdate, *x, "3"));  // 5
  store->maintain();
  EXPECT_THAT(rows(), ElementsAre(1, 2, 3, 4, 5));
  clock.advance(std::chrono::minutes(2));
  store->maintain();
  EXPECT_THAT(rows(), ElementsAre(3, 5));
  clock.advance(std::chrono::minutes(6));
  store->maintain();
  EXPECT_THAT(rows(), ElementsAre(5));
  EXPECT_EQ(store->revision(), 5u);
}

TEST_F(CompactionTest, ExpiresListsAndWatchesOfOldRevisions) {
  ObjectPtr x = must(create(pods, "a", "x", "1"));
  must(create(store->resource("core/nodes"), "", "n"));
  must(change(Op::kUpdate, *x, "2"));
  clock.advance(std::chrono::minutes(6));
  must(create(pods, "a", "y"));
  store->maintain();
  auto none = [](auto) {};
  for (int restart = 0; restart < 2; ++restart) {
    pods = store->resource("core/pods");
    EXPECT_EQ(store->list({.resource = pods, .revision = 1}).error().code, Code::kExpired);
    EXPECT_EQ(store->watch({.resource = pods, .after = 1}, none).error().code, Code::kExpired);
    EXPECT_TRUE(store->list({.resource = pods, .revision = 3}));
    EXPECT_TRUE(store->watch({.resource = pods, .after = 3}, none));
    EXPECT_EQ(store->list({.resource = pods})->items.size(), 2u);
    reopen();
  }
}

TEST_F(CompactionTest, ABusyStoreCompactsAlongWithWrites) {
  options.history_age = std::chrono::seconds(10);
  reopen();
  std::atomic<int> left = 30000;
  must(create(pods, "a", "x"));
  Write write{.op = Op::kUpdate, .resource = pods, .namespace_ = "a", .name = "x"};
  for (int i = 0; i < 30000; ++i) {
    write.draft = draft("x");
    store->submit(write, [&](auto) {
      --left;
      left.notify_all();
    });
  }
  for (int now = left; now > 0; now = left) left.wait(now);
  clock.advance(std::chrono::minutes(1));
  for (int i = 0; i < 50; ++i) {
    write.draft = draft("x");
    must(write);
  }
  EXPECT_LE(rows().size(), 30000u);
}

}  // namespace
}  // namespace nanika::apiserver::store
