#include "apiserver/loops/slice_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nanika::apiserver::loops {
namespace {

using ::testing::ElementsAre;

json::object endpoint(std::string_view address, bool ready = true) {
  json::object out;
  out["addresses"] = json::array{json::value(address)};
  out["conditions"] = json::object{{"ready", ready}};
  return out;
}

BackendGroup group(std::vector<json::object> endpoints, int64_t port = 80) {
  json::array ports;
  if (port != 0) ports.push_back(json::object{{"name", "http"}, {"port", port}});
  return {"IPv4", ports, std::move(endpoints)};
}

std::vector<json::object> many(int from, int to) {
  std::vector<json::object> out;
  for (int i = from; i < to; ++i)
    out.push_back(endpoint(fmt::format("10.0.{}.{}", i / 250, i % 250)));
  return out;
}

/// Slices as they are after a plan was carried out.
class World {
 public:
  SlicePlan reconcile(std::vector<BackendGroup> wanted) {
    SlicePlan plan = plan_slices(std::move(wanted), slices_, labels_);
    for (const std::string& name : plan.remove)
      std::erase_if(slices_, [&](const json::value& s) { return name_of(s) == name; });
    for (const SlicePlan::Slice& change : plan.update)
      for (json::value& slice : slices_)
        if (name_of(slice) == change.name) slice = made(change, change.name);
    for (const SlicePlan::Slice& fresh : plan.create)
      slices_.push_back(made(fresh, fmt::format("s{}", next_++)));
    return plan;
  }
  std::vector<size_t> sizes() const {
    std::vector<size_t> out;
    for (const json::value& s : slices_) out.push_back(s.at("endpoints").as_array().size());
    return out;
  }
  json::object labels_{{"app", "www"}};

 private:
  static std::string name_of(const json::value& slice) {
    return std::string(base::find_string(slice, "metadata", "name"));
  }
  json::value made(const SlicePlan::Slice& slice, const std::string& name) {
    json::object out{{"metadata", json::object{{"name", name}, {"labels", labels_}}}};
    out["addressType"] = slice.address_type;
    out["ports"] = slice.ports;
    out["endpoints"] = slice.endpoints;
    return out;
  }
  std::vector<json::value> slices_;
  int next_ = 0;
};

TEST(SlicePlanTest, AHundredEndpointsASlice) {
  World world;
  world.reconcile({group(many(0, 250))});
  EXPECT_THAT(world.sizes(), ElementsAre(100, 100, 50));
}

TEST(SlicePlanTest, NothingToDoIsNothing) {
  World world;
  world.reconcile({group(many(0, 150))});
  SlicePlan plan = world.reconcile({group(many(0, 150))});
  EXPECT_TRUE(plan.create.empty() && plan.update.empty() && plan.remove.empty());
}

TEST(SlicePlanTest, AChangeTouchesOneSlice) {
  World world;
  world.reconcile({group(many(0, 250))});
  auto endpoints = many(0, 250);
  endpoints[120]["conditions"] = json::object{{"ready", false}};
  SlicePlan plan = world.reconcile({group(endpoints)});
  EXPECT_EQ(plan.update.size(), 1u);
  EXPECT_TRUE(plan.create.empty() && plan.remove.empty());
  plan = world.reconcile({group(many(0, 251))});
  EXPECT_EQ(plan.update.size(), 2u) << "the one that turns ready and the one with room";
  EXPECT_TRUE(plan.create.empty());
}

TEST(SlicePlanTest, OneEmptySliceIsKept) {
  World world;
  world.reconcile({group({}, 0)});
  EXPECT_THAT(world.sizes(), ElementsAre(0));
  world.reconcile({group(many(0, 3))});
  EXPECT_THAT(world.sizes(), ElementsAre(3));
  world.reconcile({group({}, 0)});
  EXPECT_THAT(world.sizes(), ElementsAre(0));
}

TEST(SlicePlanTest, OtherPortsOtherSlices) {
  World world;
  world.reconcile({group(many(0, 2), 80), group(many(5, 8), 8080)});
  EXPECT_THAT(world.sizes(), ElementsAre(2, 3));
  world.reconcile({group(many(0, 2), 81)});
  EXPECT_THAT(world.sizes(), ElementsAre(2));
}

TEST(SlicePlanTest, LabelsAreCarriedOver) {
  World world;
  world.reconcile({group(many(0, 2))});
  world.labels_["app"] = "other";
  EXPECT_EQ(world.reconcile({group(many(0, 2))}).update.size(), 1u);
  EXPECT_TRUE(world.reconcile({group(many(0, 2))}).update.empty());
}

}  // namespace
}  // namespace nanika::apiserver::loops
