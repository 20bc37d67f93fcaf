#include "kube/reflector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/core/objects.h"
#include "kube/cache.h"
#include "kube/fake_api.h"
#include "kube/testing.h"
#include "kube/transport_fake.h"

namespace nanika::kube {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// A cache of ConfigMaps behind a reflector, and a record of every change that it told.
class ReflectorTest : public testing::Test {
 protected:
  void SetUp() override {
    cache_.index("color", [](const api::ConfigMap& map) {
      auto at = map.data.find("color");
      return at == map.data.end() ? std::vector<std::string>() : std::vector{at->second};
    });
    cache_.on_change([this](const Change<api::ConfigMap>& change) {
      std::scoped_lock lock(mutex_);
      const api::ConfigMap& map = change.object();
      std::string color = map.data.contains("color") ? map.data.at("color") : "";
      told_.push_back(fmt::format("{}{} {}", change.after ? change.before ? "~" : "+" : "-",
                                  map.metadata.name, color));
    });
  }
  void TearDown() override { stop(); }

  void start() {
    thread_ = std::jthread([this](std::stop_token stop) { reflector_.run(stop); });
  }
  void stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
  }
  void put(const std::string& name, const std::string& color) {
    api_->put(json::object{{"apiVersion", "v1"},
                           {"kind", "ConfigMap"},
                           {"metadata", {{"namespace", "ns"}, {"name", name}}},
                           {"data", {{"color", color}}}});
  }
  bool comes(const std::function<bool()>& state) { return eventually(clock_, state); }
  bool has(const std::string& name, const std::string& color) const {
    auto map = cache_.get({"ns", name});
    return map && map->data.at("color") == color;
  }
  std::vector<std::string> told() {
    std::scoped_lock lock(mutex_);
    return told_;
  }
  size_t requests_with(std::string_view text) const {
    size_t count = 0;
    for (const std::string& request : api_->requests()) count += request.contains(text);
    return count;
  }

  base::FakeClock clock_;
  Metrics metrics_;
  std::shared_ptr<FakeApi> api_ = std::make_shared<FakeApi>(clock_);
  std::shared_ptr<FaultyTransport> road_ = std::make_shared<FaultyTransport>(api_);
  Client client_{road_, clock_};
  Cache<api::ConfigMap> cache_;
  Reflector reflector_{client_, api::ConfigMap::kKind, cache_, {}, &metrics_};
  std::mutex mutex_;
  std::vector<std::string> told_;
  std::jthread thread_;
};

TEST_F(ReflectorTest, StreamsTheInitialStateAndFollows) {
  put("a", "red");
  put("b", "blue");
  start();
  ASSERT_TRUE(comes([&] { return cache_.synced(); }));
  put("a", "green");
  api_->remove("configmaps", {"ns", "b"});
  put("c", "red");
  ASSERT_TRUE(comes([&] { return has("c", "red"); }));
  EXPECT_THAT(told(), testing::ElementsAre("+a red", "+b blue", "~a green", "-b blue", "+c red"));
  EXPECT_EQ(requests_with("sendInitialEvents=true"), 1);
  EXPECT_EQ(requests_with("limit="), 0);
}

TEST_F(ReflectorTest, IndexesFollowTheObjects) {
  put("a", "red");
  put("b", "red");
  start();
  ASSERT_TRUE(comes([&] { return cache_.synced(); }));
  EXPECT_EQ(cache_.by_index("color", "red").size(), 2);
  put("a", "blue");
  api_->remove("configmaps", {"ns", "b"});
  ASSERT_TRUE(comes([&] { return cache_.size() == 1; }));
  EXPECT_EQ(cache_.by_index("color", "red").size(), 0);
  ASSERT_EQ(cache_.by_index("color", "blue").size(), 1);
  EXPECT_EQ(cache_.by_index("color", "blue")[0]->metadata.name, "a");
}

class RefusedWatchList : public ReflectorTest, public testing::WithParamInterface<int> {};

