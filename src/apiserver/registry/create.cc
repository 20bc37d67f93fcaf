#include "apiserver/crd/custom_resource.h"
#include "apiserver/kinds/field_error.h"
#include "apiserver/kinds/names.h"
#include "apiserver/registry/decode.h"
#include "apiserver/registry/ownership.h"
#include "apiserver/registry/pod_admission.h"
#include "apiserver/registry/writing.h"
#include "base/random.h"

namespace nanika::apiserver {

namespace {

using base::Code;
using namespace writing;

// Upstream tries again so often when a generated name is taken.
constexpr int kGeneratedNames = 8;

struct Create {
  Operations::Parts parts;
  store::ResourceId namespaces;
  CreateRequest request;
  Reply done;
  std::unique_ptr<Allocator::Reservation> reservation;
  std::string name;
  int attempts = 0;
};
using CreatePtr = std::shared_ptr<Create>;

ApiResult<void> check_metadata(CreateRequest& request) {
  json::object& meta = metadata_of(request.object);
  std::string_view space = meta_string(request.object, "namespace");
  if (!request.endpoint.kind().namespaced) {
    meta.erase("namespace");
  } else if (space.empty()) {
    meta["namespace"] = request.namespace_;
  } else if (space != request.namespace_) {
    return api_fail(bad_request(
        "the namespace of the provided object does not match the namespace sent on the request"));
  }
  std::string_view version = meta_string(request.object, "resourceVersion");
  if (!version.empty() && version != "0")
    return api_fail(
        ApiError(500, "", "resourceVersion should not be set on objects to be created"));
  return {};
}

void fill_metadata(Create& create) {
  json::object& meta = metadata_of(create.request.object);
  for (const char* key :
       {"deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"})
    meta.erase(key);
  meta["uid"] = base::random_uuid();
  meta["creationTimestamp"] = base::format_time(create.parts.clock.wall());
}

void choose_name(Create& create) {
  json::value& object = create.request.object;
  json::object& meta = metadata_of(object);
  std::string_view base = meta_string(object, "generateName");
  create.name = meta_string(object, "name");
  bool generated = create.attempts > 0 || create.name.empty();
  if (generated && !base.empty()) {
    create.name = kinds::generate_name(base, base::random_below(UINT64_MAX));
    meta["name"] = create.name;
    ++create.attempts;
  }
}

ApiResult<void> validate(const Create& create) {
  const CreateRequest& request = create.request;
  const kinds::Strategy& strategy = request.endpoint.kind().strategy;
  kinds::Causes causes;
  if (strategy.validate_create) strategy.validate_create(request.object, causes);
  const kinds::View& view = request.endpoint.view();
  if (view.validate_create) view.validate_create(request.object, causes);
  if (request.endpoint.resource->crd != nullptr) {
    kinds::Causes more = crd::validate_custom_resource(request.object, *request.endpoint.custom());
    causes.insert(causes.end(), more.begin(), more.end());
  }
  if (causes.empty()) return {};
  return api_fail(invalid(request.endpoint.kind_name(), create.name, std::move(causes)));
}

// Upstream's admission plugins that change what is created.
ApiResult<void> admit(Create& create) {
  CreateRequest& request = create.request;
  if (request.endpoint.resource->key != "core/pods") return {};
  store::Store& store = create.parts.store;
  store::ResourceId accounts = store.resource("core/serviceaccounts");
  auto find = [&](std::string_view name) -> std::optional<json::value> {
    store::ObjectPtr account = store.get(accounts, request.namespace_, name);
    if (account == nullptr) return std::nullopt;
    return view_of(request.endpoint, account->bytes());
  };
  return admit_pod(request.object, request.namespace_, find);
}

ApiResult<void> prepare(Create& create) {
  CreateRequest& request = create.request;
  const Resource& resource = *request.endpoint.resource;
  TRY(check_metadata(request));
  if (resource.ending)
    return api_fail({405, "MethodNotAllowed",
                     "create not allowed while custom resource definition is terminating"});
  set_defaults(request.endpoint, request.object);
  if (!request.managed)
    merge::update_managed_fields(target_of(request.endpoint, ""), nullptr, request.object,
                                 request.how.manager, create.parts.clock.wall());
  TRY(admit(create));
  if (request.endpoint.view().to_storage) request.endpoint.view().to_storage(request.object);
  fill_metadata(create);
  choose_name(create);
  if (create.parts.services != nullptr && resource.key == "core/services")
    create.reservation = TRY(create.parts.services->allocate(request.object, nullptr));
  if (resource.kind.strategy.prepare_create) resource.kind.strategy.prepare_create(request.object);
  TRY(validate(create));
  add_warnings(resource, request.object, nullptr, request.how.warnings);
  return {};
}

class LiveView final : public store::View {
 public:
  explicit LiveView(const store::Store& store) : store_(store) {}
  store::ObjectPtr get(store::ResourceId resource, std::string_view ns,
                       std::string_view name) const override {
    return store_.get(resource, ns, name);
  }

