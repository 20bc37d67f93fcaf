#include "kube/cache.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include "api/core/pod.h"

namespace nanika::kube {
namespace {

// A Pod as a Deployment makes it and a kubelet reports it: 5 KiB of JSON.
json::value pod(int i) {
  std::string text = fmt::format(
      R"({{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"shop-frontend-6d4b75cb6d-{0:05}","generateName":
"shop-frontend-6d4b75cb6d-","namespace":"shop","uid":"8d0f9b1e-1a2b-4c3d-8e4f-{0:012}","resourceVersion":"{0}",
"creationTimestamp":"2026-11-23T10:00:00Z","labels":{{"app":"shop-frontend","pod-template-hash":"6d4b75cb6d",
"tier":"frontend"}},"ownerReferences":[{{"apiVersion":"apps/v1","kind":"ReplicaSet","name":
"shop-frontend-6d4b75cb6d","uid":"0a1b2c3d-0a1b-4c3d-8e4f-000000000000","controller":true,"blockOwnerDeletion":true}}],
"managedFields":[{{"manager":"kubelet","operation":"Update","fieldsV1":{{"f:status":{{"x":"{1}"}}}}}}]}},
"spec":{{"nodeName":"node-{2}","containers":[{{"name":"web","image":"registry.example/shop/frontend:v1.2.3",
"ports":[{{"name":"http","containerPort":8080,"protocol":"TCP"}}],"env":[{{"name":"A","value":"{1}"}}]}}],
"serviceAccountName":"default","tolerations":[]}},"status":{{"phase":"Running","podIP":"10.1.2.3",
"podIPs":[{{"ip":"10.1.2.3"}},{{"ip":"fd00::3"}}],"conditions":[{{"type":"Ready","status":"True",
"lastTransitionTime":"2026-11-23T10:00:05Z"}},{{"type":"PodScheduled","status":"True"}}]}}}})",
      i, std::string(1500, 'x'), i % 50);
  return base::parse_json(text).value();
}

TEST(Cache, APodTakesLessThanFiveKiB) {
  constexpr int kPods = 2000;
  Cache<api::Pod> cache;
  cache.index("node", [](const api::Pod& p) { return std::vector{p.spec.node_name}; });
  size_t before = ::mallinfo2().uordblks;
  for (int i = 0; i < kPods; ++i) ASSERT_TRUE(cache.put(pod(i), true));
  size_t bytes = (::mallinfo2().uordblks - before) / kPods;
  RecordProperty("bytes_per_pod", static_cast<int>(bytes));
  EXPECT_LE(bytes, 5 * 1024);
  EXPECT_EQ(cache.by_index("node", "node-7").size(), kPods / 50);
}

TEST(Cache, TellsNothingOfAStateThatItHas) {
  Cache<api::Pod> cache;
  int told = 0;
  cache.on_change([&](const Change<api::Pod>&) { ++told; });
  ASSERT_TRUE(cache.put(pod(1), true));
  ASSERT_TRUE(cache.put(pod(1), true));
  EXPECT_EQ(told, 1);
  cache.remove({"shop", "shop-frontend-6d4b75cb6d-00001"});
  cache.remove({"shop", "shop-frontend-6d4b75cb6d-00001"});
  EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace nanika::kube
