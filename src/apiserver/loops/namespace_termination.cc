#include "apiserver/loops/namespace_termination.h"

#include <algorithm>

#include "base/clock.h"

namespace nanika::apiserver::loops {

namespace {

constexpr std::string_view kFinalizer = "kubernetes";
/// What the events of vanishing content do not tell, as a failed delete, is looked at again.
constexpr base::Duration kAgain = std::chrono::seconds(5);

bool has_finalizer(const json::value& ns) {
  const json::array& all = array_of(ns, "spec", "finalizers");
  return std::any_of(all.begin(), all.end(), [](const json::value& each) {
    return each.is_string() && each.get_string() == kFinalizer;
  });
}

struct Condition {
  std::string_view type, status, reason;
  std::string message;
};

std::string join(const std::map<std::string, size_t>& counts, std::string_view has) {
  std::vector<std::string> parts;
  for (const auto& [name, count] : counts)
    parts.push_back(fmt::format("{} {} {} resource instances", name, has, count));
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// Sets a condition; its lastTransitionTime moves only with its status.
void set_condition(json::object& status, const Condition& condition, const std::string& now) {
  json::value& held = status["conditions"];
  if (!held.is_array()) held.emplace_array();
  json::object next{{"type", condition.type},
                    {"status", condition.status},
                    {"lastTransitionTime", now},
                    {"reason", condition.reason},
                    {"message", condition.message}};
  for (json::value& each : held.get_array()) {
    if (base::find_string(each, "type") != condition.type) continue;
    if (base::find_string(each, "status") == condition.status)
      next["lastTransitionTime"] = each.as_object()["lastTransitionTime"];
    each = std::move(next);
    return;
  }
  held.get_array().push_back(std::move(next));
}

}  // namespace

void NamespaceTermination::begin(Feed& feed, KeyQueue& queue) {
  feed.watch(api_.id(kNamespaces), [&queue](const Seen& seen) {
    if (seen.after != nullptr && seen.after->meta().deleting)
      queue.add(std::string(seen.after->name()));
  });
  feed.watch_all([this, &queue](const Seen& seen) {
    if (seen.after != nullptr || seen.before->ns().empty()) return;
    std::lock_guard lock(mutex_);
    auto it = waiting_.find(seen.before->ns());
    if (it != waiting_.end()) queue.add(*it);
  });
}

Result<base::Duration> NamespaceTermination::reconcile(const std::string& ns) {
  store::ObjectPtr found = api_.find(kNamespaces, "", ns);
  if (!found || !found->meta().deleting || !has_finalizer(TRY(parse(*found)))) {
    std::lock_guard lock(mutex_);
    waiting_.erase(ns);
    return base::Duration(0);
  }
  {
    std::lock_guard lock(mutex_);
    waiting_.insert(ns);
  }
  Left left = empty(ns);
  TRY(report(ns, left));
  if (left.resources.empty() && left.errors.empty()) {
    TRY(finalize(ns));
    return base::Duration(0);
  }
  return kAgain;
}

NamespaceTermination::Left NamespaceTermination::empty(const std::string& ns) {
  Left left;
  CatalogPtr catalog = api_.catalog();
  auto goes = [](const Resource& r) {
    const auto& verbs = r.kind.verbs;
    return r.stored && r.kind.namespaced && std::ranges::find(verbs, "delete") != verbs.end();
  };
  for (const ResourcePtr& resource : catalog->resources())
    if (goes(*resource) && resource->key == "core/pods") empty(*resource, ns, left);
  if (!left.resources.empty() || !left.errors.empty()) return left;
  for (const ResourcePtr& resource : catalog->resources())
    if (goes(*resource) && resource->key != "core/pods") empty(*resource, ns, left);
  return left;
}

void NamespaceTermination::empty(const Resource& resource, const std::string& ns, Left& left) {
  auto all = api_.store().list({.resource = resource.id, .namespace_ = ns});
  if (!all) return left.errors.push_back(all.error().message);
  if (all->items.empty()) return;
  const kinds::View& view = resource.kind.views.front();
  Ref ref{view.group, view.version, resource.kind.plural};
  for (std::string& error : api_.remove_all(ref, all->items))
    left.errors.push_back(std::move(error));
  all = api_.store().list({.resource = resource.id, .namespace_ = ns});
  if (!all || all->items.empty()) return;
  left.resources[fmt::format("{}.{}", ref.plural, ref.group)] = all->items.size();
  for (const store::ObjectPtr& object : all->items) {
    auto value = parse(*object);
    if (!value) continue;
    for (const json::value& each : array_of(*value, "metadata", "finalizers"))
      if (each.is_string()) ++left.finalizers[std::string(each.get_string())];
  }
}

Result<void> NamespaceTermination::report(const std::string& ns, const Left& left) {
  const Condition conditions[] = {
      {"NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered",
       "All resources successfully discovered"},
      {"NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions",
       "All legacy kube types successfully parsed"},
      left.errors.empty()
          ? Condition{"NamespaceDeletionContentFailure", "False", "ContentDeleted",
                      "All content successfully deleted, may be waiting on finalization"}
          : Condition{"NamespaceDeletionContentFailure", "True", "ContentDeletionFailed",
                      fmt::format("Failed to delete all resource types, {} remaining: {}",
                                  left.errors.size(), fmt::join(left.errors, ", "))},
      left.resources.empty()
          ? Condition{"NamespaceContentRemaining", "False", "ContentRemoved",
                      "All content successfully removed"}
          : Condition{"NamespaceContentRemaining", "True", "SomeResourcesRemain",
                      "Some resources are remaining: " + join(left.resources, "has")},
      left.finalizers.empty()
          ? Condition{"NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers",
                      "All content-preserving finalizers finished"}
          : Condition{"NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain",
                      "Some content in the namespace has finalizers remaining: " +
                          join(left.finalizers, "in")}};
  std::string now = base::format_time(api_.clock().wall());
  return api_.update(kNamespaces, "", ns, "status", [&](json::value& object) -> Result<void> {
    json::object& status = object_at(object.as_object(), "status");
    status["phase"] = "Terminating";
    for (const Condition& condition : conditions) set_condition(status, condition, now);
    return {};
  });
}

Result<void> NamespaceTermination::finalize(const std::string& ns) {
  auto done = api_.update(kNamespaces, "", ns, "finalize", [](json::value& object) -> Result<void> {
    json::object& spec = object_at(object.as_object(), "spec");
    json::array kept;
    for (const json::value& each : array_of(object, "spec", "finalizers"))
      if (!each.is_string() || each.get_string() != kFinalizer) kept.push_back(each);
    spec["finalizers"] = std::move(kept);
    return {};
  });
  if (!done && done.error().code == Code::kNotFound) return {};
  return done;
}

}  // namespace nanika::apiserver::loops
