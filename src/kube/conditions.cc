#include "kube/conditions.h"

#include <algorithm>

namespace nanika::kube {

bool set_condition(std::vector<api::Condition>& conditions, api::Condition wanted,
                   const base::Clock& clock) {
  // metav1.Time has seconds: with more, what is read back would differ from what was set.
  api::Time now{std::chrono::floor<std::chrono::seconds>(clock.wall())};
  auto at = std::ranges::find(conditions, wanted.type, &api::Condition::type);
  if (at == conditions.end()) {
    wanted.last_transition_time = now;
    conditions.push_back(std::move(wanted));
    return true;
  }
  wanted.last_transition_time = at->status == wanted.status ? at->last_transition_time : now;
  if (*at == wanted) return false;
  *at = std::move(wanted);
  return true;
}

bool remove_condition(std::vector<api::Condition>& conditions, std::string_view type) {
  return std::erase_if(conditions, [&](const api::Condition& c) { return c.type == type; }) > 0;
}

const api::Condition* find_condition(const std::vector<api::Condition>& conditions,
                                     std::string_view type) {
  auto at = std::ranges::find(conditions, type, &api::Condition::type);
  return at == conditions.end() ? nullptr : &*at;
}

bool is_true(const std::vector<api::Condition>& conditions, std::string_view type) {
  const api::Condition* condition = find_condition(conditions, type);
  return condition != nullptr && condition->status == "True";
}

}  // namespace nanika::kube
