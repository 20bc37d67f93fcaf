// Deadlines of requests: whoever waits too long for an answer (a disk that hangs) gets a 504.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "apiserver/rest/call.h"
#include "base/clock.h"

namespace nanika::apiserver {

/// Threading: all members from any thread.
class InFlight {
 public:
  explicit InFlight(const base::Clock& clock);

  /// The call is answered within `limit` by whoever does it, else by us. The handle ends it.
  [[nodiscard]] std::shared_ptr<void> add(const CallPtr& call, base::Duration limit);

 private:
  struct Waiting {
    std::weak_ptr<Call> call;
    base::MonoTime deadline;
  };
  struct Table {
    std::mutex mutex;
    std::map<uint64_t, Waiting> waiting;  // guarded by mutex
    uint64_t next = 1;                    // guarded by mutex
  };
  void run(std::stop_token stop);

  const base::Clock& clock_;
  const std::shared_ptr<Table> table_ = std::make_shared<Table>();
  std::jthread thread_;
};

}  // namespace nanika::apiserver