TEST_P(RefusedWatchList, FallsBackToListAndWatch) {
  api_->watch_list_status(GetParam());
  for (int i = 0; i < 600; ++i) put(fmt::format("m{:03}", i), "red");
  start();
  ASSERT_TRUE(comes([&] { return cache_.synced(); }));
  EXPECT_EQ(cache_.size(), 600);
  put("z", "red");
  ASSERT_TRUE(comes([&] { return has("z", "red"); }));
  EXPECT_EQ(told().size(), 601) << "each object told once";
  EXPECT_EQ(requests_with("limit="), 2);
}
INSTANTIATE_TEST_SUITE_P(Statuses, RefusedWatchList, testing::Values(400, 422, 500, 0));

TEST_F(ReflectorTest, ResumesABrokenWatchWithoutLossOrRepetition) {
  put("a", "0");
  road_->next({.watch = true}, Fault::cut_after(3));  // initial state, its end, one event
  road_->next({.watch = true}, Fault::drop_before_send());
  road_->next({.watch = true}, Fault::status(503, "ServiceUnavailable"));
  road_->next({.watch = true}, Fault::cut_after(2));
  start();
  ASSERT_TRUE(comes([&] { return cache_.synced(); }));
  std::vector<std::string> want{"+a 0"};
  for (int i = 1; i <= 6; ++i) {
    put("a", std::to_string(i));
    want.push_back(fmt::format("~a {}", i));
  }
  ASSERT_TRUE(comes([&] { return has("a", "6"); }));
  EXPECT_EQ(told(), want);
  EXPECT_EQ(road_->left(), 0);
  EXPECT_EQ(requests_with("sendInitialEvents=true"), 1) << "nothing was listed again";
}

TEST_F(ReflectorTest, ResumesAWatchThatTheServerEnded) {
  put("a", "red");
  start();
  ASSERT_TRUE(comes([&] { return cache_.synced(); }));
  for (int round = 0; round < 3; ++round) {
    api_->end_watches();
    put("a", std::to_string(round));
    ASSERT_TRUE(comes([&] { return has("a", std::to_string(round)); }));
  }
  EXPECT_EQ(told().size(), 4);
  EXPECT_EQ(requests_with("sendInitialEvents=true"), 1);
}

TEST_F(ReflectorTest, ForgottenHistoryIsListedAnewAndOnlyTheDifferenceTold) {
  put("kept", "red");
  put("changed", "red");
  put("gone", "red");
  start();
  ASSERT_TRUE(comes([&] { return cache_.synced(); }));
  road_->next({.watch = true}, Fault::drop_before_send(), 3);
  api_->end_watches(true);
  put("changed", "blue");
  put("new", "red");
  api_->remove("configmaps", {"ns", "gone"});
  api_->compact();
  ASSERT_TRUE(comes([&] { return cache_.size() == 3 && has("new", "red") && told().size() >= 6; }));
  auto all = told();
  std::vector<std::string> later(all.begin() + 3, all.end());
  EXPECT_THAT(later, testing::UnorderedElementsAre("~changed blue", "+new red", "-gone red"));
  EXPECT_EQ(requests_with("sendInitialEvents=true"), 2);
}

TEST_F(ReflectorTest, A410OfTheRequestItselfMeansTheSame) {
  put("a", "red");
  start();
  ASSERT_TRUE(comes([&] { return cache_.synced(); }));
  road_->next({.watch = true}, Fault::status(410, "Expired"));
  api_->end_watches();
  put("a", "blue");
  ASSERT_TRUE(comes([&] { return has("a", "blue"); }));
  EXPECT_EQ(requests_with("sendInitialEvents=true"), 2);
}

