#include <algorithm>

#include "apiserver/kinds/access.h"
#include "apiserver/registry/decode.h"
#include "apiserver/registry/writing.h"

namespace nanika::apiserver {

namespace {

using base::Code;
using namespace writing;

constexpr int kAttempts = 5;
constexpr std::string_view kOrphan = "orphan";
constexpr std::string_view kForeground = "foregroundDeletion";

struct Remove {
  Operations::Parts parts;
  DeleteRequest request;
  Reply done;
  int attempts = 0;

  const Endpoint& endpoint() const { return request.endpoint; }
  const Resource& resource() const { return *request.endpoint.resource; }
  bool is_namespace() const { return resource().key == "core/namespaces"; }
};
using RemovePtr = std::shared_ptr<Remove>;

void run(const RemovePtr& remove);

ApiResult<void> check_preconditions(const Remove& remove, const store::Object& live) {
  const DeleteOptions& options = remove.request.options;
  if (!options.uid.empty() && options.uid != live.uid())
    return api_fail(conflict(
        remove.endpoint().name(), remove.request.name,
        fmt::format("the UID in the precondition ({}) does not match the UID in record ({}). The "
                    "object might have been deleted and then recreated",
                    options.uid, live.uid())));
  std::string version = fmt::format("{}", live.revision());
  if (!options.resource_version.empty() && options.resource_version != version)
    return api_fail(
        conflict(remove.endpoint().name(), remove.request.name,
                 fmt::format("the ResourceVersion in the precondition ({}) does not match the "
                             "ResourceVersion in record ({}). The object might have been modified",
                             options.resource_version, version)));
  return {};
}

ApiResult<void> check_namespace(const Remove& remove, const json::value& stored) {
  std::string_view name = remove.request.name;
  if (name == "default" || name == "kube-system" || name == "kube-public")
    return api_fail(forbidden(remove.endpoint().name(), name, "this namespace may not be deleted"));
  if (is_deleting(stored) && is_held(stored))
    return api_fail(conflict(
        remove.endpoint().name(), name,
        "The system is ensuring all content is removed from this namespace.  Upon completion, this "
        "namespace will automatically be purged by the system."));
  return {};
}

// The garbage collector's finalizers as the options, and those that stand, want them.
void set_collection_finalizers(const DeleteOptions& options, json::value& object) {
  json::object& meta = metadata_of(object);
  bool had_orphan = false, had_foreground = false;
  json::array kept;
  for (const json::value& each : kinds::array_at(object.as_object()["metadata"], "finalizers")) {
    if (each == json::string(kOrphan))
      had_orphan = true;
    else if (each == json::string(kForeground))
      had_foreground = true;
    else
      kept.push_back(each);
  }
  bool orphan = had_orphan, foreground = had_foreground && !had_orphan;
  if (options.orphan_dependents) {
    orphan = *options.orphan_dependents;
    foreground = false;
  } else if (!options.propagation.empty()) {
    orphan = options.propagation == "Orphan";
    foreground = options.propagation == "Foreground";
  }
  if (orphan) kept.emplace_back(kOrphan);
  if (foreground) kept.emplace_back(kForeground);
  if (kept.empty())
    meta.erase("finalizers");
  else
    meta["finalizers"] = std::move(kept);
}

// Seconds that the object is left to end by itself.
int64_t grace_of(const Remove& remove, const json::value& stored) {
  const auto& rule = remove.resource().kind.grace_period;
  if (!rule) return 0;
  return rule(stored, remove.request.options.grace_seconds.value_or(-1));
}

void mark_deleting(const Remove& remove, json::value& object, int64_t grace) {
  json::object& meta = metadata_of(object);
  if (!is_deleting(object)) {
    meta["deletionTimestamp"] =
        base::format_time(remove.parts.clock.wall() + std::chrono::seconds(grace));
    meta["deletionGracePeriodSeconds"] = grace;
    if (const json::value* generation = meta.if_contains("generation"); generation != nullptr)
      if (generation->is_int64()) meta["generation"] = generation->get_int64() + 1;
  } else if (grace < kinds::int_at(object.as_object()["metadata"], "deletionGracePeriodSeconds")) {
    meta["deletionGracePeriodSeconds"] = grace;
  }
}

void write(const RemovePtr& remove, const store::ObjectPtr& live, json::value object, bool gone) {
  store::Write write{.op = gone ? store::Op::kDelete : store::Op::kUpdate,
                     .resource = live->resource(),
                     .namespace_ = std::string(live->ns()),
                     .name = std::string(live->name()),
                     .draft = draft_of(remove->resource(), object),
                     .expected = live->revision()};
  auto done = [remove, gone, uid = live->uid(),
               object = std::move(object)](base::Result<store::ObjectPtr> result) {
    if (!result) {
      if (result.error().code == Code::kConflict && remove->attempts < kAttempts &&
          remove->request.options.resource_version.empty())
        return remove->parts.executor.post([remove] { run(remove); });
      return remove->done(
          api_fail(store_error(result.error(), remove->endpoint(), remove->request.name)));
    }
    if (!gone) return remove->done(outcome_of(std::move(*result), {}));
    if (remove->resource().key == "core/services" && remove->parts.services != nullptr)
      remove->parts.services->release(object);
    if (remove->resource().kind.returns_deleted)
      return remove->done(outcome_of(std::move(*result), {}));
    Outcome outcome = outcome_of(deleted_status(remove->endpoint(), remove->request.name, uid), {});
    outcome.is_status = true;
    remove->done(std::move(outcome));
  };
  remove->parts.store.submit(std::move(write), std::move(done));
}

ApiResult<void> remove_live(const RemovePtr& remove, const store::ObjectPtr& live) {
  TRY(check_preconditions(*remove, *live));
  json::value stored = TRY(base::parse_json(live->bytes()));
  if (remove->is_namespace()) TRY(check_namespace(*remove, stored));
  json::value object = stored;
  set_collection_finalizers(remove->request.options, object);
  const auto& prepare = remove->resource().kind.prepare_delete;
  if (prepare && !is_deleting(object)) prepare(object, remove->parts.clock.wall());
  int64_t grace = grace_of(*remove, stored);
  bool gone = grace == 0 && !is_held(object);
  if (!gone) mark_deleting(*remove, object, grace);
  if (remove->request.options.dry_run || (!gone && base::json_equal(object, stored))) {
    Outcome outcome = outcome_of(live, {});
    if (gone) {
      outcome =
          outcome_of(deleted_status(remove->endpoint(), remove->request.name, live->uid()), {});
      outcome.is_status = true;
    }
    remove->done(std::move(outcome));
    return {};
  }
  write(remove, live, std::move(object), gone);
  return {};
}

void run(const RemovePtr& remove) {
  ++remove->attempts;
  store::ObjectPtr live = remove->parts.store.get(remove->resource().id, remove->request.namespace_,
                                                  remove->request.name);
  ApiResult<void> started;
  if (live == nullptr)
    started = api_fail(not_found(remove->endpoint().name(), remove->request.name));
  else
    started = remove_live(remove, live);
  if (!started) remove->done(api_fail(started.error()));
}

// Counts the deletes of a collection and answers when the last one is done.
struct Collection {
  DeleteCollectionRequest request;
  Reply done;
  store::ListResult found;
  std::mutex mutex;
  size_t left = 0;                  // guarded by mutex
  std::optional<ApiError> failure;  // guarded by mutex
};

std::string list_of(const Collection& collection) {
  const Endpoint& endpoint = collection.request.endpoint;
  std::string out = R"({"kind":)";
  base::append_json_string(out, endpoint.kind().list_kind);
  out += R"(,"apiVersion":)";
  base::append_json_string(out, endpoint.view().api_version());
  out +=
      fmt::format(R"(,"metadata":{{"resourceVersion":"{}"}},"items":[)", collection.found.revision);
  for (size_t i = 0; i < collection.found.items.size(); ++i) {
    if (i > 0) out += ',';
    const std::string& bytes = collection.found.items[i]->bytes();
    if (shows_stored(endpoint))
      out += bytes;
    else
      base::append_json(out, view_of(endpoint, bytes));
  }
  return out + "]}";
}

void finish_one(const std::shared_ptr<Collection>& collection, ApiResult<Outcome> outcome) {
  {
    std::lock_guard lock(collection->mutex);
    // Somebody else deleted it meanwhile: just as well.
    if (!outcome && outcome.error().code != 404 && !collection->failure)
      collection->failure = outcome.error();
    if (--collection->left > 0) return;
  }
  if (collection->failure) return collection->done(api_fail(*collection->failure));
  Outcome all = outcome_of(list_of(*collection), {});
  all.is_status = true;
  collection->done(std::move(all));
}

}  // namespace

void Operations::remove(DeleteRequest request, Reply done) {
  run(std::make_shared<Remove>(parts_, std::move(request), std::move(done)));
}

void Operations::remove_collection(DeleteCollectionRequest request, Reply done) {
  auto collection = std::make_shared<Collection>();
  collection->request = std::move(request);
  collection->done = std::move(done);
  parts_.executor.post([this, collection] {
    const DeleteCollectionRequest& asked = collection->request;
    auto found = parts_.store.list({.resource = asked.endpoint.resource->id,
                                    .namespace_ = asked.namespace_,
                                    .limit = asked.limit,
                                    .matches = asked.matches});
    if (!found) return collection->done(api_fail(found.error()));
    collection->found = std::move(*found);
    collection->left = collection->found.items.size() + 1;
    for (const store::ObjectPtr& object : collection->found.items)
      remove(
          {asked.endpoint, std::string(object->ns()), std::string(object->name()), asked.options},
          [collection](ApiResult<Outcome> outcome) { finish_one(collection, std::move(outcome)); });
    finish_one(collection, Outcome{});
  });
}

}  // namespace nanika::apiserver
