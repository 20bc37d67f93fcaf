#include "kube/manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/core/objects.h"
#include "api/core/service.h"
#include "base/http_client.h"
#include "kube/fake_api.h"
#include "kube/testing.h"
#include "kube/transport_fake.h"

namespace nanika::kube {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// Makes a ConfigMap of the same name for each Service, holding its type, and owned by it.
class Mirror final : public Reconciler {
 public:
  Mirror(Client client, Cache<api::Service>& services)
      : client_(std::move(client)), services_(services) {}

  Result<Outcome> reconcile(const Key& key, const Context& ctx) override {
    ++runs;
    if (script) {
      if (auto outcome = script(key, ctx)) return *outcome;
    }
    auto service = services_.get(key);
    if (!service) return Outcome::done();
    api::ConfigMap map;
    map.metadata.namespace_ = key.namespace_;
    map.metadata.name = key.name;
    json::object fragment = api::encode_part(map, {});
    set_owner(fragment, *service);
    fragment["data"] = {{"type", service->spec.type}};
    TRY(client_.apply<api::ConfigMap>(ctx, std::move(fragment)));
    return Outcome::done();
  }

  std::function<std::optional<Result<Outcome>>(const Key&, const Context&)> script;
  std::atomic<int> runs = 0;

 private:
  Client client_;
  Cache<api::Service>& services_;
};

struct Process {
  Process(const std::shared_ptr<FakeApi>& api, const base::FakeClock& clock,
          ManagerOptions options = {})
      : road(std::make_shared<FaultyTransport>(api)),
        client(road, clock),
        manager(client, metrics, std::move(options)),
        mirror(client.as("mirror"), manager.cache<api::Service>()) {
    manager.controller("mirror", mirror)
        .watches<api::Service>()
        .owns<api::ConfigMap>()
        .maps<api::Secret>([](const api::Secret& secret) {
          return std::vector{Key{secret.metadata.namespace_, secret.type}};
        })
        .workers(4);
  }
  ~Process() { stop(); }
  void start() {
    thread = std::jthread([this](std::stop_token ends) { ended = manager.run(ends); });
  }
  void stop() {
    thread.request_stop();
    if (thread.joinable()) thread.join();
  }

  Metrics metrics;
  std::shared_ptr<FaultyTransport> road;
  Client client;
  Manager manager;
  Mirror mirror;
  Result<void> ended;
  std::jthread thread;
};

class ManagerTest : public testing::Test {
 protected:
  void put_service(const std::string& name, const std::string& type) {
    api_->put(json::object{{"apiVersion", "v1"},
                           {"kind", "Service"},
                           {"metadata", {{"namespace", "ns"}, {"name", name}}},
                           {"spec", {{"type", type}}}});
  }
  std::string mirrored(const std::string& name) const {
    return std::string(base::find_string(api_->get("configmaps", {"ns", name}), "data", "type"));
  }
  bool comes(const std::function<bool()>& state) { return eventually(clock_, state); }

