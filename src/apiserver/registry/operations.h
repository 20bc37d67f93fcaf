// Writes of JSON objects with everything that Kubernetes does around them: names, uid, generation,
// defaults, strategy, validation, managedFields, preconditions, finalizers, dry run. HTTP handlers
// and the API server's own loops both come here.
//
//   operations.create({.endpoint = *catalog->find("", "v1", "configmaps"), .namespace_ = "shop",
//                      .object = decoded, .how = {.manager = "kubectl"}},
//                     [x](ApiResult<Outcome> done) { ... });
//
// Nothing here blocks: `done` is called once, on the store's writer thread, on the executor's, or
// (when it fails early or nothing has to be written) on the caller's before the function returns.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apiserver/registry/catalog.h"
#include "apiserver/registry/executor.h"
#include "apiserver/registry/selector.h"
#include "apiserver/store/store.h"
#include "base/clock.h"

namespace nanika::apiserver {

/// How a write is made.
struct WriteOptions {
  std::string manager = "nanika";  ///< of managedFields: ?fieldManager= or the user agent's name
  bool dry_run = false;
  std::vector<std::string> warnings;  ///< found so far; handed on in the Outcome
};

struct Outcome {
  std::shared_ptr<const std::string> bytes;  ///< JSON in the storage shape, or a metav1.Status
  bool is_status = false;  ///< a finished delete: bytes are a Status that is sent as it is
  bool created = false;    ///< 201
  std::vector<std::string> warnings;
};
using Reply = std::move_only_function<void(ApiResult<Outcome>)>;

struct CreateRequest {
  Endpoint endpoint;
  std::string namespace_;  ///< of the URL
  json::value object;      ///< decoded, in the view's shape
  WriteOptions how;
  bool managed = false;  ///< metadata.managedFields is right already (server-side apply)
};

/// What an update makes of the live object.
struct Change {
  json::value object;  ///< decoded, in the view's shape
  std::vector<std::string> warnings;
  bool managed = false;  ///< metadata.managedFields is right already (server-side apply)
};

struct UpdateRequest {
  Endpoint endpoint;
  std::string subresource;  ///< "": the object itself
  std::string namespace_, name;
  /// Called with the live object in the view's shape, or null when it is not there and may_create;
  /// again, with a newer one, when somebody else wrote meanwhile.
  std::function<ApiResult<Change>(const json::value* live)> change;
  bool may_create = false;
  /// A conflict is retried although the object bears a resourceVersion: it came with the live one.
  bool retry = false;
  WriteOptions how;
};

/// metav1.DeleteOptions.
struct DeleteOptions {
  std::optional<int64_t> grace_seconds;
  std::string propagation;  ///< Background, Foreground, Orphan, or ""
  std::optional<bool> orphan_dependents;
  std::string uid, resource_version;  ///< preconditions, "" when there are none
  bool dry_run = false;
};

struct DeleteRequest {
  Endpoint endpoint;
  std::string namespace_, name;
  DeleteOptions options;
};

struct DeleteCollectionRequest {
  Endpoint endpoint;
  std::string namespace_;
  std::function<bool(const store::Object&)> matches;  ///< null: all
  size_t limit = 0;
  DeleteOptions options;
};

/// What a kind allocates beside its objects (cluster IPs, node ports).
class Allocator {
 public:
  /// Taken for one write, given back when it goes without commit().
  class Reservation {
   public:
    virtual ~Reservation() = default;
    virtual void commit() = 0;
  };
  virtual ~Allocator() = default;
  /// Fills the object (storage shape); `old` is null on create. Null when nothing was taken.
  virtual ApiResult<std::unique_ptr<Reservation>> allocate(json::value& object,
                                                           const json::value* old) = 0;
  virtual void release(const json::value& object) = 0;  ///< it was deleted
};

/// Threading: all members from any thread.
class Operations {
 public:
  struct Parts {
    store::Store& store;
    const base::Clock& clock;
    Executor& executor;
    Allocator* services = nullptr;  ///< of core/services; null: none
  };
  explicit Operations(Parts parts);

  /// A stored object or 404.
  ApiResult<store::ObjectPtr> get(const Endpoint& endpoint, std::string_view ns,
                                  std::string_view name) const;
  void create(CreateRequest request, Reply done);
  void update(UpdateRequest request, Reply done);
  void remove(DeleteRequest request, Reply done);
  /// Answers with the List that was deleted.
  void remove_collection(DeleteCollectionRequest request, Reply done);

  const Parts& parts() const { return parts_; }
  store::ResourceId namespaces() const { return namespaces_; }

 private:
  Parts parts_;
  store::ResourceId namespaces_;
};

/// Runs an operation and waits: for loops and tests, never on a connection's or the writer's
/// thread.
///   auto outcome = wait_for([&](Reply done) { ops.create(std::move(r), std::move(done)); });
template <class Start>
ApiResult<Outcome> wait_for(Start&& start) {
  std::promise<ApiResult<Outcome>> promise;
  auto future = promise.get_future();
  start(Reply([&promise](ApiResult<Outcome> outcome) { promise.set_value(std::move(outcome)); }));
  return future.get();
}

}  // namespace nanika::apiserver