 private:
  const store::Store& store_;
};

void dry_run(Create& create) {
  const CreateRequest& request = create.request;
  const Endpoint& endpoint = request.endpoint;
  if (endpoint.kind().namespaced) {
    auto lives =
        namespace_lives(create.namespaces, request.namespace_)(LiveView(create.parts.store));
    if (!lives)
      return create.done(
          api_fail(namespace_error(lives.error(), endpoint, request.namespace_, create.name)));
  }
  std::string_view space;
  if (endpoint.kind().namespaced) space = request.namespace_;
  if (create.parts.store.get(endpoint.resource->id, space, create.name) != nullptr)
    return create.done(api_fail(already_exists(endpoint.name(), create.name)));
  Outcome outcome = outcome_of(base::to_json(request.object), request.how.warnings);
  outcome.created = true;
  create.done(std::move(outcome));
}

void submit(const CreatePtr& create);

void finish(const CreatePtr& create, base::Result<store::ObjectPtr> result) {
  const CreateRequest& request = create->request;
  if (result) {
    if (create->reservation) create->reservation->commit();
    Outcome outcome = outcome_of(std::move(*result), request.how.warnings);
    outcome.created = true;
    return create->done(std::move(outcome));
  }
  Code code = result.error().code;
  if (code == Code::kAlreadyExists && create->attempts > 0 && create->attempts < kGeneratedNames) {
    create->parts.executor.post([create] {
      choose_name(*create);
      submit(create);
    });
    return;
  }
  create->reservation.reset();
  if (code == Code::kNotFound || code == Code::kForbidden)
    return create->done(api_fail(
        namespace_error(result.error(), request.endpoint, request.namespace_, create->name)));
  create->done(api_fail(store_error(result.error(), request.endpoint, create->name)));
}

void submit(const CreatePtr& create) {
  const CreateRequest& request = create->request;
  const Resource& resource = *request.endpoint.resource;
  store::Write write{.op = store::Op::kCreate,
                     .resource = resource.id,
                     .name = create->name,
                     .draft = draft_of(resource, request.object)};
  if (resource.kind.namespaced) {
    write.namespace_ = request.namespace_;
    write.precondition = namespace_lives(create->namespaces, request.namespace_);
  }
  create->parts.store.submit(std::move(write), [create](base::Result<store::ObjectPtr> result) {
    finish(create, std::move(result));
  });
}

}  // namespace

Operations::Operations(Parts parts)
    : parts_(parts), namespaces_(parts.store.resource("core/namespaces")) {}

ApiResult<store::ObjectPtr> Operations::get(const Endpoint& endpoint, std::string_view ns,
                                            std::string_view name) const {
  store::ObjectPtr object = parts_.store.get(endpoint.resource->id, ns, name);
  if (object == nullptr) return api_fail(not_found(endpoint.name(), name));
  return object;
}

void Operations::create(CreateRequest request, Reply done) {
  bool dry = request.how.dry_run;
  auto create = std::make_shared<Create>(parts_, namespaces_, std::move(request), std::move(done));
  if (auto ready = prepare(*create); !ready) return create->done(api_fail(ready.error()));
  if (dry) return dry_run(*create);
  submit(create);
}

}  // namespace nanika::apiserver
