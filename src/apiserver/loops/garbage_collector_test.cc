#include "apiserver/loops/garbage_collector.h"

#include "apiserver/loops/loops_testing.h"

namespace nanika::apiserver::loops {
namespace {

using ::testing::ElementsAre;

class GarbageCollectorTest : public LoopsTest {
 protected:
  /// A ConfigMap owned by others of its namespace; `more` goes into each reference.
  void owned(std::string_view name, std::vector<std::string> owners, std::string_view more = "",
             std::string_view finalizers = "") {
    std::vector<std::string> references;
    for (const std::string& owner : owners)
      references.push_back(
          fmt::format(R"({{"apiVersion":"v1","kind":"ConfigMap","name":"{}","uid":"{}"{}}})", owner,
                      uid(owner), more));
    make(kConfigMaps, "shop",
         fmt::format(R"({{"metadata":{{"name":"{}","ownerReferences":[{}],"finalizers":[{}]}}}})",
                     name, fmt::join(references, ","), finalizers));
  }
  std::string uid(const std::string& name) {
    std::string found(base::find_string(read(kConfigMaps, "shop", name), "metadata", "uid"));
    return found.empty() ? "00000000-0000-0000-0000-000000000000" : found;
  }
  std::vector<std::string> left() { return names(kConfigMaps, "shop"); }
  void drop_finalizers(std::string_view name) {
    edit(kConfigMaps, "shop", name,
         [](json::object& object) { object["metadata"].as_object().erase("finalizers"); });
  }
  static constexpr const char* kBlock = R"(,"blockOwnerDeletion":true)";

