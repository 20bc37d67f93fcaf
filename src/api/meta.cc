#include "api/meta.h"

#include <algorithm>

namespace nanika::api {

bool LabelSelector::matches(const std::map<std::string, std::string>& labels) const {
  for (const auto& [key, value] : match_labels) {
    auto it = labels.find(key);
    if (it == labels.end() || it->second != value) return false;
  }
  return std::ranges::all_of(match_expressions, [&](const LabelSelectorRequirement& r) {
    auto it = labels.find(r.key);
    const bool there = it != labels.end();
    const bool listed = there && std::ranges::find(r.values, it->second) != r.values.end();
    if (r.operator_ == "In") return listed;
    if (r.operator_ == "NotIn") return !listed;
    if (r.operator_ == "Exists") return there;
    return !there;  // DoesNotExist; the schema admits nothing else
  });
}

}  // namespace nanika::api