TEST_F(ReflectorTest, BookmarksAdvanceTheVersion) {
  put("a", "red");
  start();
  ASSERT_TRUE(comes([&] { return cache_.synced(); }));
  for (int i = 0; i < 5; ++i)
    api_->put(R"({"apiVersion":"v1","kind":"Secret","metadata":{"namespace":"x","name":"s"},"n":)" +
              std::to_string(i) + "}");
  api_->bookmark();
  std::string version = api_->resource_version();
  // Once the bookmark was read the next watch begins there, and survives a compaction.
  ASSERT_TRUE(comes([&] {
    api_->end_watches();
    return requests_with("&resourceVersion=" + version) > 0;
  }));
  api_->compact();
  api_->end_watches();
  put("a", "blue");
  ASSERT_TRUE(comes([&] { return has("a", "blue"); }));
  EXPECT_EQ(requests_with("sendInitialEvents=true"), 1);
}

TEST_F(ReflectorTest, ASilentConnectionIsReplaced) {
  put("a", "red");
  start();
  ASSERT_TRUE(comes([&] { return cache_.synced(); }));
  EXPECT_TRUE(eventually(clock_, [&] { return requests_with("&resourceVersion=") >= 1; }, 10s));
}

TEST_F(ReflectorTest, AnObjectThatDoesNotDecodeIsLeftOut) {
  put("a", "red");
  api_->put(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"ns","name":"bad"},
      "data":{"color":7}})");
  put("c", "red");
  start();
  ASSERT_TRUE(comes([&] { return cache_.synced(); }));
  EXPECT_EQ(cache_.size(), 2);
  EXPECT_THAT(metrics_.expose(),
              HasSubstr("reflector_decode_errors_total{kind=\"ConfigMap\"} 1\n"));
  put("bad", "mended");
  EXPECT_TRUE(comes([&] { return has("bad", "mended"); }));
}

TEST_F(ReflectorTest, AFillThatBreaksIsBegunAgain) {
  for (int i = 0; i < 10; ++i) put(std::to_string(i), "red");
  road_->next({.watch = true}, Fault::cut_after(4));
  road_->next({.watch = true}, Fault::cut_after(10));
  start();
  ASSERT_TRUE(comes([&] { return cache_.synced(); }));
  EXPECT_EQ(told().size(), 10);
}

TEST_F(ReflectorTest, StopsWithinAWait) {
  road_->next({}, Fault::status(404, "NotFound"), 1000);
  start();
  ASSERT_TRUE(eventually([&] { return road_->left() < 1000; }));
  stop();  // while it backs off on a clock that stands still
}

// Random writes while connections break and history is forgotten: in the end the cache holds what
// the server holds, and what it told adds up to it.
TEST_F(ReflectorTest, ConvergesUnderFaults) {
  start();
  std::minstd_rand random(7);
  for (int i = 0; i < 600; ++i) {
    std::string name(1, static_cast<char>('a' + random() % 8));
    if (random() % 4 == 0) {
      api_->remove("configmaps", {"ns", name});
    } else {
      put(name, std::to_string(i));
    }
    if (random() % 10 == 0) api_->end_watches(random() % 2 == 0);
    if (random() % 25 == 0) api_->compact();
    if (random() % 10 == 0 && road_->left() == 0) road_->next({}, Fault::cut_after(random() % 12));
    if (random() % 3 == 0) clock_.advance(100ms);
    std::this_thread::yield();
  }
  ASSERT_TRUE(comes([&] {
    auto objects = api_->list("configmaps");
    if (!cache_.synced() || objects.size() != cache_.size()) return false;
    return std::ranges::all_of(objects, [&](const json::value& o) {
      auto mine = cache_.get({"ns", std::string(base::find_string(o, "metadata", "name"))});
      return mine &&
             mine->metadata.resource_version == base::find_string(o, "metadata", "resourceVersion");
    });
  }));
  stop();
  std::map<std::string, std::string> replayed;
  for (const std::string& line : told()) {
    std::string name = line.substr(1, line.find(' ') - 1), color = line.substr(line.find(' ') + 1);
    EXPECT_EQ(line[0] == '+', !replayed.contains(name)) << line;
    if (line[0] == '~') EXPECT_NE(replayed[name], color) << line;
    if (line[0] == '-') {
      replayed.erase(name);
    } else {
      replayed[name] = color;
    }
  }
  EXPECT_EQ(replayed.size(), cache_.size());
}

}  // namespace
}  // namespace nanika::kube