  GarbageCollector collector{*api};
  Worker worker{collector, *store, clock};
};

TEST_F(GarbageCollectorTest, BackgroundTakesDependentsAfterTheirOwner) {
  owned("top", {});
  owned("mid", {"top"});
  owned("leaf", {"mid"});
  owned("other", {});
  worker.drain();
  EXPECT_THAT(left(), ElementsAre("leaf", "mid", "other", "top"));
  remove(kConfigMaps, "shop", "top");
  EXPECT_THAT(left(), ElementsAre("leaf", "mid", "other"));
  worker.drain();
  EXPECT_THAT(left(), ElementsAre("other"));
}

TEST_F(GarbageCollectorTest, WhatHasAnotherOwnerStaysAndForgetsTheDeadOne) {
  owned("a", {});
  owned("b", {});
  owned("child", {"a", "b"});
  worker.drain();
  remove(kConfigMaps, "shop", "a");
  worker.drain();
  EXPECT_THAT(left(), ElementsAre("b", "child"));
  json::value child = read(kConfigMaps, "shop", "child");
  ASSERT_EQ(array_of(child, "metadata", "ownerReferences").size(), 1u);
  EXPECT_EQ(base::find_string(array_of(child, "metadata", "ownerReferences")[0], "name"), "b");
}

TEST_F(GarbageCollectorTest, ForegroundWaitsForWhatBlocks) {
  owned("top", {});
  owned("slow", {"top"}, kBlock, R"("x.io/hold")");
  owned("quick", {"top"}, kBlock);
  worker.drain();
  remove(kConfigMaps, "shop", "top", "Foreground");
  worker.drain();
  EXPECT_THAT(left(), ElementsAre("slow", "top"));
  EXPECT_FALSE(base::find_string(read(kConfigMaps, "shop", "slow"), "metadata", "deletionTimestamp")
                   .empty());
  drop_finalizers("slow");
  worker.drain();
  EXPECT_THAT(left(), ElementsAre());
}

TEST_F(GarbageCollectorTest, ForegroundDoesNotWaitForWhatDoesNotBlock) {
  owned("top", {});
  owned("slow", {"top"}, "", R"("x.io/hold")");
  worker.drain();
  remove(kConfigMaps, "shop", "top", "Foreground");
  worker.drain();
  EXPECT_THAT(left(), ElementsAre("slow"));
}

TEST_F(GarbageCollectorTest, ACircleOfOwnersDoesNotBlockItself) {
  owned("a", {});
  owned("b", {"a"}, kBlock);
  owned("c", {"b"}, kBlock);
  std::string last = uid("c");
  edit(kConfigMaps, "shop", "a", [&](json::object& object) {
    object["metadata"].as_object()["ownerReferences"] =
        json::array{json::object{{"apiVersion", "v1"},
                                 {"kind", "ConfigMap"},
                                 {"name", "c"},
                                 {"uid", last},
                                 {"blockOwnerDeletion", true}}};
  });
  worker.drain();
  EXPECT_THAT(left(), ElementsAre("a", "b", "c"));
  remove(kConfigMaps, "shop", "a", "Foreground");
  for (int i = 0; i < 5; ++i) {
    worker.drain();
    clock.advance(std::chrono::seconds(5));
  }
  EXPECT_THAT(left(), ElementsAre());
}

TEST_F(GarbageCollectorTest, OrphanLetsDependentsLive) {
  owned("top", {});
  owned("child", {"top"});
  worker.drain();
  remove(kConfigMaps, "shop", "top", "Orphan");
  worker.drain();
  EXPECT_THAT(left(), ElementsAre("child"));
  EXPECT_EQ(base::find(read(kConfigMaps, "shop", "child"), "metadata", "ownerReferences"), nullptr);
}

TEST_F(GarbageCollectorTest, AnOwnerThatNeverWasCountsAsGone) {
  owned("child", {"nobody"});
  worker.drain();
  EXPECT_THAT(left(), ElementsAre());
}

TEST_F(GarbageCollectorTest, OwnersAreLookedForInTheNamespaceOfTheDependent) {
  make(kNamespaces, "", R"({"metadata":{"name":"elsewhere"}})");
  json::value owner = make(kConfigMaps, "elsewhere", R"({"metadata":{"name":"top"}})");
  make(kConfigMaps, "shop",
       fmt::format(R"({{"metadata":{{"name":"child","ownerReferences":[{{"apiVersion":"v1",)"
                   R"("kind":"ConfigMap","name":"top","uid":"{}"}}]}}}})",
                   base::find_string(owner, "metadata", "uid")));
  // A cluster-scoped object cannot have a namespaced owner: it is left alone.
  make(kNodes, "",
       R"({"metadata":{"name":"n","ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap",)"
       R"("name":"top","uid":"00000000-0000-0000-0000-000000000000"}]}})");
  worker.drain();
  EXPECT_THAT(left(), ElementsAre());
  EXPECT_THAT(names(kNodes, ""), ElementsAre("n"));
}

TEST_F(GarbageCollectorTest, CustomResourcesTooAndUnknownKindsWait) {
  make(kConfigMaps, "shop",
       R"({"metadata":{"name":"child","ownerReferences":[{"apiVersion":"x.io/v1","kind":"Thing",)"
       R"("name":"t","uid":"00000000-0000-0000-0000-000000000000"}]}})");
  worker.drain();
  EXPECT_THAT(left(), ElementsAre("child")) << "its owner's kind is not served (yet)";
  registry->set_custom({make_resource(
      *store, kinds::make_kind(schema::builtin_schemas(), "x.io", "v1",
                               "io.k8s.api.core.v1.ConfigMap", "Thing", "things", true))});
  Ref things{"x.io", "v1", "things"};
  json::value owner = make(things, "shop", R"({"metadata":{"name":"owner"}})");
  make(things, "shop",
       fmt::format(R"({{"metadata":{{"name":"owned","ownerReferences":[{{"apiVersion":"x.io/v1",)"
                   R"("kind":"Thing","name":"owner","uid":"{}"}}]}}}})",
                   base::find_string(owner, "metadata", "uid")));
  clock.advance(std::chrono::seconds(1));
  worker.drain();
  EXPECT_THAT(left(), ElementsAre());
  EXPECT_THAT(names(things, "shop"), ElementsAre("owned", "owner"));
  remove(things, "shop", "owner");
  worker.drain();
  EXPECT_THAT(names(things, "shop"), ElementsAre());
}

TEST_F(GarbageCollectorTest, WhatHappenedWhileItWasAwayIsMadeGood) {
  owned("top", {});
  owned("child", {"top"});
  remove(kConfigMaps, "shop", "top");
  worker.drain();
  EXPECT_THAT(left(), ElementsAre());
}

}  // namespace
}  // namespace nanika::apiserver::loops
