#include "apiserver/registry/operations.h"

#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apiserver/registry/builtin_resources.h"
#include "apiserver/registry/decode.h"
#include "apiserver/store/store_testing.h"

namespace nanika::apiserver {
namespace {

using testing::HasSubstr;

class OperationsTest : public store::StoreTest {
 protected:
  void SetUp() override {
    store::StoreTest::SetUp();
    registry_ = std::make_unique<Registry>(builtin_resources(*store));
    executor_ = std::make_unique<Executor>();
    operations_ = std::make_unique<Operations>(
        Operations::Parts{.store = *store, .clock = clock, .executor = *executor_});
    ASSERT_TRUE(create("namespaces", "", R"({"metadata":{"name":"shop"}})"));
  }
  void TearDown() override {
    executor_.reset();
    store::StoreTest::TearDown();
  }

  Endpoint endpoint(std::string_view plural) {
    return *registry_->catalog()->find("", "v1", plural);
  }
  ApiResult<json::value> read(ApiResult<Outcome> outcome) {
    if (!outcome) return api_fail(outcome.error());
    return *base::parse_json(*outcome->bytes);
  }
  json::value decoded(std::string_view plural, std::string_view text) {
    return decode_object(endpoint(plural), *base::parse_json(text), {}, FieldValidation::kStrict)
        ->object;
  }
  ApiResult<json::value> create(std::string_view plural, std::string ns, std::string_view text,
                                bool dry_run = false) {
    return read(wait_for([&](Reply done) {
      operations_->create({.endpoint = endpoint(plural),
                           .namespace_ = std::move(ns),
                           .object = decoded(plural, text),
                           .how = {.manager = "test", .dry_run = dry_run}},
                          std::move(done));
    }));
  }
  ApiResult<json::value> update(std::string_view name,
                                std::function<ApiResult<Change>(const json::value*)> change,
                                bool retry = false) {
    return read(wait_for([&](Reply done) {
      operations_->update({.endpoint = endpoint("configmaps"),
                           .namespace_ = "shop",
                           .name = std::string(name),
                           .change = std::move(change),
                           .retry = retry,
                           .how = {.manager = "test"}},
                          std::move(done));
    }));
  }
  ApiResult<json::value> remove(std::string_view plural, std::string ns, std::string name,
                                DeleteOptions options = {}) {
    return read(wait_for([&](Reply done) {
      operations_->remove({endpoint(plural), std::move(ns), std::move(name), std::move(options)},
                          std::move(done));
    }));
  }
  static std::string_view meta(const json::value& object, std::string_view key) {
    return base::find_string(object, "metadata", key);
  }

  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<Operations> operations_;
};

constexpr std::string_view kMap = R"({"metadata":{"name":"a"},"data":{"x":"1"}})";

TEST_F(OperationsTest, CreateFillsWhatTheServerOwns) {
  auto made = create("configmaps", "shop", kMap);
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_EQ(meta(*made, "namespace"), "shop");
  EXPECT_EQ(meta(*made, "uid").size(), 36u);
  EXPECT_FALSE(meta(*made, "resourceVersion").empty());
  EXPECT_FALSE(meta(*made, "creationTimestamp").empty());
  EXPECT_EQ(base::find_string(*made, "kind"), "ConfigMap");
  ASSERT_NE(base::find(*made, "metadata", "managedFields"), nullptr);

  auto again = create("configmaps", "shop", kMap);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().message, "configmaps \"a\" already exists");
  EXPECT_EQ(again.error().reason, "AlreadyExists");
}

TEST_F(OperationsTest, CreateNeedsALivingNamespace) {
  auto nowhere = create("configmaps", "none", kMap);
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_EQ(nowhere.error().message, "namespaces \"none\" not found");

  ASSERT_TRUE(remove("namespaces", "", "shop"));
  auto ending = create("configmaps", "shop", kMap);
  ASSERT_FALSE(ending.has_value());
  EXPECT_EQ(ending.error().code, 403);
  EXPECT_EQ(ending.error().message,
            "configmaps \"a\" is forbidden: unable to create new content in namespace shop because "
            "it is being terminated");
  EXPECT_EQ(ending.error().causes.at(0).reason, "NamespaceTerminating");
}

TEST_F(OperationsTest, GenerateNameGivesFreshNames) {
  std::set<std::string> names;
  for (int i = 0; i < 20; ++i)
    names.emplace(
        meta(*create("configmaps", "shop", R"({"metadata":{"generateName":"g-"}})"), "name"));
  EXPECT_EQ(names.size(), 20u);
  EXPECT_TRUE(names.begin()->starts_with("g-"));
}

TEST_F(OperationsTest, DryRunStoresNothing) {
  uint64_t before = store->revision();
  auto made = create("configmaps", "shop", kMap, true);
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(store->revision(), before);
  EXPECT_FALSE(create("configmaps", "none", kMap, true).has_value());
}

TEST_F(OperationsTest, AnUpdateThatChangesNothingKeepsTheVersion) {
  json::value made = *create("configmaps", "shop", kMap);
  clock.advance(std::chrono::seconds(10));
  auto same = update("a", [](const json::value* live) { return Change{.object = *live}; });
  ASSERT_TRUE(same.has_value()) << same.error().message;
  EXPECT_EQ(meta(*same, "resourceVersion"), meta(made, "resourceVersion"));
}

TEST_F(OperationsTest, AnOldVersionConflicts) {
  json::value first = *create("configmaps", "shop", kMap);
  json::value changed = first;
  changed.as_object()["data"] = {{"x", "2"}};
  auto put = [&](const json::value*) -> ApiResult<Change> { return Change{.object = changed}; };
  ASSERT_TRUE(update("a", put).has_value());
  auto stale = update("a", put);
  ASSERT_FALSE(stale.has_value());
  EXPECT_EQ(stale.error().message,
            "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; "
            "please apply your changes to the latest version and try again");

  changed.as_object()["metadata"].as_object().erase("resourceVersion");
  changed.as_object()["data"] = {{"x", "3"}};
  EXPECT_TRUE(update("a", put).has_value());

  changed.as_object()["metadata"].as_object()["uid"] = "other";
  EXPECT_THAT(update("a", put).error().message, HasSubstr("Precondition failed: UID"));
}

TEST_F(OperationsTest, PatchesThatRaceAreAllCounted) {
  ASSERT_TRUE(create("configmaps", "shop", R"({"metadata":{"name":"a"},"data":{}})"));
  auto add = [](int i) {
    return [i](const json::value* live) -> ApiResult<Change> {
      json::value object = *live;
      object.as_object()["data"].emplace_object()[fmt::format("k{}", i)] = "v";
      if (const json::value* data = base::find(*live, "data"); data != nullptr)
        for (const auto& [key, value] : data->as_object())
          object.as_object()["data"].as_object()[key] = value;
      return Change{.object = std::move(object)};
    };
  };
  std::vector<std::promise<bool>> done(4);
  for (int i = 0; i < 4; ++i)
    operations_->update({.endpoint = endpoint("configmaps"),
                         .namespace_ = "shop",
                         .name = "a",
                         .change = add(i),
                         .retry = true},
                        [&promise = done[static_cast<size_t>(i)]](ApiResult<Outcome> outcome) {
                          promise.set_value(outcome.has_value());
                        });
  for (auto& promise : done) EXPECT_TRUE(promise.get_future().get());
  json::value now =
      *base::parse_json((*operations_->get(endpoint("configmaps"), "shop", "a"))->bytes());
  EXPECT_EQ(base::find(now, "data")->as_object().size(), 4u);
}

TEST_F(OperationsTest, FinalizersHoldAnObject) {
  ASSERT_TRUE(
      create("configmaps", "shop", R"({"metadata":{"name":"a","finalizers":["example.com/x"]}})"));
  auto asked = remove("configmaps", "shop", "a");
  ASSERT_TRUE(asked.has_value());
  EXPECT_FALSE(meta(*asked, "deletionTimestamp").empty());
  auto freed = update("a", [](const json::value* live) -> ApiResult<Change> {
    json::value object = *live;
    object.as_object()["metadata"].as_object().erase("finalizers");
    return Change{.object = std::move(object)};
  });
  ASSERT_TRUE(freed.has_value()) << freed.error().message;
  EXPECT_EQ(operations_->get(endpoint("configmaps"), "shop", "a").error().code, 404);
}

TEST_F(OperationsTest, DeleteAnswersWithItsUid) {
  json::value made = *create("configmaps", "shop", kMap);
  EXPECT_THAT(remove("configmaps", "shop", "a", {.uid = "other"}).error().message,
              HasSubstr("the UID in the precondition (other) does not match"));
  auto gone = remove("configmaps", "shop", "a");
  ASSERT_TRUE(gone.has_value());
  EXPECT_EQ(base::find_string(*gone, "status"), "Success");
  EXPECT_EQ(base::find_string(*gone, "details", "uid"), meta(made, "uid"));
  EXPECT_EQ(base::find_string(*gone, "details", "kind"), "configmaps");
  EXPECT_EQ(remove("configmaps", "shop", "a").error().message, "configmaps \"a\" not found");
}

TEST_F(OperationsTest, ForegroundAndOrphanAreLeftToTheCollector) {
  ASSERT_TRUE(create("configmaps", "shop", kMap));
  auto asked = remove("configmaps", "shop", "a", {.propagation = "Foreground"});
  ASSERT_TRUE(asked.has_value());
  EXPECT_EQ(base::to_json(*base::find(*asked, "metadata", "finalizers")),
            R"(["foregroundDeletion"])");
}

TEST_F(OperationsTest, NamespacesEndInTwoSteps) {
  auto asked = remove("namespaces", "", "shop");
  ASSERT_TRUE(asked.has_value());
  EXPECT_EQ(base::find_string(*asked, "status", "phase"), "Terminating");
  auto again = remove("namespaces", "", "shop");
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, 409);
  ASSERT_TRUE(create("namespaces", "", R"({"metadata":{"name":"default"}})"));
  EXPECT_EQ(remove("namespaces", "", "default").error().message,
            "namespaces \"default\" is forbidden: this namespace may not be deleted");
}

