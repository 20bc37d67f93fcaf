// Events: what a controller tells people about an object, where kubectl describe shows it.
//
//   events.warning(service, "Exhausted", "network \"internet\" has no free IPv4 address");
//
// Recording never blocks and never fails a reconcile: events wait in a bounded queue and a thread
// writes them; what does not fit is counted (events_dropped_total). A repetition within ten minutes
// raises the count of the first one by PATCH. An object that makes more than 25 events, refilled by
// one in five minutes, is held back, as client-go does.
//
// Written as core/v1 Event, which is what kubectl of every version reads best; the API server shows
// the same object as events.k8s.io too.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>

#include "api/core/objects.h"
#include "kube/client.h"

namespace nanika::kube {

template <class T>
api::ObjectReference reference_to(const T& object) {
  return {.api_version = api::api_version(T::kKind),
          .kind = std::string(T::kKind.kind),
          .namespace_ = object.metadata.namespace_,
          .name = object.metadata.name,
          .uid = object.metadata.uid,
          .resource_version = object.metadata.resource_version};
}

/// Threading: recording from any thread; run() holds one.
class EventRecorder {
 public:
  /// `component`: who says so, as in `kubectl describe`'s FROM; "nanika-addresses".
  EventRecorder(const Client& client, std::string component, Metrics* metrics = nullptr);

  template <class T>
  void normal(const T& object, std::string reason, std::string message) {
    record(reference_to(object), "Normal", std::move(reason), std::move(message));
  }
  template <class T>
  void warning(const T& object, std::string reason, std::string message) {
    record(reference_to(object), "Warning", std::move(reason), std::move(message));
  }
  void record(const api::ObjectReference& about, std::string type, std::string reason,
              std::string message);

  /// Writes until a stop request, then what is left within a second.
  void run(std::stop_token stop);

 private:
  struct Pending {
    api::ObjectReference about;
    std::string type, reason, message;
    int32_t count = 1;
    base::WallTime at{};
    std::string id = {};  ///< equal for repetitions
  };
  struct Written {
    Key key;
    int32_t count = 0;
    MonoTime last{};
  };
  struct Bucket {
    double tokens = 0;
    MonoTime filled{};
  };

  bool within_rate(const std::string& object);
  Result<void> write(const Context& ctx, const Pending& event);
  Result<void> repeat(const Context& ctx, const Pending& event, Written& written);
  Result<void> create(const Context& ctx, const Pending& event);
  void forget_old();

  const Client client_;
  const std::string component_;
  base::Counter* dropped_ = nullptr;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Pending> pending_;             // guarded by mutex_
  std::map<std::string, Bucket> buckets_;   // by object; guarded by mutex_
  std::map<std::string, Written> written_;  // run()'s alone
};

}  // namespace nanika::kube
