// Events are gone an hour after they last happened. One sweep a minute, no timer per Event.
#pragma once

#include <string>

#include "apiserver/loops/api.h"
#include "apiserver/loops/worker.h"

namespace nanika::apiserver::loops {

class EventExpiry final : public Reconciler {
 public:
  explicit EventExpiry(Api& api, base::Duration age = std::chrono::hours(1))
      : api_(api), age_(age) {}
  std::string_view name() const override { return "event-expiry"; }
  void begin(Feed& feed, KeyQueue& queue) override;
  base::Result<base::Duration> reconcile(const std::string& key) override;

 private:
  Api& api_;
  const base::Duration age_;
};

}  // namespace nanika::apiserver::loops
