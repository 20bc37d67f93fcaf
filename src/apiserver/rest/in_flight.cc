#include "apiserver/rest/in_flight.h"

namespace nanika::apiserver {

InFlight::InFlight(const base::Clock& clock)
    : clock_(clock), thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

std::shared_ptr<void> InFlight::add(const CallPtr& call, base::Duration limit) {
  uint64_t id = 0;
  {
    std::lock_guard lock(table_->mutex);
    id = table_->next++;
    table_->waiting.emplace(id, Waiting{call, clock_.mono() + limit});
  }
  // The table is shared: a call may outlive us.
  return {nullptr, [table = table_, id](void*) {
            std::lock_guard lock(table->mutex);
            table->waiting.erase(id);
          }};
}

void InFlight::run(std::stop_token stop) {
  while (clock_.sleep_for(std::chrono::seconds(1), stop)) {
    base::MonoTime now = clock_.mono();
    std::vector<CallPtr> late;
    {
      std::lock_guard lock(table_->mutex);
      for (auto& [id, waiting] : table_->waiting)
        if (waiting.deadline <= now)
          if (CallPtr call = waiting.call.lock()) late.push_back(std::move(call));
    }
    for (const CallPtr& call : late) call->time_out();
  }
}

}  // namespace nanika::apiserver
