#include "apiserver/registry/definitions.h"

#include "apiserver/crd/naming.h"
#include "apiserver/crd/views.h"
#include "apiserver/kinds/access.h"
#include "apiserver/registry/builtin_resources.h"
#include "apiserver/registry/custom_kind.h"
#include "apiserver/registry/definition_kind.h"
#include "apiserver/registry/writing.h"
#include "base/log.h"

namespace nanika::apiserver {

namespace {

using base::log::Key;

json::value parsed(const store::Object& object) {
  auto value = base::parse_json(object.bytes());
  CHECK(value.has_value());  // the store gives back what we wrote
  return std::move(*value);
}

}  // namespace

Definitions::Definitions(Registry& registry, Operations& operations,
                         std::function<void(const Catalog&)> changed)
    : registry_(registry),
      operations_(operations),
      changed_(std::move(changed)),
      id_(operations.parts().store.resource("apiextensions.k8s.io/customresourcedefinitions")) {}

Definitions::~Definitions() {
  stop();
}

void Definitions::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

base::Result<void> Definitions::start() {
  watch_ = TRY(operations_.parts().store.watch(
      {.resource = id_}, [this](std::span<const store::EventPtr> events) { follow(events); }));
  for (const store::ObjectPtr& object : watch_->initial()) take(*object, false);
  publish();
  watch_->start();
  thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
  return {};
}

bool Definitions::take(const store::Object& object, bool deleted) {
  std::string name(object.name());
  if (deleted) return served_.erase(name) > 0;
  auto views = crd::build_views(parsed(object));
  if (!views) {
    base::log::error("apiserver", "a CustomResourceDefinition cannot be served",
                     {{Key::kObject, name}, {Key::kError, views.error()}});
    return served_.erase(name) > 0;
  }
  if (!(*views)->established) return served_.erase(name) > 0;
  kinds::Kind kind = custom_kind(*views);
  served_[name] = make_resource(operations_.parts().store, std::move(kind), std::move(*views),
                                object.meta().deleting);
  return true;
}

void Definitions::publish() {
  std::vector<ResourcePtr> custom;
  for (const auto& [name, resource] : served_) custom.push_back(resource);
  registry_.set_custom(std::move(custom));
  changed_(*registry_.catalog());
}

void Definitions::follow(std::span<const store::EventPtr> events) {
  bool changed = false;
  for (const store::EventPtr& event : events)
    changed |= take(*event->object(), event->type() == store::EventType::kDeleted);
  if (changed) publish();
  {
    std::lock_guard lock(mutex_);
    due_ = true;
  }
  wake_.notify_one();
}

void Definitions::run(std::stop_token stop) {
  bool again = false;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      // Custom resources that are held by finalizers leave in their own time.
      if (again)
        wake_.wait_for(lock, stop, std::chrono::seconds(1), [this] { return due_; });
      else
        wake_.wait(lock, stop, [this] { return due_; });
      due_ = false;
    }
    if (stop.stop_requested()) return;
    again = settle();
  }
}

Endpoint Definitions::endpoint() const {
  const Endpoint* found =
      registry_.catalog()->find("apiextensions.k8s.io", "v1", "customresourcedefinitions");
  CHECK(found != nullptr);
  return *found;
}

bool Definitions::settle() {
  auto found = operations_.parts().store.list({.resource = id_});
  if (!found) return true;
  std::vector<json::value> all;
  for (const store::ObjectPtr& object : found->items) all.push_back(parsed(*object));
  bool again = false;
  for (const json::value& crd : all) {
    if (writing::is_deleting(crd))
      again |= clean_up(crd);
    else
      settle_status(crd, all);
  }
  return again;
}

void Definitions::settle_status(const json::value& crd, const std::vector<json::value>& all) {
  crd::TakenNames taken;
  std::string_view group = base::find_string(crd, "spec", "group");
  for (const json::value& other : all)
    if (&other != &crd && base::find_string(other, "spec", "group") == group) taken.add(other);
  json::value status = crd::next_status(crd, taken, operations_.parts().clock.wall());
  const json::value* held = base::find(crd, "status");
  if (held != nullptr && base::json_equal(*held, status)) return;
  json::value changed = crd;
  changed.as_object()["status"] = std::move(status);
  UpdateRequest request{.endpoint = endpoint(),
                        .subresource = "status",
                        .name = std::string(writing::meta_string(crd, "name")),
                        .how = {.manager = "kube-apiserver"}};
  request.change = [changed = std::move(changed)](const json::value*) -> ApiResult<Change> {
    return Change{.object = changed};
  };
  auto done =
      wait_for([&](Reply reply) { operations_.update(std::move(request), std::move(reply)); });
  // A conflict means that it changed meanwhile: its event brings us back.
  if (!done && done.error().code != 409 && done.error().code != 404)
    base::log::warning(
        "apiserver", "the status of a CustomResourceDefinition could not be set",
        {{Key::kObject, writing::meta_string(crd, "name")}, {Key::kError, done.error().message}});
}

bool Definitions::clean_up(const json::value& crd) {
  std::string name(writing::meta_string(crd, "name"));
  store::Store& store = operations_.parts().store;
  const Endpoint* custom = nullptr;
  CatalogPtr catalog = registry_.catalog();
  for (const ResourcePtr& resource : catalog->resources())
    if (resource->crd != nullptr && resource->crd->name == name)
      for (const kinds::View& view : resource->kind.views)
        if (custom == nullptr)
          custom = catalog->find(view.group, view.version, resource->kind.plural);
  if (custom != nullptr && store.count(custom->resource->id) > 0) {
    DeleteCollectionRequest request{.endpoint = *custom};
    (void)wait_for(
        [&](Reply reply) { operations_.remove_collection(std::move(request), std::move(reply)); });
    if (store.count(custom->resource->id) > 0) return true;
  }
  UpdateRequest request{
      .endpoint = endpoint(), .name = name, .retry = true, .how = {.manager = "kube-apiserver"}};
  request.change = [](const json::value* live) -> ApiResult<Change> {
    json::value object = *live;
    json::object& meta = writing::metadata_of(object);
    json::array kept;
    for (const json::value& each : kinds::array_at(*base::find(*live, "metadata"), "finalizers"))
      if (!each.is_string() || each.get_string() != kCleanupFinalizer) kept.push_back(each);
    meta["finalizers"] = std::move(kept);
    return Change{.object = std::move(object)};
  };
  auto done =
      wait_for([&](Reply reply) { operations_.update(std::move(request), std::move(reply)); });
  return !done && done.error().code != 404;
}

}  // namespace nanika::apiserver
