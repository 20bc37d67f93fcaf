// A Kubernetes API in memory, for tests of controllers: no sockets, no threads, time by a
// FakeClock.
//
//   base::FakeClock clock;
//   auto api = std::make_shared<FakeApi>(clock);
//   Client client(api, clock);
//   api->put(R"({"apiVersion":"v1","kind":"Service","metadata":{"namespace":"shop","name":"www"}})");
//   ... run the controller on `client` ...
//   EXPECT_EQ(find_string(api->get("services", {"shop", "www"}), "status", "phase"), "Ready");
//
// As upstream: uid, creationTimestamp, one growing resourceVersion, generation (not in the core
// group), generateName, status apart from the rest (a create drops it, but of Nodes),
// preconditions, conflicts, finalizers, no-op writes that keep the version, LIST with limit and
// continue, label selectors (=, !=, in, notin, exists) and field selectors of any path, WATCH from
// a version with selectors, bookmarks and 410, WatchList, merge and JSON patch, server-side apply
// with owners, conflicts and force, upstream's messages.
//
// Not as upstream: every resource name is served, nothing is validated or defaulted, namespaces
// need not exist, versions of a group are not converted, access is not checked, only appliers own
// fields (an update takes no ownership), metadata.managedFields is not shown, lists of apply merge
// as merge_list() says, strategic merge patch gets 415. Ownership is collected by
// collect_garbage().
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "kube/transport.h"

namespace nanika::kube {

namespace json = base::json;

class FakeStore;

/// Threading: all members from any thread.
class FakeApi final : public Transport {
 public:
  explicit FakeApi(const base::Clock& clock);
  ~FakeApi() override;

  Result<base::http::Response> send(base::http::Request request, const Context& ctx) override;
  Result<std::unique_ptr<base::http::BodyStream>> open(base::http::Request request,
                                                       const Context& ctx) override;

  // --- The world, as another user's hands change it. CHECKs: a test's own mistake aborts. ---

  /// Makes or replaces an object, status and all; metadata that the API server keeps is kept.
  /// Returns it as stored.
  json::value put(json::value object);
  template <std::convertible_to<std::string_view> Text>
  json::value put(const Text& text) {
    return put(base::parse_json(text).value());
  }
  /// The object as stored, or null. `plural` may carry its group: "trafficips.network.nanika.dev".
  json::value get(std::string_view plural, const Key& key) const;
  /// All of that resource, by namespace and name.
  std::vector<json::value> list(std::string_view plural) const;
  /// Deletes as kubectl does (finalizers hold it); false when it is not there.
  bool remove(std::string_view plural, const Key& key);
  /// Removes objects whose ownerReferences all name uids that are gone, until none is left.
  void collect_garbage();

  /// How lists of that field merge when applied: by these keys of their items; no keys: a set of
  /// scalars. From the start: conditions by type, ownerReferences by uid, finalizers as a set. All
  /// else is atomic.
  void merge_list(std::string_view field, std::vector<std::string> keys);

  // --- The conditions of the connection. ---

  /// Forgets the history: watches and continue tokens from before get 410.
  void compact();
  /// Ends all running watches: in good order, or as if the connection broke.
  void end_watches(bool broken = false);
  /// Sends a bookmark to all watches that allow them.
  void bookmark();
  /// What sendInitialEvents is answered with; 200 (the default) serves it. With 0 the parameter is
  /// ignored, as by servers before 1.27.
  void watch_list_status(int status);

  int watches() const;  ///< open now
  std::string resource_version() const;
  /// Every request so far: "PATCH /api/v1/namespaces/shop/services/www/status?force=true".
  std::vector<std::string> requests() const;

 private:
  std::shared_ptr<FakeStore> store_;
};

}  // namespace nanika::kube
