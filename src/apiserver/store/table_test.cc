#include "apiserver/store/table.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace nanika::apiserver::store {
namespace {

using Model = std::map<std::string, ObjectPtr>;

std::vector<ObjectPtr> all_of(const Table::Snapshot& snapshot) {
  std::vector<ObjectPtr> out;
  for (auto at = snapshot.lower_bound(""); !at.done(); at.next()) out.push_back(*at);
  return out;
}

std::vector<ObjectPtr> all_of(const Model& model) {
  std::vector<ObjectPtr> out;
  for (const auto& [path, object] : model) out.push_back(object);
  return out;
}

TEST(TableTest, BehavesAsAMapAndSnapshotsStandStill) {
  Table table;
  Model model;
  std::mt19937 random(1);
  std::vector<std::pair<Table::Snapshot, std::vector<ObjectPtr>>> taken;
  for (uint64_t i = 1; i <= 20000; ++i) {
    std::string name = fmt::format("{:05}", random() % 3000);
    if (random() % 3 == 0) {
      ObjectPtr gone = table.erase(name);
      auto it = model.find(name);
      ASSERT_EQ(gone, it == model.end() ? nullptr : it->second);
      if (gone) model.erase(it);
    } else {
      auto object = std::make_shared<const Object>(ResourceId{}, "", name, i, Meta{}, "");
      ObjectPtr before = table.put(object);
      ASSERT_EQ(before, model[name]);
      model[name] = object;
    }
    ASSERT_EQ(table.size(), model.size());
    if (i % 500 == 0) taken.emplace_back(table.snapshot(), all_of(model));
    if (i % 97 == 0) ASSERT_EQ(all_of(table.snapshot()), all_of(model));
  }
  for (const auto& [snapshot, then] : taken) EXPECT_EQ(all_of(snapshot), then);
  for (const auto& [path, object] : model) EXPECT_EQ(table.find(path), object);
  while (!model.empty()) {
    EXPECT_TRUE(table.erase(model.begin()->first));
    model.erase(model.begin());
  }
  EXPECT_EQ(table.size(), 0u);
  EXPECT_TRUE(table.snapshot().lower_bound("").done());
}

TEST(TableTest, FindsPlacesAndDistances) {
  Table table;
  for (int i = 0; i < 1000; ++i)
    table.put(std::make_shared<const Object>(ResourceId{}, "", fmt::format("{:04}", i * 2), 1,
                                             Meta{}, ""));
  auto all = table.snapshot();
  EXPECT_EQ((*all.lower_bound("0100"))->name(), "0100");
  EXPECT_EQ((*all.upper_bound("0100"))->name(), "0102");
  EXPECT_EQ((*all.lower_bound("0101"))->name(), "0102");
  EXPECT_TRUE(all.upper_bound("1998").done());
  EXPECT_EQ(all.lower_bound("").distance(all.end()), 1000u);
  EXPECT_EQ(all.lower_bound("0100").distance(all.lower_bound("1100")), 500u);
  EXPECT_EQ(all.lower_bound("0100").distance(all.lower_bound("0101")), 1u);
}

}  // namespace
}  // namespace nanika::apiserver::store
