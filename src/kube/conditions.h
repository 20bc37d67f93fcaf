// Conditions of a status: metav1.Condition's rules in one place.
//
//   set_condition(status.conditions, {.type = "Allocated", .status = "False",
//       .observed_generation = ip.metadata.generation, .reason = "Exhausted", .message = "..."},
//       clock);
#pragma once

#include <string_view>
#include <vector>

#include "api/meta.h"
#include "base/clock.h"

namespace nanika::kube {

/// Puts `wanted` in the place of the condition of its type, or at the end. lastTransitionTime moves
/// when `status` changes and only then: k8s.io/apimachinery meta.SetStatusCondition. True when
/// anything changed.
bool set_condition(std::vector<api::Condition>& conditions, api::Condition wanted,
                   const base::Clock& clock);
/// True when there was one.
bool remove_condition(std::vector<api::Condition>& conditions, std::string_view type);
/// Null when there is none.
const api::Condition* find_condition(const std::vector<api::Condition>& conditions,
                                     std::string_view type);
bool is_true(const std::vector<api::Condition>& conditions, std::string_view type);

}  // namespace nanika::kube
