// For tests: a folder that goes away, a store on it, and objects in one line.
#pragma once

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apiserver/store/store.h"
#include "base/clock_fake.h"

namespace nanika::apiserver::store {

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "store-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TempFolder(const TempFolder&) = delete;
  ~TempFolder() { std::filesystem::remove_all(path_); }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

/// {"metadata":{"name":NAME,"resourceVersion":...},"data":DATA}
inline Draft draft(std::string_view name, std::string_view data = "") {
  boost::json::object object{{"metadata", {{"name", name}}}, {"data", data}};
  return make_draft(object);
}

inline Write create(ResourceId resource, std::string_view ns, std::string_view name,
                    std::string_view data = "") {
  return {.op = Op::kCreate,
          .resource = resource,
          .namespace_ = std::string(ns),
          .name = std::string(name),
          .draft = draft(name, data)};
}

inline Write change(Op op, const Object& read, std::string_view data = "") {
  return {.op = op,
          .resource = read.resource(),
          .namespace_ = std::string(read.ns()),
          .name = std::string(read.name()),
          .draft = draft(read.name(), data),
          .expected = read.revision()};
}

inline std::vector<std::string> paths(const std::vector<ObjectPtr>& objects) {
  std::vector<std::string> out;
  for (const ObjectPtr& object : objects) out.push_back(object->path());
  return out;
}

/// A store in a folder of its own, with a clock that stands still, that can be opened again.
class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    store.reset();
    options.folder = folder / "store";
    options.clock = &clock;
    auto opened = Store::open(options);
    ASSERT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
    pods = store->resource("core/pods");
  }
  ObjectPtr must(Write write) {
    auto done = store->submit_and_wait(std::move(write));
    EXPECT_TRUE(done) << done.error().message;
    return done ? *done : nullptr;
  }
  base::Code refused(Write write) {
    auto done = store->submit_and_wait(std::move(write));
    EXPECT_FALSE(done);
    return done ? base::Code::kInternal : done.error().code;
  }

  TempFolder folder;
  base::FakeClock clock;
  Options options;
  std::unique_ptr<Store> store;
  ResourceId pods{};
};

}  // namespace nanika::apiserver::store
