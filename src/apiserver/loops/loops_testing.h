// For tests: an API in memory and on disk, without HTTP, and reconcilers that run when told to.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apiserver/kinds/object_meta.h"
#include "apiserver/loops/api.h"
#include "apiserver/loops/worker.h"
#include "apiserver/registry/builtin_resources.h"
#include "apiserver/schema/builtin.h"
#include "apiserver/store/store_testing.h"

namespace nanika::apiserver::loops {

class LoopsTest : public ::testing::Test {
 protected:
  LoopsTest() {
    auto opened = store::Store::open({.folder = folder / "store", .clock = &clock});
    CHECK(opened.has_value());
    store = std::move(*opened);
    registry = std::make_unique<Registry>(resources());
    operations = std::make_unique<Operations>(Operations::Parts{*store, clock, executor});
    api = std::make_unique<Api>(*registry, *operations);
    make(kNamespaces, "", R"({"metadata":{"name":"shop"}})");
  }

  /// All built-in kinds; a test of loops needs them to be there, not to be complete.
  std::vector<ResourcePtr> resources() {
    std::vector<ResourcePtr> out = builtin_resources(*store);
    auto add = [&](const char* group, const char* schema, const char* kind, const char* plural,
                   bool namespaced) {
      for (const ResourcePtr& each : out)
        if (each->kind.plural == plural && each->group() == group) return;
      out.push_back(make_resource(*store, kinds::make_kind(schema::builtin_schemas(), group, "v1",
                                                           schema, kind, plural, namespaced)));
    };
    add("", "io.k8s.api.core.v1.Pod", "Pod", "pods", true);
    add("", "io.k8s.api.core.v1.Service", "Service", "services", true);
    add("", "io.k8s.api.core.v1.Endpoints", "Endpoints", "endpoints", true);
    add("", "io.k8s.api.core.v1.ServiceAccount", "ServiceAccount", "serviceaccounts", true);
    add("", "io.k8s.api.core.v1.Event", "Event", "events", true);
    add("", "io.k8s.api.core.v1.Node", "Node", "nodes", false);
    add("discovery.k8s.io", "io.k8s.api.discovery.v1.EndpointSlice", "EndpointSlice",
        "endpointslices", true);
    return out;
  }

  json::value make(const Ref& ref, std::string_view ns, std::string_view text) {
    auto object = base::parse_json(text);
    CHECK(object.has_value());
    const Endpoint* endpoint = registry->catalog()->find(ref.group, ref.version, ref.plural);
    object->as_object()["apiVersion"] = endpoint->view().api_version();
    object->as_object()["kind"] = endpoint->kind().kind;
    auto made = api->create(ref, ns, std::move(*object));
    EXPECT_TRUE(made) << made.error().message;
    return made ? *made : json::value();
  }
  /// The stored object, or null.
  json::value read(const Ref& ref, std::string_view ns, std::string_view name) {
    store::ObjectPtr found = api->find(ref, ns, name);
    return found ? *parse(*found) : json::value();
  }
  std::vector<json::value> all(const Ref& ref, std::string_view ns) {
    std::vector<json::value> out;
    for (const store::ObjectPtr& object : api->list(ref, ns)) out.push_back(*parse(*object));
    return out;
  }
  std::vector<std::string> names(const Ref& ref, std::string_view ns) {
    std::vector<std::string> out;
    for (const store::ObjectPtr& object : api->list(ref, ns)) out.emplace_back(object->name());
    return out;
  }
  void edit(const Ref& ref, std::string_view ns, std::string_view name,
            std::function<void(json::object&)> change, std::string_view subresource = "") {
    auto done = api->update(ref, ns, name, subresource, [&](json::value& object) -> Result<void> {
      change(object.as_object());
      return {};
    });
    EXPECT_TRUE(done) << done.error().message;
  }
  void remove(const Ref& ref, std::string_view ns, std::string_view name,
              std::string policy = "Background") {
    auto done = api->remove(ref, ns, name, {.propagation = std::move(policy)});
    EXPECT_TRUE(done) << done.error().message;
  }

  store::TempFolder folder;
  base::FakeClock clock;
  std::unique_ptr<store::Store> store;
  Executor executor;
  std::unique_ptr<Registry> registry;
  std::unique_ptr<Operations> operations;
  std::unique_ptr<Api> api;
};

inline std::string text_of(const json::value& value) {
  return base::to_json(value);
}

}  // namespace nanika::apiserver::loops
