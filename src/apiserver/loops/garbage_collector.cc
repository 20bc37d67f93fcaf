#include "apiserver/loops/garbage_collector.h"

#include <algorithm>
#include <charconv>

namespace nanika::apiserver::loops {

namespace {

constexpr std::string_view kOrphan = "orphan";
constexpr std::string_view kForeground = "foregroundDeletion";
/// A reference that stops blocking makes no sound: look again.
constexpr base::Duration kAgain = std::chrono::seconds(5);

bool has_finalizer(const json::value& object, std::string_view finalizer) {
  const json::array& all = array_of(object, "metadata", "finalizers");
  return std::any_of(all.begin(), all.end(), [&](const json::value& each) {
    return each.is_string() && each.get_string() == finalizer;
  });
}

std::pair<std::string_view, std::string_view> split_api_version(std::string_view text) {
  size_t slash = text.find('/');
  if (slash == std::string_view::npos) return {"", text};
  return {text.substr(0, slash), text.substr(slash + 1)};
}

bool blocks(const json::value& dependent, std::string_view owner_uid) {
  for (const json::value& each : array_of(dependent, "metadata", "ownerReferences")) {
    if (base::find_string(each, "uid") != owner_uid) continue;
    const json::value* block = base::find(each, "blockOwnerDeletion");
    if (block != nullptr && block->is_bool() && block->get_bool()) return true;
  }
  return false;
}

Result<void> check_uid(const json::value& object, std::string_view uid) {
  if (base::find_string(object, "metadata", "uid") == uid) return {};
  return fail(Code::kConflict, "the object was replaced by another of its name");
}

}  // namespace

/// A live object, how it is written, and its JSON.
struct GarbageCollector::Subject {
  Dependents::Item item;
  Endpoint endpoint;
  store::ObjectPtr object;
  json::value value;

