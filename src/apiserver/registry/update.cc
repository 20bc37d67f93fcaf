#include "apiserver/crd/custom_resource.h"
#include "apiserver/kinds/access.h"
#include "apiserver/registry/decode.h"
#include "apiserver/registry/ownership.h"
#include "apiserver/registry/writing.h"

namespace nanika::apiserver {

namespace {

using base::Code;
using namespace writing;

// Upstream's MaxRetryWhenPatchConflicts.
constexpr int kAttempts = 5;

struct Update {
  Operations& operations;
  UpdateRequest request;
  Reply done;
  int attempts = 0;

  const Endpoint& endpoint() const { return request.endpoint; }
  const Resource& resource() const { return *request.endpoint.resource; }
  const kinds::Strategy& strategy() const {
    const kinds::Subresource* sub = resource().subresource(request.subresource);
    return sub != nullptr ? sub->strategy : resource().kind.strategy;
  }
};
using UpdatePtr = std::shared_ptr<Update>;

void run(const UpdatePtr& update);

// The version that the client saw must be the live one, unless it gave none and the kind allows it.
// Sets the live one. True when a conflict at commit may be retried.
ApiResult<bool> check_version(const Update& update, json::value& object,
                              const store::Object& live) {
  const Endpoint& endpoint = update.endpoint();
  std::string_view name = update.request.name;
  std::string_view uid = meta_string(object, "uid");
  if (!uid.empty() && uid != live.uid())
    return api_fail(wrong_uid(endpoint, live.ns(), name, uid, live.uid()));
  std::string version(meta_string(object, "resourceVersion"));
  bool unconditional = version.empty() || version == "0";
  if (unconditional && !update.resource().kind.unconditional_update)
    return api_fail(
        invalid(endpoint.name(), name,
                {{"FieldValueInvalid", "Invalid value: 0: must be specified for an update",
                  "metadata.resourceVersion"}}));
  std::string current = fmt::format("{}", live.revision());
  if (!unconditional && version != current) return api_fail(stale(endpoint.name(), name));
  metadata_of(object)["resourceVersion"] = current;
  return unconditional || update.request.retry;
}

// What clients leave out or may not change keeps its value.
void keep_metadata(json::value& object, const json::value& stored) {
  json::object& meta = metadata_of(object);
  const json::value& old = *base::find(stored, "metadata");
  for (const char* key : {"name", "namespace", "uid", "creationTimestamp"})
    if (meta_string(object, key).empty())
      if (const json::value* held = base::find(old, key)) meta[key] = *held;
  for (const char* key : {"deletionTimestamp", "deletionGracePeriodSeconds"})
    if (const json::value* held = base::find(old, key)) meta[key] = *held;
  meta.erase("selfLink");
  if (const json::value* held = base::find(old, "generation"))
    meta["generation"] = *held;
  else
    meta.erase("generation");
}

ApiResult<void> validate(const Update& update, const json::value& object,
                         const json::value& stored) {
  kinds::Causes causes;
  if (update.strategy().validate_update) update.strategy().validate_update(object, stored, causes);
  const kinds::View& view = update.endpoint().view();
  if (view.validate_update) view.validate_update(object, stored, causes);
  if (update.resource().crd != nullptr) {
    const crd::CrdView& version = *update.endpoint().custom();
    kinds::Causes more = update.request.subresource == "status"
                             ? crd::validate_custom_resource_status(object, stored, version)
                             : crd::validate_custom_resource_update(object, stored, version);
    causes.insert(causes.end(), more.begin(), more.end());
  }
  if (causes.empty()) return {};
  return api_fail(invalid(update.endpoint().kind_name(), update.request.name, std::move(causes)));
}

// An update that took the last finalizer of a deleted object ends it.
bool ends(const json::value& object) {
  if (!is_deleting(object) || is_held(object)) return false;
  const json::value* meta = base::find(object, "metadata");
  return kinds::int_at(*meta, "deletionGracePeriodSeconds") == 0;
}

void commit(const UpdatePtr& update, const store::ObjectPtr& live, json::value object,
            std::unique_ptr<Allocator::Reservation> reservation, bool retry,
            std::vector<std::string> warnings) {
  bool remove = ends(object);
  store::Write write{.op = remove ? store::Op::kDelete : store::Op::kUpdate,
                     .resource = live->resource(),
                     .namespace_ = std::string(live->ns()),
                     .name = std::string(live->name()),
                     .draft = draft_of(update->resource(), object),
                     .expected = live->revision()};
  Allocator* services =
      update->resource().key == "core/services" ? update->operations.parts().services : nullptr;
  auto done = [update, retry, remove, services, object = std::move(object),
               reservation = std::move(reservation),
               warnings = std::move(warnings)](base::Result<store::ObjectPtr> result) mutable {
    if (result) {
      if (reservation) reservation->commit();
      if (remove && services != nullptr) services->release(object);
      return update->done(outcome_of(std::move(*result), std::move(warnings)));
    }
    reservation.reset();
    Code code = result.error().code;
    bool again = (code == Code::kConflict && retry) ||
                 (code == Code::kNotFound && update->request.may_create);
    if (again && update->attempts < kAttempts)
      return update->operations.parts().executor.post([update] { run(update); });
    update->done(api_fail(store_error(result.error(), update->endpoint(), update->request.name)));
  };
  update->operations.parts().store.submit(std::move(write), std::move(done));
}

ApiResult<void> change_live(const UpdatePtr& update, const store::ObjectPtr& live) {
  UpdateRequest& request = update->request;
  const kinds::View& view = request.endpoint.view();
  json::value stored = TRY(base::parse_json(live->bytes()));
  json::value seen = stored;
  if (view.from_storage) view.from_storage(seen);

  Change change = TRY(request.change(&seen));
  json::value& object = change.object;
  bool retry = TRY(check_version(*update, object, *live));
  keep_metadata(object, stored);
  set_defaults(request.endpoint, object);
  if (!change.managed)
    merge::update_managed_fields(target_of(request.endpoint, request.subresource), &seen, object,
                                 request.how.manager, update->operations.parts().clock.wall());
  if (view.to_storage) view.to_storage(object);
  if (update->strategy().prepare_update) update->strategy().prepare_update(object, stored);
  std::unique_ptr<Allocator::Reservation> reservation;
  Allocator* services = update->operations.parts().services;
  if (services != nullptr && request.subresource.empty() &&
      update->resource().key == "core/services")
    reservation = TRY(services->allocate(object, &stored));
  TRY(validate(*update, object, stored));

  merge::keep_old_times(object, stored);

  std::vector<std::string> warnings = request.how.warnings;
  warnings.insert(warnings.end(), change.warnings.begin(), change.warnings.end());
  add_warnings(update->resource(), object, &stored, warnings);
  if (request.how.dry_run) {
    update->done(outcome_of(base::to_json(object), std::move(warnings)));
  } else if (base::json_equal(object, stored) && !ends(object)) {
    update->done(outcome_of(live, std::move(warnings)));
  } else {
    commit(update, live, std::move(object), std::move(reservation), retry, std::move(warnings));
  }
  return {};
}

// There is nothing yet: the update creates it (PUT of some kinds, server-side apply).
ApiResult<void> create_instead(const UpdatePtr& update) {
  UpdateRequest& request = update->request;
  Change change = TRY(request.change(nullptr));
  std::string_view uid = meta_string(change.object, "uid");
  if (!uid.empty())
    return api_fail(wrong_uid(request.endpoint, request.namespace_, request.name, uid, ""));
  metadata_of(change.object)["name"] = request.name;
  CreateRequest create{request.endpoint, request.namespace_, std::move(change.object), request.how};
  create.managed = change.managed;
  create.how.warnings.insert(create.how.warnings.end(), change.warnings.begin(),
                             change.warnings.end());
  update->operations.create(std::move(create), [update](ApiResult<Outcome> outcome) {
    bool lost = !outcome && outcome.error().reason == "AlreadyExists";
    if (lost && update->attempts < kAttempts)
      return update->operations.parts().executor.post([update] { run(update); });
    update->done(std::move(outcome));
  });
  return {};
}

void run(const UpdatePtr& update) {
  const UpdateRequest& request = update->request;
  ++update->attempts;
  store::ObjectPtr live =
      update->operations.parts().store.get(update->resource().id, request.namespace_, request.name);
  ApiResult<void> started;
  if (live != nullptr)
    started = change_live(update, live);
  else if (request.may_create)
    started = create_instead(update);
  else
    started = api_fail(not_found(request.endpoint.name(), request.name));
  if (!started) update->done(api_fail(started.error()));
}

}  // namespace

void Operations::update(UpdateRequest request, Reply done) {
  run(std::make_shared<Update>(*this, std::move(request), std::move(done)));
}

}  // namespace nanika::apiserver
