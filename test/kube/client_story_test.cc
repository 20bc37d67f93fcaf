// The client and the controller runtime against a real API server: `nanika apiserver`, or the one
// that $NANIKA_TEST_KUBECONFIG names (kube-apiserver: test/vanilla). The same stories hold for
// both.
#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/core/objects.h"
#include "api/core/service.h"
#include "base/file.h"
#include "base/process.h"
#include "base/random.h"
#include "kube/manager.h"
#include "kube/testing.h"

namespace nanika::kube {
namespace {

using namespace std::chrono_literals;

// One server for all stories, each in a namespace of its own.
class Server {
 public:
  static Server& the() {
    static Server server;
    return server;
  }
  const Config& config() const { return config_; }
  ~Server() {
    if (process_) process_->terminate(base::system_clock().mono() + 5s);
    std::filesystem::remove_all(folder_);
  }

 private:
  Server() {
    if (const char* given = std::getenv("NANIKA_TEST_KUBECONFIG")) {
      config_ = Config::load(given).value();
      return;
    }
    folder_ = testing::TempDir() + "kube_story." + base::random_name_suffix();
    std::filesystem::create_directories(folder_);
    std::string kubeconfig = folder_ + "/kubeconfig";
    auto spawned =
        base::Process::spawn({.argv = {NANIKA_BINARY, "apiserver", "--data-dir", folder_ + "/data",
                                       "--listen", "127.0.0.1:0", "--kubeconfig-out", kubeconfig},
                              .err = {.kind = base::Stream::Kind::kFile, .path = folder_ + "/log"},
                              .die_with_parent = true});
    if (!spawned) throw std::runtime_error(spawned.error().message);
    process_ = std::move(*spawned);
    bool up = eventually([&] {
      auto config = Config::load(kubeconfig);
      return config && ready(*config);
    });
    if (!up) throw std::runtime_error("nanika apiserver did not get ready: " + folder_ + "/log");
  }
  bool ready(const Config& config) {
    auto transport = connect(config, base::system_clock());
    if (!transport) return false;
    auto answer = (*transport)->send({.target = "/readyz"}, Context{}.within(1s));
    config_ = config;
    return answer && answer->status == 200;
  }

  std::string folder_;
  std::optional<base::Process> process_;
  Config config_;
};

class ClientStory : public testing::Test {
 protected:
  ClientStory() : transport_(connect(Server::the().config(), base::system_clock()).value()) {}
  void SetUp() override {
    api::Namespace ns;
    ns.metadata.name = ns_;
    auto made = client_.create(ctx_, ns);
    ASSERT_TRUE(made) << made.error().message;
  }
  void TearDown() override { client_.remove<api::Namespace>(ctx_, {"", ns_}); }

  api::ConfigMap config_map(const std::string& name, const std::string& color) {
    api::ConfigMap map;
    map.metadata.namespace_ = ns_;
    map.metadata.name = name;
    map.data["color"] = color;
    return map;
  }

