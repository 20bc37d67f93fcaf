#include "apiserver/loops/api.h"

#include <latch>
#include <mutex>

namespace nanika::apiserver::loops {

namespace {

constexpr std::string_view kManager = "nanika-apiserver";

}  // namespace

store::ResourceId Api::id(const Ref& ref) const {
  return store().resource(fmt::format("{}/{}", ref.group.empty() ? "core" : ref.group, ref.plural));
}

Result<Endpoint> Api::endpoint(const Ref& ref) const {
  CatalogPtr now = catalog();
  const Endpoint* found = now->find(ref.group, ref.version, ref.plural);
  if (found == nullptr)
    return fail(Code::kNotFound, "{} is not served in {}/{}", ref.plural, ref.group, ref.version);
  return *found;
}

std::vector<store::ObjectPtr> Api::list(const Ref& ref, std::string_view ns,
                                        std::function<bool(const store::Object&)> matches) const {
  auto found = store().list(
      {.resource = id(ref), .namespace_ = std::string(ns), .matches = std::move(matches)});
  CHECK(found.has_value());  // lists of now never fail
  return std::move(found->items);
}

bool Api::lives(std::string_view ns) const {
  store::ObjectPtr found = find(kNamespaces, "", ns);
  return found && !found->meta().deleting;
}

Result<json::value> Api::create(const Ref& ref, std::string_view ns, json::value object) {
  Endpoint to = TRY(endpoint(ref));
  auto done = wait_for([&](Reply reply) {
    operations_.create({.endpoint = to,
                        .namespace_ = std::string(ns),
                        .object = std::move(object),
                        .how = {.manager = std::string(kManager)}},
                       std::move(reply));
  });
  if (!done) return std::unexpected(done.error().base());
  return base::parse_json(*done->bytes);
}

Result<void> Api::update(const Ref& ref, std::string_view ns, std::string_view name,
                         std::string_view subresource, Change change) {
  return update(TRY(endpoint(ref)), ns, name, subresource, std::move(change));
}

Result<void> Api::update(const Endpoint& to, std::string_view ns, std::string_view name,
                         std::string_view subresource, Change change) {
  auto edit = [&](const json::value* live) -> ApiResult<apiserver::Change> {
    apiserver::Change out{.object = *live};
    if (auto done = change(out.object); !done) return api_fail(done.error());
    return out;
  };
  auto done = wait_for([&](Reply reply) {
    operations_.update({.endpoint = to,
                        .subresource = std::string(subresource),
                        .namespace_ = std::string(ns),
                        .name = std::string(name),
                        .change = edit,
                        .retry = true,
                        .how = {.manager = std::string(kManager)}},
                       std::move(reply));
  });
  if (!done) return std::unexpected(done.error().base());
  return {};
}

Result<void> Api::remove(const Ref& ref, std::string_view ns, std::string_view name,
                         DeleteOptions options) {
  return remove(TRY(endpoint(ref)), ns, name, std::move(options));
}

Result<void> Api::remove(const Endpoint& to, std::string_view ns, std::string_view name,
                         DeleteOptions options) {
  auto done = wait_for([&](Reply reply) {
    operations_.remove({to, std::string(ns), std::string(name), std::move(options)},
                       std::move(reply));
  });
  if (!done && done.error().code != 404) return std::unexpected(done.error().base());
  return {};
}

std::vector<std::string> Api::remove_all(const Ref& ref,
                                         const std::vector<store::ObjectPtr>& objects) {
  auto to = endpoint(ref);
  if (!to) return {to.error().message};
  std::mutex mutex;
  std::vector<std::string> errors;  // guarded by mutex
  std::latch left(static_cast<ptrdiff_t>(objects.size()));
  for (const store::ObjectPtr& object : objects)
    operations_.remove({*to,
                        std::string(object->ns()),
                        std::string(object->name()),
                        {.propagation = "Background"}},
                       [&](ApiResult<Outcome> done) {
                         if (!done && done.error().code != 404) {
                           std::lock_guard lock(mutex);
                           errors.push_back(done.error().message);
                         }
                         left.count_down();
                       });
  left.wait();
  return errors;
}

Result<json::value> parse(const store::Object& object) {
  return base::parse_json(object.bytes());
}

json::object& object_at(json::object& parent, std::string_view key) {
  json::value& value = parent[key];
  if (!value.is_object()) value.emplace_object();
  return value.get_object();
}

json::object& metadata(json::value& object) {
  return object_at(object.as_object(), "metadata");
}

}  // namespace nanika::apiserver::loops
