#include "apiserver/store/store.h"

#include <future>

#include <sys/stat.h>

#include "apiserver/store/store_testing.h"
#include "base/json.h"

namespace nanika::apiserver::store {
namespace {

using base::Code;
using ::testing::ElementsAre;

TEST_F(StoreTest, CreateShowsTheObjectWithItsRevision) {
  ObjectPtr made = must(create(pods, "shop", "www", "one"));
  EXPECT_EQ(made->revision(), 1u);
  EXPECT_EQ(made->bytes(), R"({"metadata":{"name":"www","resourceVersion":"1"},"data":"one"})");
  EXPECT_EQ(store->get(pods, "shop", "www"), made);
  EXPECT_EQ(store->revision(), 1u);
  EXPECT_EQ(made->ns(), "shop");
  EXPECT_EQ(made->name(), "www");
}

TEST_F(StoreTest, WritesCompareAndSet) {
  ObjectPtr made = must(create(pods, "shop", "www"));
  EXPECT_EQ(refused(create(pods, "shop", "www")), Code::kAlreadyExists);
  ObjectPtr changed = must(change(Op::kUpdate, *made, "two"));
  EXPECT_EQ(refused(change(Op::kUpdate, *made, "three")), Code::kConflict);
  EXPECT_EQ(refused(change(Op::kDelete, *made)), Code::kConflict);
  ObjectPtr gone = must(change(Op::kDelete, *changed, "final"));
  EXPECT_EQ(gone->revision(), 3u);
  EXPECT_EQ(store->get(pods, "shop", "www"), nullptr);
  EXPECT_EQ(refused(change(Op::kUpdate, *changed)), Code::kNotFound);
}

TEST_F(StoreTest, PreconditionSeesEarlierWritesOfItsGroup) {
  // The first write's `done` holds the writer while the next three gather into one group.
  std::promise<void> entered, go;
  store->submit(create(pods, "a", "first"), [&](auto) {
    entered.set_value();
    go.get_future().wait();
  });
  entered.get_future().wait();
  std::vector<std::promise<base::Result<ObjectPtr>>> done(3);
  auto keep = [&](size_t i) { return [&, i](auto result) { done[i].set_value(result); }; };
  store->submit(create(pods, "a", "claim"), keep(0));
  store->submit(create(pods, "a", "claim"), keep(1));
  Write write = create(pods, "a", "other");
  write.precondition = [&](const View& view) -> base::Result<void> {
    if (view.get(pods, "a", "claim")) return base::fail(Code::kExhausted, "taken");
    return {};
  };
  store->submit(std::move(write), keep(2));
  go.set_value();
  EXPECT_TRUE(done[0].get_future().get());
  EXPECT_EQ(done[1].get_future().get().error().code, Code::kAlreadyExists);
  EXPECT_EQ(done[2].get_future().get().error().code, Code::kExhausted);
}

TEST_F(StoreTest, ListsInTheOrderOfPathsByPages) {
  for (const char* ns : {"b", "a", "a-b"})
    for (const char* name : {"y", "x", "z"}) must(create(pods, ns, name));
  auto all = *store->list({.resource = pods});
  // As etcd sorts keys: '-' stands before '/'.
  EXPECT_THAT(paths(all.items),
              ElementsAre("a-b/x", "a-b/y", "a-b/z", "a/x", "a/y", "a/z", "b/x", "b/y", "b/z"));
  EXPECT_EQ(all.revision, 9u);
  EXPECT_FALSE(all.more);
  auto page = *store->list({.resource = pods, .namespace_ = "a", .limit = 2});
  EXPECT_THAT(paths(page.items), ElementsAre("a/x", "a/y"));
  EXPECT_TRUE(page.more);
  EXPECT_EQ(page.remaining, 1u);
  auto rest = *store->list({.resource = pods, .namespace_ = "a", .limit = 2, .after = "a/y"});
  EXPECT_THAT(paths(rest.items), ElementsAre("a/z"));
  EXPECT_FALSE(rest.more);
  EXPECT_THAT(paths(store->list({.resource = pods, .namespace_ = "a", .after = "b/x"})->items),
              ElementsAre());
  auto some = *store->list(
      {.resource = pods, .limit = 2, .matches = [](const Object& o) { return o.name() == "y"; }});
  EXPECT_THAT(paths(some.items), ElementsAre("a-b/y", "a/y"));
  EXPECT_TRUE(some.more);
}

TEST_F(StoreTest, ListsAsOfARevisionThatHasPassed) {
  ObjectPtr x = must(create(pods, "a", "x", "1"));
  ObjectPtr y = must(create(pods, "a", "y"));
  must(create(pods, "b", "z"));
  must(change(Op::kUpdate, *x, "2"));
  must(change(Op::kDelete, *y));
  must(create(pods, "a", "w"));
  auto then = *store->list({.resource = pods, .revision = 3});
  EXPECT_THAT(paths(then.items), ElementsAre("a/x", "a/y", "b/z"));
  EXPECT_EQ(then.items[0], x);
  EXPECT_EQ(then.revision, 3u);
  auto page = *store->list({.resource = pods, .namespace_ = "a", .revision = 3, .limit = 1});
  EXPECT_THAT(paths(page.items), ElementsAre("a/x"));
  EXPECT_EQ(page.remaining, 1u);
  page = *store->list(
      {.resource = pods, .namespace_ = "a", .revision = 3, .limit = 1, .after = "a/x"});
  EXPECT_THAT(paths(page.items), ElementsAre("a/y"));
  EXPECT_FALSE(page.more);
  EXPECT_EQ(store->list({.resource = pods, .revision = 99}).error().code, Code::kInvalid);
}

TEST_F(StoreTest, EverythingIsThereAfterARestart) {
  ObjectPtr x = must(create(pods, "a", "x"));
  Write labelled = create(pods, "a", "y");
  labelled.draft.meta = {.uid = "u-1",
                         .labels = {{"app", "www"}},
                         .fields = {{"status.phase", "Running"}},
                         .owners = {"u-0"},
                         .finalizers = true};
  ObjectPtr y = must(std::move(labelled));
  must(create(store->resource("core/nodes"), "", "n1"));
  must(change(Op::kDelete, *x));
  reopen();
  auto all = *store->list({.resource = pods});
  ASSERT_THAT(paths(all.items), ElementsAre("a/y"));
  EXPECT_EQ(all.revision, 4u);
  EXPECT_EQ(all.items[0]->meta(), y->meta());
  EXPECT_EQ(all.items[0]->bytes(), y->bytes());
  EXPECT_NE(store->get(store->resource("core/nodes"), "", "n1"), nullptr);
}

TEST_F(StoreTest, RevisionsAreNotGivenAgainWhenTheNewestRowsAreGone) {
  ObjectPtr x = must(create(pods, "a", "x"));
  must(change(Op::kDelete, *x));
  clock.advance(std::chrono::minutes(6));
  store->maintain();
  reopen();
  EXPECT_EQ(store->revision(), 2u);
  EXPECT_EQ(must(create(pods, "a", "x"))->revision(), 3u);
}

TEST_F(StoreTest, OneServerAtATime) {
  auto second = Store::open(options);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kConflict);
  EXPECT_THAT(second.error().message, ::testing::HasSubstr("is in use by process"));
}

TEST_F(StoreTest, FilesAreTheirOwnersAlone) {
  must(create(pods, "a", "x"));
  struct stat info{};
  ASSERT_EQ(::stat(options.folder.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  for (const auto& file : std::filesystem::directory_iterator(options.folder)) {
    ASSERT_EQ(::stat(file.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u) << file.path();
  }
}

TEST(DraftTest, PutsTheRevisionWhereItStood) {
  auto object = base::parse_json(
      R"({"kind":"Pod","metadata":{"name":"x","resourceVersion":"7","uid":"u","labels":{"b":"1","a":"2"},
          "ownerReferences":[{"uid":"o"}],"finalizers":["f"],"deletionTimestamp":"t"},"spec":{}})");
  Draft draft = make_draft(*object);
  EXPECT_EQ(draft.before, R"({"kind":"Pod","metadata":{"name":"x","resourceVersion":")");
  EXPECT_TRUE(draft.after.starts_with(R"(","uid":"u","labels":)")) << draft.after;
  EXPECT_EQ(draft.meta.uid, "u");
  EXPECT_EQ(*draft.meta.labels.find("a"), "2");
  EXPECT_THAT(draft.meta.owners, ElementsAre("o"));
  EXPECT_TRUE(draft.meta.finalizers && draft.meta.deleting);
  EXPECT_EQ(*decode_meta(encode_meta(draft.meta)), draft.meta);
}

TEST(DraftTest, RefusesADamagedMeta) {
  std::string blob = encode_meta({.uid = "u", .labels = {{"a", "b"}}});
  for (size_t size = 0; size < blob.size(); ++size)
    EXPECT_FALSE(decode_meta(std::string_view(blob).substr(0, size)));
  EXPECT_FALSE(decode_meta(blob + "x"));
}

}  // namespace
}  // namespace nanika::apiserver::store
