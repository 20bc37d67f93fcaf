#include "kube/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/core/objects.h"
#include "api/core/service.h"
#include "api/network/address_claim.h"
#include "base/clock_fake.h"
#include "kube/fake_api.h"
#include "kube/status.h"
#include "kube/testing.h"
#include "kube/transport_fake.h"

namespace nanika::kube {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class ClientTest : public testing::Test {
 protected:
  api::ConfigMap config_map(const std::string& name) {
    api::ConfigMap map;
    map.metadata.namespace_ = "shop";
    map.metadata.name = name;
    map.data["k"] = "v";
    return map;
  }
  // Runs a call that may wait on the fake clock.
  template <class F>
  auto while_time_runs(F call) {
    std::atomic<bool> over = false;
    std::jthread time([&] { eventually(clock_, [&] { return over.load(); }, 10ms); });
    auto result = call();
    over = true;
    return result;
  }

  base::FakeClock clock_;
  Metrics metrics_;
  std::shared_ptr<FakeApi> api_ = std::make_shared<FakeApi>(clock_);
  std::shared_ptr<FaultyTransport> road_ = std::make_shared<FaultyTransport>(api_);
  Client client_{road_, clock_, {.field_manager = "nanika-test", .metrics = &metrics_}};
  Context ctx_{.clock = &clock_};
  const Key key_{"shop", "a"};
};

TEST_F(ClientTest, MakesReadsChangesAndRemoves) {
  auto made = client_.create(ctx_, config_map("a"));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_FALSE(made->metadata.uid.empty());
  made->data["k"] = "w";
  auto changed = client_.update(ctx_, *made);
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ(client_.get<api::ConfigMap>(ctx_, key_)->data.at("k"), "w");
  auto stale = client_.update(ctx_, *made);
  EXPECT_EQ(stale.error().code, Code::kConflict);
  EXPECT_THAT(stale.error().message, HasSubstr("the object has been modified"));
  EXPECT_EQ(client_.create(ctx_, config_map("a")).error().code, Code::kAlreadyExists);
  auto removed = client_.remove<api::ConfigMap>(ctx_, key_, only(made->metadata));
  EXPECT_EQ(removed.error().code, Code::kConflict);
  EXPECT_TRUE(client_.remove<api::ConfigMap>(ctx_, key_, only(changed->metadata)));
  EXPECT_EQ(client_.get<api::ConfigMap>(ctx_, key_).error().message, "configmaps \"a\" not found");
}

TEST_F(ClientTest, ListsAllPages) {
  for (int i = 0; i < 1203; ++i) client_.create(ctx_, config_map(fmt::format("m{:04}", i)));
  auto list = client_.list<api::ConfigMap>(ctx_, {.namespace_ = "shop"});
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_EQ(list->items.size(), 1203);
  EXPECT_EQ(list->items.back().metadata.name, "m1202");
  EXPECT_EQ(list->resource_version, api_->resource_version());
  EXPECT_EQ(client_.list<api::ConfigMap>(ctx_, {.namespace_ = "other"})->items.size(), 0);
  EXPECT_EQ(client_
                .list<api::ConfigMap>(
                    ctx_, {.namespace_ = "shop", .field_selector = "metadata.name=m0007"})
                ->items.size(),
            1);
}

TEST_F(ClientTest, AppliesOnlyWhatItOwns) {
  api_->put(R"({"apiVersion":"v1","kind":"Service","metadata":{"namespace":"shop","name":"a",
      "labels":{"app":"www"}},"spec":{"type":"LoadBalancer"}})");
  json::object fragment{{"apiVersion", "v1"},
                        {"kind", "Service"},
                        {"metadata", {{"namespace", "shop"}, {"name", "a"}}}};
  json::object with = fragment;
  with["metadata"].get_object()["annotations"] = {{"x", "1"}, {"y", "2"}};
  ASSERT_TRUE(client_.apply<api::Service>(ctx_, with));
  with["metadata"].get_object()["annotations"] = {{"x", "1"}};
  auto applied = client_.apply<api::Service>(ctx_, with);
  EXPECT_EQ(applied->metadata.annotations, (std::map<std::string, std::string>{{"x", "1"}}));
  EXPECT_EQ(applied->metadata.labels.at("app"), "www");

  std::string version = api_->resource_version();
  ASSERT_TRUE(client_.apply<api::Service>(ctx_, with));
  EXPECT_EQ(api_->resource_version(), version) << "a no-op apply changes nothing";

  with["metadata"].get_object()["annotations"] = {{"x", "other"}};
  auto refused = client_.as("nanika-other").apply<api::Service>(ctx_, with, {.force = false});
  EXPECT_EQ(refused.error().code, Code::kConflict);
  EXPECT_EQ(refused.error().message,
            "Apply failed with 1 conflict: conflict with \"nanika-test\": .metadata.annotations.x");
}

TEST_F(ClientTest, AnApplyWithUidMakesNothingAnew) {
  json::object fragment{{"apiVersion", "v1"},
                        {"kind", "ConfigMap"},
                        {"metadata", {{"namespace", "shop"}, {"name", "a"}}},
                        {"data", {{"k", "v"}}}};
  auto made = client_.create(ctx_, config_map("a"));
  ASSERT_TRUE(client_.apply<api::ConfigMap>(ctx_, fragment, {.uid = made->metadata.uid}));
  ASSERT_TRUE(client_.remove<api::ConfigMap>(ctx_, key_));
  auto late = client_.apply<api::ConfigMap>(ctx_, fragment, {.uid = made->metadata.uid});
  EXPECT_EQ(late.error().code, Code::kConflict);
  EXPECT_TRUE(api_->get("configmaps", key_).is_null());
}