  const std::string ns_ = "story-" + base::random_name_suffix(8);
  std::shared_ptr<Transport> transport_;
  Client client_{transport_, base::system_clock(), {.field_manager = "nanika-story"}};
  Context ctx_ = Context{}.within(30s);
};

TEST_F(ClientStory, WritesWithPreconditions) {
  auto made = client_.create(ctx_, config_map("a", "red"));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(client_.create(ctx_, config_map("a", "red")).error().code, Code::kAlreadyExists);
  api::ConfigMap next = *made;
  next.data["color"] = "blue";
  auto changed = client_.update(ctx_, next);
  ASSERT_TRUE(changed) << changed.error().message;
  auto stale = client_.update(ctx_, next);
  EXPECT_EQ(stale.error().code, Code::kConflict) << stale.error().message;
  Key key{ns_, "a"};
  EXPECT_EQ(client_.remove<api::ConfigMap>(ctx_, key, only(made->metadata)).error().code,
            Code::kConflict);
  auto removed = client_.remove<api::ConfigMap>(ctx_, key, only(changed->metadata));
  EXPECT_TRUE(removed) << removed.error().message;
  auto gone = client_.get<api::ConfigMap>(ctx_, key);
  EXPECT_EQ(gone.error().message, "configmaps \"a\" not found");
}

TEST_F(ClientStory, AppliesWhatItOwnsAndRecreatesNothing) {
  auto made = client_.create(ctx_, config_map("a", "red"));
  json::object fragment{{"apiVersion", "v1"},
                        {"kind", "ConfigMap"},
                        {"metadata", {{"namespace", ns_}, {"name", "a"}}},
                        {"data", {{"size", "big"}}}};
  auto applied = client_.apply<api::ConfigMap>(ctx_, fragment, {.uid = made->metadata.uid});
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(applied->data.at("color"), "red");
  EXPECT_EQ(applied->data.at("size"), "big");
  auto again = client_.apply<api::ConfigMap>(ctx_, fragment);
  EXPECT_EQ(again->metadata.resource_version, applied->metadata.resource_version);
  fragment["data"] = {{"size", "small"}};
  auto other = client_.as("other").apply<api::ConfigMap>(ctx_, fragment, {.force = false});
  EXPECT_EQ(other.error().code, Code::kConflict);
  EXPECT_THAT(other.error().message, testing::HasSubstr(".data.size"));
  ASSERT_TRUE(client_.remove<api::ConfigMap>(ctx_, {ns_, "a"}));
  auto late = client_.apply<api::ConfigMap>(ctx_, fragment, {.uid = made->metadata.uid});
  EXPECT_EQ(late.error().code, Code::kConflict) << late.error().message;
}

TEST_F(ClientStory, FinalizersHoldAnObject) {
  auto made = client_.create(ctx_, config_map("a", "red"));
  auto held = add_finalizer(client_, ctx_, *made, "nanika.dev/story");
  ASSERT_TRUE(held) << held.error().message;
  ASSERT_TRUE(client_.remove<api::ConfigMap>(ctx_, {ns_, "a"}));
  auto marked = client_.get<api::ConfigMap>(ctx_, {ns_, "a"});
  ASSERT_TRUE(marked) << marked.error().message;
  EXPECT_TRUE(marked->metadata.deleting());
  auto freed = remove_finalizer(client_, ctx_, *marked, "nanika.dev/story");
  ASSERT_TRUE(freed) << freed.error().message;
  EXPECT_EQ(client_.get<api::ConfigMap>(ctx_, {ns_, "a"}).error().code, Code::kNotFound);
}

TEST_F(ClientStory, RefusalsCarryTheServersWords) {
  api::Service service;
  service.metadata.namespace_ = ns_;
  service.metadata.name = "Not A Name";
  auto refused = client_.create(ctx_, service);
  EXPECT_EQ(refused.error().code, Code::kUnprocessable) << refused.error().message;
  EXPECT_THAT(refused.error().message, testing::HasSubstr("metadata.name"));
}

TEST_F(ClientStory, ListsInPages) {
  for (int i = 0; i < 520; ++i) client_.create(ctx_, config_map(fmt::format("m{:03}", i), "red"));
  auto list = client_.list<api::ConfigMap>(
      ctx_, {.namespace_ = ns_, .field_selector = "metadata.namespace=" + ns_});
  ASSERT_TRUE(list) << list.error().message;
  size_t ours = std::ranges::count_if(
      list->items, [](const api::ConfigMap& map) { return map.metadata.name.starts_with("m"); });
  EXPECT_EQ(ours, 520);
}

TEST_F(ClientStory, ACacheFollows) {
  Cache<api::ConfigMap> cache;
  std::atomic<int> changes = 0;
  cache.on_change([&](const Change<api::ConfigMap>&) { ++changes; });
  Reflector reflector(client_, api::ConfigMap::kKind, cache,
                      {.namespace_ = ns_, .label_selector = "story!=no"});
  client_.create(ctx_, config_map("a", "red"));
  std::jthread thread([&](std::stop_token stop) { reflector.run(stop); });
  ASSERT_TRUE(eventually([&] { return cache.synced() && cache.get({ns_, "a"}); }));
  for (int i = 0; i < 100; ++i) client_.create(ctx_, config_map("n" + std::to_string(i), "blue"));
  client_.remove<api::ConfigMap>(ctx_, {ns_, "a"});
  ASSERT_TRUE(eventually([&] { return cache.get({ns_, "n99"}) && !cache.get({ns_, "a"}); }));
}

// Copies the colour of ConfigMap "source" to every other one.
class Painter final : public Reconciler {
 public:
  Painter(Client client, Cache<api::ConfigMap>& maps, EventRecorder& events)
      : client_(std::move(client)), maps_(maps), events_(events) {}
  Result<Outcome> reconcile(const Key& key, const Context& ctx) override {
    auto source = maps_.get({key.namespace_, "source"});
    auto map = maps_.get(key);
    if (!source || !map || key.name == "source") return Outcome::done();
    if (map->data.contains("copy") && map->data.at("copy") == source->data.at("color"))
      return Outcome::done();
    json::object fragment = api::encode_part(*map, {});
    fragment["data"] = {{"copy", source->data.at("color")}};
    TRY(client_.apply<api::ConfigMap>(ctx, std::move(fragment), {.uid = map->metadata.uid}));
    events_.normal(*map, "Painted", "now " + source->data.at("color"));
    return Outcome::done();
  }

