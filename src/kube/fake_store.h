// What a FakeApi holds: objects, who applied what, and the history that watches read. Included by
// fake_*.cc alone.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>

#include "kube/fake_api.h"
#include "kube/fake_apply.h"

namespace nanika::kube {

/// A request's path, taken apart.
struct FakePath {
  std::string group, version, plural, subresource;
  Key key;  ///< name "" for the collection; namespace_ "" for all namespaces
  std::string resource() const { return group.empty() ? plural : plural + "." + group; }
};

struct FakeSelector {
  struct Term {
    std::string key, op;  ///< op: "=", "!=", "exists", "!exists", "in", "notin"
    std::vector<std::string> values;
  };
  std::vector<Term> labels, fields;
  bool matches(const json::value& object) const;
  static Result<FakeSelector> parse(std::string_view labels, std::string_view fields);
};

/// An API error: what a Status is made of.
struct FakeError {
  int code;
  std::string reason, message;
  json::array causes = {};
};
template <class T>
using FakeResult = std::expected<T, FakeError>;
json::object fake_status(const FakeError& error);

struct FakeRecord {
  json::value object;
  FakeOwners owners;
};

struct FakeEvent {
  std::string resource;  ///< "" for bookmarks: of every resource
  int64_t version = 0;
  std::string type;
  json::value object, before;
};

/// Threading: mutex_ guards all; the public members below `mutex` want it held.
class FakeStore {
 public:
  explicit FakeStore(const base::Clock& clock) : clock_(clock) {}

  mutable std::mutex mutex;
  std::condition_variable_any changed;

  using Records = std::map<Key, FakeRecord>;
  std::map<std::string, Records> resources;
  std::deque<FakeEvent> history;
  size_t first_index = 0;  ///< of history.front()
  int64_t version = 1;
  int64_t compacted = 0;
  int64_t epoch = 0;  ///< watches opened in an earlier one are over
  bool broken = false;
  int open_watches = 0;
  int watch_list_status = 200;
  FakeListKeys list_keys = default_list_keys();
  std::vector<std::string> requests;

  FakeRecord* find(const FakePath& path);
  FakeError not_found(const FakePath& path) const;
  FakeResult<json::value> create(const FakePath& path, json::value object, FakeOwners owners = {});
  /// Stores `next` in the place of `record`: bumps the generation, keeps what is the server's,
  /// finishes a deletion whose last finalizer went.
  FakeResult<json::value> replace(const FakePath& path, FakeRecord& record, json::value next,
                                  bool with_status);
  FakeResult<json::value> erase(const FakePath& path, const json::value& options);
  FakeResult<json::value> apply(const FakePath& path, const json::value& body,
                                const std::string& manager, bool force, bool& created);
  void publish(const std::string& resource, std::string type, json::value object,
               json::value before);
  const base::Clock& clock() const { return clock_; }

 private:
  const base::Clock& clock_;
  uint64_t next_uid_ = 1;
};

/// 409 or nothing: metadata.uid and metadata.resourceVersion of `wanted`, where given, hold of
/// `present`.
std::optional<FakeError> check_preconditions(const FakePath& path, const json::value& wanted,
                                             const json::value& present);

/// A watch on `store`; `initial`: lines to send first.
std::unique_ptr<base::http::BodyStream> fake_watch(std::shared_ptr<FakeStore> store,
                                                   const FakePath& path, FakeSelector selector,
                                                   std::deque<std::string> initial, size_t index,
                                                   bool bookmarks, const base::Clock* clock);

}  // namespace nanika::kube