  base::FakeClock clock_;
  std::shared_ptr<FakeApi> api_ = std::make_shared<FakeApi>(clock_);
};

TEST_F(ManagerTest, MakesTheWorldSoAndKeepsItSo) {
  Process process(api_, clock_);
  for (int i = 0; i < 50; ++i) put_service("s" + std::to_string(i), "ClusterIP");
  process.start();
  ASSERT_TRUE(comes([&] { return api_->list("configmaps").size() == 50; }));
  EXPECT_TRUE(process.manager.ready());
  put_service("s7", "LoadBalancer");
  ASSERT_TRUE(comes([&] { return mirrored("s7") == "LoadBalancer"; }));
  api_->remove("configmaps", {"ns", "s3"});  // owned: its Service wakes
  ASSERT_TRUE(comes([&] { return mirrored("s3") == "ClusterIP"; }));
  ASSERT_TRUE(comes([&] {
    return process.metrics.expose().contains(
        "workqueue_depth{name=\"mirror\",controller=\"mirror\"} 0\n");
  }));
  process.stop();
  EXPECT_TRUE(process.ended) << process.ended.error().message;
  std::string text = process.metrics.expose();
  EXPECT_THAT(text,
              HasSubstr("controller_runtime_max_concurrent_reconciles{controller=\"mirror\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("controller_runtime_active_workers{controller=\"mirror\"} 0\n"));
}

TEST_F(ManagerTest, ConvergesThoughTheApiFails) {
  Process process(api_, clock_);
  process.road->next({.method = "PATCH"}, Fault::drop_after_send(), 20);
  process.road->next({.method = "PATCH"}, Fault::status(500, "InternalError"), 20);
  process.road->next({.method = "PATCH"}, Fault::status(409, "Conflict"), 20);
  process.road->next({.method = "PATCH"}, Fault::status(429, "TooManyRequests"), 20);
  for (int i = 0; i < 20; ++i) put_service("s" + std::to_string(i), "ClusterIP");
  process.start();
  ASSERT_TRUE(comes([&] { return api_->list("configmaps").size() == 20; }));
}

TEST_F(ManagerTest, AnExceptionIsAnErrorAndTheKeyComesAgain) {
  Process process(api_, clock_);
  std::atomic<int> left = 3;
  process.mirror.script = [&](const Key&, const Context&) -> std::optional<Result<Outcome>> {
    if (left.fetch_sub(1) > 0) throw std::runtime_error("a bug");
    return std::nullopt;
  };
  put_service("a", "ClusterIP");
  process.start();
  ASSERT_TRUE(comes([&] { return mirrored("a") == "ClusterIP"; }));
  EXPECT_THAT(process.metrics.expose(),
              HasSubstr("controller_runtime_reconcile_panics_total{controller=\"mirror\"} 3\n"));
}

TEST_F(ManagerTest, AnErrorThatStaysIsNotHammered) {
  Process process(api_, clock_);
  process.mirror.script = [](const Key&, const Context&) -> std::optional<Result<Outcome>> {
    return fail(Code::kInvalid, "the spec is wrong");
  };
  put_service("a", "ClusterIP");
  process.start();
  ASSERT_TRUE(comes([&] { return process.mirror.runs == 1; }));
  for (int i = 0; i < 100; ++i) clock_.advance(1s);
  EXPECT_EQ(process.mirror.runs, 1);
  put_service("a", "LoadBalancer");  // somebody changes something
  EXPECT_TRUE(comes([&] { return process.mirror.runs == 2; }));
}

TEST_F(ManagerTest, RequeueAfterComesAgain) {
  Process process(api_, clock_);
  process.mirror.script = [](const Key&, const Context&) -> std::optional<Result<Outcome>> {
    return Outcome::after(30s);
  };
  put_service("a", "ClusterIP");
  process.start();
  ASSERT_TRUE(comes([&] { return process.mirror.runs == 1; }));
  EXPECT_TRUE(eventually(clock_, [&] { return process.mirror.runs == 4; }, 1s));
}

TEST_F(ManagerTest, NotReadyBeforeTheCachesAreFull) {
  Process process(api_, clock_);
  process.road->next({.path = "/secrets"}, Fault::status(403, "Forbidden"), 1000);
  put_service("a", "ClusterIP");
  process.start();
  ASSERT_TRUE(comes([&] { return process.road->left() < 998; }));
  EXPECT_FALSE(process.manager.ready());
  EXPECT_EQ(process.mirror.runs, 0);
  process.road->clear();
  EXPECT_TRUE(comes([&] { return mirrored("a") == "ClusterIP"; }));
  EXPECT_TRUE(process.manager.ready());
}

TEST_F(ManagerTest, StopsWhileItsCachesFill) {
  Process process(api_, clock_);
  process.road->next({}, Fault::slow(1h), 1000);
  process.start();
  process.stop();
  EXPECT_TRUE(process.ended);
}

TEST_F(ManagerTest, AStopCutsReconcilesThatWait) {
  Process process(api_, clock_);
  process.mirror.script = [this](const Key&, const Context& ctx) -> std::optional<Result<Outcome>> {
    if (clock_.sleep_for(1h, ctx.stop)) return Outcome::done();
    return fail(Code::kCancelled, "stopped");
  };
  for (int i = 0; i < 10; ++i) put_service("s" + std::to_string(i), "ClusterIP");
  process.start();
  ASSERT_TRUE(comes([&] { return process.mirror.runs == 4; }));  // all workers hang
  process.stop();
  EXPECT_TRUE(process.ended) << process.ended.error().message;
  EXPECT_EQ(process.mirror.runs, 4);
}

TEST_F(ManagerTest, SaysWhoDidNotStopInTime) {
  Process process(api_, clock_, {.grace = 5s});
  std::atomic<bool> let_go = false;
  process.mirror.script = [&](const Key&, const Context&) -> std::optional<Result<Outcome>> {
    eventually([&] { return let_go.load(); });  // does not look at its stop_token
    return Outcome::done();
  };
  put_service("a", "ClusterIP");
  process.start();
  ASSERT_TRUE(comes([&] { return process.mirror.runs == 1; }));
  process.thread.request_stop();
  std::jthread time([&](std::stop_token stop) {
    for (int i = 0; i < 300 && !stop.stop_requested(); ++i)
      clock_.advance(50ms), std::this_thread::sleep_for(1ms);
    let_go = true;
  });
  process.stop();
  ASSERT_FALSE(process.ended);
  EXPECT_EQ(process.ended.error().message, "still at work 5s after being asked to stop: mirror");
}

TEST_F(ManagerTest, OneOfTwoLeadsAndTheOtherTakesOver) {
  auto options = [](const char* name) {
    return ManagerOptions{.lease = LeaseOptions{.identity = name}};
  };
  Process a(api_, clock_, options("a")), b(api_, clock_, options("b"));
  put_service("x", "ClusterIP");
  a.start();
  ASSERT_TRUE(comes([&] { return mirrored("x") == "ClusterIP"; }));
  b.start();
  ASSERT_TRUE(comes([&] { return b.manager.ready(); }));
  put_service("x", "NodePort");
  ASSERT_TRUE(comes([&] { return mirrored("x") == "NodePort"; }));
  EXPECT_TRUE(a.manager.leading());
  EXPECT_EQ(b.mirror.runs, 0);
  a.stop();
  EXPECT_TRUE(a.ended);
  put_service("x", "LoadBalancer");
  ASSERT_TRUE(comes([&] { return mirrored("x") == "LoadBalancer"; }));
  EXPECT_TRUE(b.manager.leading());
}

TEST_F(ManagerTest, ALeaderThatIsCutOffStopsAndComesBack) {
  Process a(api_, clock_, {.lease = LeaseOptions{.identity = "a"}});
  put_service("x", "ClusterIP");
  a.start();
  ASSERT_TRUE(comes([&] { return a.manager.leading(); }));
  a.road->next({.path = "/leases/"}, Fault::status(503, "ServiceUnavailable"), 100000);
  ASSERT_TRUE(comes([&] { return !a.manager.leading(); }));
  a.road->clear();
  put_service("x", "NodePort");
  ASSERT_TRUE(comes([&] { return mirrored("x") == "NodePort"; }));
  EXPECT_TRUE(a.manager.leading());
}

TEST_F(ManagerTest, ServesHealthAndMetrics) {
  Process process(api_, clock_, {.listen = "127.0.0.1:0"});
  put_service("a", "ClusterIP");
  process.start();
  ASSERT_TRUE(comes([&] { return mirrored("a") == "ClusterIP"; }));
  auto http = base::http::Client::create(
      {.url = fmt::format("http://127.0.0.1:{}", process.manager.port())});
  ASSERT_TRUE(http) << http.error().message;
  auto get = [&](const char* path) {
    return (*http)->send({.target = path}, base::system_clock().mono() + 5s, {}).value();
  };
  EXPECT_EQ(get("/healthz").body, "ok");
  EXPECT_EQ(get("/readyz").status, 200);
  EXPECT_THAT(get("/metrics").body, HasSubstr("controller_runtime_reconcile_total{"));
  EXPECT_EQ(get("/nothing").status, 404);
  process.manager.add_ready_check("bird", [] { return fail(Code::kUnavailable, "no answer"); });
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_THAT(get("/readyz").body, HasSubstr("[-]bird failed: no answer\n"));
}

TEST_F(ManagerTest, PredicatesAndReplicasAreHonoured) {
  Process process(api_, clock_, {.lease = LeaseOptions{.identity = "x"}});
  Mirror everywhere(process.client, process.manager.cache<api::Service>());
  everywhere.script = [](const Key&, const Context&) -> std::optional<Result<Outcome>> {
    return Outcome::done();
  };
  process.manager.controller("everywhere", everywhere)
      .watches<api::Service>([](const Change<api::Service>& change) {
        return change.object().spec.type == "LoadBalancer";
      })
      .every_replica();
  process.road->next({.path = "/leases"}, Fault::status(503, "ServiceUnavailable"), 100000);
  put_service("a", "ClusterIP");
  put_service("b", "LoadBalancer");
  process.start();
  ASSERT_TRUE(comes([&] { return everywhere.runs == 1; }));
  EXPECT_EQ(process.mirror.runs, 0) << "nobody leads";
}

}  // namespace
}  // namespace nanika::kube