 private:
  Client client_;
  Cache<api::ConfigMap>& maps_;
  EventRecorder& events_;
};

TEST_F(ClientStory, AControllerUnderALeaseDoesItsWork) {
  Metrics metrics;
  Manager manager(client_, metrics,
                  {.lease = LeaseOptions{.key = {ns_, "painter"}, .identity = "story"}});
  auto& maps = manager.cache<api::ConfigMap>({.namespace_ = ns_});
  Painter painter(client_.as("nanika-painter"), maps, manager.events("nanika-painter"));
  manager.controller("painter", painter)
      .maps<api::ConfigMap>(
          [&](const api::ConfigMap& map) {
            std::vector<Key> keys;
            for (const auto& each : maps.list()) keys.push_back(key_of(each->metadata));
            keys.push_back(key_of(map.metadata));
            return keys;
          },
          {}, {.namespace_ = ns_})
      .workers(2);
  for (int i = 0; i < 20; ++i) client_.create(ctx_, config_map("m" + std::to_string(i), "x"));
  auto source = client_.create(ctx_, config_map("source", "red"));
  Result<void> ended;
  std::jthread thread([&](std::stop_token stop) { ended = manager.run(stop); });
  auto all_are = [&](const std::string& color) {
    size_t painted = 0;
    for (const auto& map : maps.list())
      painted += map->data.contains("copy") && map->data.at("copy") == color;
    return painted == 20;
  };
  ASSERT_TRUE(eventually([&] { return all_are("red"); }));
  source->data["color"] = "blue";
  ASSERT_TRUE(client_.update(ctx_, *source));
  ASSERT_TRUE(eventually([&] { return all_are("blue"); }));
  ASSERT_TRUE(eventually(
      [&] { return client_.list<api::Event>(ctx_, {.namespace_ = ns_})->items.size() >= 40; }));
  auto stopping = base::system_clock().mono();
  thread.request_stop();
  thread.join();
  EXPECT_TRUE(ended) << ended.error().message;
  EXPECT_LT(base::system_clock().mono() - stopping, 2s);
  EXPECT_EQ(client_.get<api::Lease>(ctx_, {ns_, "painter"})->spec.holder_identity, "");
}

}  // namespace
}  // namespace nanika::kube
