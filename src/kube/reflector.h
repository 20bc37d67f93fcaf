// Keeps a sink equal to what an API server has of one kind: streams the initial state, then follows
// the watch, over broken connections, restarts of the server and forgotten history.
//
// - Initial state by WatchList (sendInitialEvents); where that is refused or not understood, by
// LIST
//   in pages and a WATCH from its version.
// - A watch that ends is opened again from the last version seen (bookmarks advance it). 410
// Expired
//   means a new initial state.
// - Each state of each object reaches the sink once, in order: objects of a renewed initial state
//   that the sink has already in that version are not told again, those that are missing in it are
//   removed.
// - An object that does not decode is logged, counted and left as it was.
// - Failures back off from 100 ms to 30 s, with jitter; a watch on which nothing came for two
// minutes
//   (bookmarks come every one) is taken for dead.
//
// Semantics: kubernetes.io/docs/reference/using-api/api-concepts, "Efficient detection of changes".
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <unordered_set>

#include "kube/backoff.h"
#include "kube/client.h"

namespace nanika::kube {

/// Where a reflector puts what it sees. Called from the reflector's thread alone.
class Sink {
 public:
  virtual ~Sink() = default;
  /// The present state of an object. kInvalid when it does not decode.
  virtual Result<void> put(const json::value& object, bool initial) = 0;
  virtual void remove(const Key& key) = 0;
  /// All keys that it holds.
  virtual std::vector<Key> keys() const = 0;
  /// A whole state has been put; called after each initial one.
  virtual void complete() = 0;
};

struct ReflectorOptions {
  std::string namespace_;      ///< "": all
  std::string label_selector;  ///< narrows what is watched
  std::string field_selector;
};

/// Threading: run() holds one thread; the rest from any.
class Reflector {
 public:
  /// All must outlive the reflector. `metrics` may be null: reflector_lists_total,
  /// reflector_watches_total, reflector_decode_errors_total by kind.
  Reflector(const Client& client, const api::KindInfo& kind, Sink& sink, ReflectorOptions options,
            Metrics* metrics = nullptr);

  /// Reflects until a stop request.
  void run(std::stop_token stop);

 private:
  Result<void> fill(std::stop_token stop);
  Result<void> fill_by_watch(std::stop_token stop);
  Result<void> fill_by_list(std::stop_token stop);
  Result<void> follow(std::stop_token stop);
  Result<void> handle_line(const std::string& line, bool initial);
  Result<void> handle(const json::value& event, bool initial);
  void put(const json::value& object, bool initial);
  void finish_fill();
  Result<std::unique_ptr<base::http::BodyStream>> open(std::string query, std::stop_token stop);
  void report(const Error& error);
  base::Counter* counter(const char* name, const char* help);

  const Client client_;
  const api::KindInfo kind_;
  Sink& sink_;
  const ReflectorOptions options_;
  Metrics* const metrics_;
  bool watch_list_ = true;  ///< until the server refuses it
  std::string version_;     ///< last seen; "": an initial state is wanted
  std::unique_ptr<base::http::BodyStream> stream_;
  std::unordered_set<Key, KeyHash> seen_;  ///< in the running fill
  size_t handled_ = 0;                     ///< events of the present stream
  std::string last_error_;                 ///< so that one outage is one line of log
};

}  // namespace nanika::kube