TEST_F(ClientTest, ReadsAndAppliesAreRetried) {
  client_.create(ctx_, config_map("a"));
  road_->next({.method = "GET"}, Fault::drop_before_send());
  road_->next({.method = "GET"}, Fault::status(503, "ServiceUnavailable"));
  auto got = while_time_runs([&] { return client_.get<api::ConfigMap>(ctx_, key_); });
  EXPECT_TRUE(got) << got.error().message;
  EXPECT_EQ(road_->left(), 0);

  road_->next({.method = "GET"}, Fault::drop_before_send(), 4);
  got = while_time_runs([&] { return client_.get<api::ConfigMap>(ctx_, key_); });
  EXPECT_EQ(got.error().code, Code::kUnavailable) << "four attempts and no more";
}

TEST_F(ClientTest, ACreateWhoseAnswerWasLostIsNotRepeated) {
  road_->next({.method = "POST"}, Fault::drop_after_send());
  EXPECT_EQ(client_.create(ctx_, config_map("a")).error().code, Code::kUnavailable);
  EXPECT_FALSE(api_->get("configmaps", key_).is_null());
  EXPECT_EQ(api_->requests().size(), 1);
}

TEST_F(ClientTest, ThrottlingIsWaitedForAsTheServerSays) {
  road_->next({.method = "POST"}, Fault::status(429, "TooManyRequests", 2));
  MonoTime start = clock_.mono();
  auto made = while_time_runs([&] { return client_.create(ctx_, config_map("a")); });
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_GE(clock_.mono() - start, 2s);

  road_->next({.method = "GET"}, Fault::status(429, "TooManyRequests", 60));
  auto hurried = client_.get<api::ConfigMap>(ctx_.within(5s), key_);
  EXPECT_EQ(hurried.error().code, Code::kExhausted) << "no wait beyond the deadline";
}

TEST_F(ClientTest, ACallEndsAtItsDeadlineAndAtAStop) {
  road_->next({}, Fault::slow(1h));
  auto late = while_time_runs([&] { return client_.get<api::ConfigMap>(ctx_.within(1s), key_); });
  EXPECT_EQ(late.error().code, Code::kDeadlineExceeded);

  std::stop_source stop;
  road_->next({}, Fault::slow(1h));
  Context stoppable{.clock = &clock_, .stop = stop.get_token()};
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(client_.get<api::ConfigMap>(stoppable, key_).error().code, Code::kCancelled);
}

TEST_F(ClientTest, StatusIsWrittenApart) {
  api_->put(R"({"apiVersion":"v1","kind":"Service","metadata":{"namespace":"shop","name":"a"},
      "spec":{"type":"LoadBalancer"}})");
  json::object fragment{{"apiVersion", "v1"},
                        {"kind", "Service"},
                        {"metadata", {{"namespace", "shop"}, {"name", "a"}}}};
  fragment["status"] = {{"conditions", {{{"type", "A"}, {"status", "True"}}}}};
  ASSERT_TRUE(client_.apply_status<api::Service>(ctx_, fragment));
  json::object other = fragment;
  other["status"] = {{"conditions", {{{"type", "B"}, {"status", "False"}}}}};
  ASSERT_TRUE(client_.as("other").apply_status<api::Service>(ctx_, other));
  json::value service = api_->get("services", key_);
  EXPECT_EQ(base::to_json(*base::find(service, "status", "conditions")),
            R"([{"type":"A","status":"True"},{"type":"B","status":"False"}])");
  EXPECT_EQ(base::find_string(service, "spec", "type"), "LoadBalancer");
}

TEST_F(ClientTest, CountsRequestsByUpstreamsNames) {
  client_.create(ctx_, config_map("a"));
  client_.create(ctx_, config_map("a"));
  std::string text = metrics_.expose();
  EXPECT_THAT(text, HasSubstr("rest_client_requests_total{code=\"201\",method=\"POST\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("rest_client_requests_total{code=\"409\",method=\"POST\"} 1\n"));
}

TEST(Status, KeepsTheServersWordsAndCauses) {
  base::http::Response response{.status = 422};
  response.body =
      R"({"kind":"Status","code":422,"reason":"Invalid","message":"Service \"x\" is invalid",
      "details":{"causes":[{"field":"spec.ports","message":"Required value"}]}})";
  Error error = error_of(response);
  EXPECT_EQ(error.code, Code::kUnprocessable);
  EXPECT_EQ(error.message, "Service \"x\" is invalid; spec.ports: Required value");

  Error plain = error_of(base::http::Response{.status = 502, .body = "Bad gateway\nhtml"});
  EXPECT_EQ(plain.code, Code::kUnavailable);
  EXPECT_EQ(plain.message, "the server answered 502 Bad Gateway: Bad gateway");
}

TEST(ResourcePath, FollowsTheKind) {
  EXPECT_EQ(resource_path(api::Service::kKind, {"shop", "www"}, "status"),
            "/api/v1/namespaces/shop/services/www/status");
  EXPECT_EQ(resource_path(api::AddressClaim::kKind, {"ignored", "a b"}),
            "/apis/network.nanika.dev/v1alpha1/addressclaims/a%20b");
  EXPECT_EQ(resource_path(api::Lease::kKind, {"", ""}), "/apis/coordination.k8s.io/v1/leases");
}

}  // namespace
}  // namespace nanika::kube