TEST_F(OperationsTest, DeleteCollectionTakesWhatMatches) {
  for (std::string_view name : {"a", "b", "c"})
    ASSERT_TRUE(create("configmaps", "shop",
                       fmt::format(R"({{"metadata":{{"name":"{}","labels":{{"l":"{}"}}}}}})", name,
                                   name == "b" ? "keep" : "go")));
  auto selector = LabelSelector::parse("l=go");
  auto gone = wait_for([&](Reply done) {
    operations_->remove_collection(
        {.endpoint = endpoint("configmaps"),
         .namespace_ = "shop",
         .matches = [&](const store::Object& o) { return selector->matches(o.meta().labels); }},
        std::move(done));
  });
  ASSERT_TRUE(gone.has_value());
  EXPECT_EQ(store->count(endpoint("configmaps").resource->id), 1u);
}

TEST_F(OperationsTest, InvalidObjectsNameEveryCause) {
  auto bad = create("configmaps", "shop", R"({"metadata":{"name":"A_","labels":{"-":"b"}}})");
  ASSERT_FALSE(bad.has_value());
  EXPECT_EQ(bad.error().code, 422);
  EXPECT_GE(bad.error().causes.size(), 2u);
  EXPECT_THAT(bad.error().message, HasSubstr("ConfigMap \"A_\" is invalid: ["));
}

}  // namespace
}  // namespace nanika::apiserver
