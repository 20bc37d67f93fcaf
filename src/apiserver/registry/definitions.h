// Keeps the Registry and the status of CustomResourceDefinitions in step with the store.
//
// The registry is swapped in the commit path, on the store's writer thread: whoever is answered
// that a CRD is stored finds it in discovery once it is established. Names and conditions are
// settled, and custom resources of deleted definitions removed, on a thread of its own.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "apiserver/registry/operations.h"

namespace nanika::apiserver {

class Definitions {
 public:
  /// `changed` is called with every new catalog, on the writer's thread (or start()'s).
  Definitions(Registry& registry, Operations& operations,
              std::function<void(const Catalog&)> changed);
  ~Definitions();  ///< nothing may be written any more: stop() first, then the store's barrier

  /// Serves what is stored, then follows it.
  base::Result<void> start();
  /// No more writes of our own.
  void stop();

 private:
  /// True when what is served changed.
  bool take(const store::Object& object, bool deleted);
  void publish();
  void follow(std::span<const store::EventPtr> events);
  void run(std::stop_token stop);
  /// True when something has to be looked at again soon.
  bool settle();
  void settle_status(const json::value& crd, const std::vector<json::value>& all);
  bool clean_up(const json::value& crd);
  Endpoint endpoint() const;

  Registry& registry_;
  Operations& operations_;
  const std::function<void(const Catalog&)> changed_;
  const store::ResourceId id_;
  std::map<std::string, ResourcePtr> served_;  ///< by the CRD's name; the writer's thread alone
  std::unique_ptr<store::Watch> watch_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool due_ = true;  // guarded by mutex_
  std::jthread thread_;
};

}  // namespace nanika::apiserver