  bool deleting() const { return object->meta().deleting; }
  bool deleting_dependents() const { return deleting() && has_finalizer(value, kForeground); }
};

std::string GarbageCollector::key_of(const Dependents::Item& item) {
  return fmt::format("{} {}", static_cast<uint32_t>(item.resource), item.path);
}

void GarbageCollector::begin(Feed& feed, KeyQueue& queue) {
  queue_ = &queue;
  feed.watch_all([this, &queue](const Seen& seen) {
    dependents_.change(seen.before, seen.after);
    wake_owners(seen.before, queue);
    const store::Object& object = seen.any();
    if (seen.after != nullptr) {
      bool owned = !object.meta().owners.empty() &&
                   (seen.before == nullptr || seen.before->meta().owners != object.meta().owners);
      bool held = object.meta().deleting && object.meta().finalizers;
      if (owned || held) queue.add(key_of({object.resource(), object.path()}));
      return;
    }
    for (const Dependents::Item& item : dependents_.of(object.uid())) queue.add(key_of(item));
  });
}

void GarbageCollector::wake_owners(const store::Object* before, KeyQueue& queue) {
  if (before == nullptr || before->meta().owners.empty()) return;
  std::lock_guard lock(mutex_);
  for (const std::string& uid : before->meta().owners)
    if (auto it = waiting_.find(uid); it != waiting_.end()) queue.add(it->second);
}

base::Result<base::Duration> GarbageCollector::reconcile(const std::string& key) {
  Dependents::Item item;
  uint32_t id = 0;
  size_t space = key.find(' ');
  std::from_chars(key.data(), key.data() + space, id);
  item = {store::ResourceId(id), key.substr(space + 1)};
  auto found = TRY(subject(item));
  if (!found) return base::Duration(0);
  if (found->deleting() && has_finalizer(found->value, kOrphan)) TRY(orphan(*found));
  if (found->deleting_dependents()) return foreground(*found);
  if (!found->deleting()) TRY(collect(*found));
  return base::Duration(0);
}

Result<std::optional<GarbageCollector::Subject>> GarbageCollector::subject(
    const Dependents::Item& item) const {
  size_t slash = item.path.find('/');
  std::string ns = slash == std::string::npos ? "" : item.path.substr(0, slash);
  std::string name = slash == std::string::npos ? item.path : item.path.substr(slash + 1);
  store::ObjectPtr object = api_.store().get(item.resource, ns, name);
  if (!object) return std::nullopt;
  CatalogPtr catalog = api_.catalog();
  for (const ResourcePtr& resource : catalog->resources()) {
    if (resource->id != item.resource || !resource->stored) continue;
    const kinds::View& view = resource->kind.views.front();
    const Endpoint* endpoint = catalog->find(view.group, view.version, resource->kind.plural);
    if (endpoint == nullptr) continue;
    json::value value = TRY(parse(*object));
    return Subject{item, *endpoint, std::move(object), std::move(value)};
  }
  return std::nullopt;  // of a CRD that is gone: nothing can be written
}

Result<GarbageCollector::Owner> GarbageCollector::look_for(const Subject& subject,
                                                           const json::value& reference) const {
  auto [group, version] = split_api_version(base::find_string(reference, "apiVersion"));
  std::string_view kind = base::find_string(reference, "kind");
  const Endpoint* endpoint = nullptr;
  CatalogPtr catalog = api_.catalog();
  endpoint = catalog->by_kind(group, version, kind);
  if (endpoint == nullptr)
    return fail(Code::kNotFound, "owner kind {} of {}/{} is not served", kind, group, version);
  bool namespaced = endpoint->kind().namespaced;
  if (namespaced && subject.object->ns().empty())
    return fail(Code::kInvalid, "a cluster-scoped object has an owner of the namespaced kind {}",
                kind);
  store::ObjectPtr owner =
      api_.store().get(endpoint->resource->id, namespaced ? subject.object->ns() : "",
                       base::find_string(reference, "name"));
  if (!owner || owner->uid() != base::find_string(reference, "uid")) return Owner::kAbsent;
  if (owner->meta().deleting && owner->meta().finalizers &&
      has_finalizer(TRY(parse(*owner)), kForeground))
    return Owner::kWaiting;
  return Owner::kSolid;
}

Result<GarbageCollector::Owners> GarbageCollector::classify(const Subject& subject) const {
  Owners owners;
  for (const json::value& reference : array_of(subject.value, "metadata", "ownerReferences")) {
    auto found = look_for(subject, reference);
    if (!found && found.error().code == Code::kInvalid) {
      owners.misplaced = true;
      return owners;
    }
    std::string uid(base::find_string(reference, "uid"));
    switch (TRY(std::move(found))) {
      case Owner::kSolid:
        ++owners.solid;
        break;
      case Owner::kAbsent:
        owners.absent.push_back(uid);
        break;
      case Owner::kWaiting:
        owners.waiting.push_back(uid);
        break;
    }
  }
  return owners;
}

Result<void> GarbageCollector::collect(const Subject& subject) {
  if (subject.object->meta().owners.empty()) return {};
  Owners owners = TRY(classify(subject));
  if (owners.misplaced) return {};
  if (owners.solid > 0) {
    std::vector<std::string> drop = owners.absent;
    drop.insert(drop.end(), owners.waiting.begin(), owners.waiting.end());
    return drop.empty() ? Result<void>() : drop_references(subject, drop);
  }
  std::string policy = "Background";
  if (!owners.waiting.empty() && !dependents_.of(subject.object->uid()).empty()) {
    return collect_with_dependents(subject);
  } else if (has_finalizer(subject.value, kOrphan)) {
    policy = "Orphan";
  } else if (has_finalizer(subject.value, kForeground)) {
    policy = "Foreground";
  }
  // What was judged must be what is deleted: a reference may have been added meanwhile.
  return api_.remove(subject.endpoint, subject.object->ns(), subject.object->name(),
                     {.propagation = policy,
                      .uid = subject.object->uid(),
                      .resource_version = fmt::format("{}", subject.object->revision())});
}

// In a circle of owners each would wait for the next: whoever meets a dependent that already waits
// for its own dependents stops blocking its owners.
Result<void> GarbageCollector::collect_with_dependents(const Subject& found) {
  bool circle = false;
  for (const Dependents::Item& item : dependents_.of(found.object->uid())) {
    auto dependent = TRY(subject(item));
    circle = circle || (dependent && dependent->deleting_dependents());
  }
  if (circle)
    TRY(api_.update(found.endpoint, found.object->ns(), found.object->name(), "",
                    [&](json::value& object) -> Result<void> {
                      TRY(check_uid(object, found.object->uid()));
                      for (json::value& each : metadata(object)["ownerReferences"].as_array())
                        each.as_object()["blockOwnerDeletion"] = false;
                      return {};
                    }));
  return api_.remove(found.endpoint, found.object->ns(), found.object->name(),
                     {.propagation = "Foreground", .uid = found.object->uid()});
}

Result<void> GarbageCollector::orphan(const Subject& owner) {
  for (const Dependents::Item& item : dependents_.of(owner.object->uid())) {
    auto dependent = TRY(subject(item));
    if (dependent) TRY(drop_references(*dependent, {owner.object->uid()}));
  }
  return drop_finalizer(owner, kOrphan);
}

Result<base::Duration> GarbageCollector::foreground(const Subject& owner) {
  const std::string& uid = owner.object->uid();
  {
    // Before the dependents are looked at, so that none can go unnoticed.
    std::lock_guard lock(mutex_);
    waiting_[uid] = key_of(owner.item);
  }
  bool blocked = false;
  for (const Dependents::Item& item : dependents_.of(uid)) {
    auto dependent = TRY(subject(item));
    if (!dependent) continue;
    blocked = blocked || blocks(dependent->value, uid);
    if (!dependent->deleting()) queue_->add(key_of(item));
  }
  if (blocked) return kAgain;
  TRY(drop_finalizer(owner, kForeground));
  std::lock_guard lock(mutex_);
  waiting_.erase(uid);
  return base::Duration(0);
}

Result<void> GarbageCollector::drop_references(const Subject& subject,
                                               const std::vector<std::string>& uids) {
  auto done =
      api_.update(subject.endpoint, subject.object->ns(), subject.object->name(), "",
                  [&](json::value& object) -> Result<void> {
                    TRY(check_uid(object, subject.object->uid()));
                    json::array kept;
                    for (const json::value& each : array_of(object, "metadata", "ownerReferences"))
                      if (std::ranges::find(uids, base::find_string(each, "uid")) == uids.end())
                        kept.push_back(each);
                    if (kept.empty()) {
                      metadata(object).erase("ownerReferences");
                    } else {
                      metadata(object)["ownerReferences"] = std::move(kept);
                    }
                    return {};
                  });
  if (!done && done.error().code == Code::kNotFound) return {};
  return done;
}

Result<void> GarbageCollector::drop_finalizer(const Subject& subject, std::string_view finalizer) {
  auto done =
      api_.update(subject.endpoint, subject.object->ns(), subject.object->name(), "",
                  [&](json::value& object) -> Result<void> {
                    TRY(check_uid(object, subject.object->uid()));
                    json::array kept;
                    for (const json::value& each : array_of(object, "metadata", "finalizers"))
                      if (!each.is_string() || each.get_string() != finalizer) kept.push_back(each);
                    metadata(object)["finalizers"] = std::move(kept);
                    return {};
                  });
  if (!done && done.error().code == Code::kNotFound) return {};
  return done;
}

}  // namespace nanika::apiserver::loops
