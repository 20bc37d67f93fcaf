#include "apiserver/loops/slice_plan.h"

#include <algorithm>
#include <map>
#include <set>

#include "apiserver/loops/api.h"

namespace nanika::apiserver::loops {

namespace {

/// What makes an endpoint the same over changes of its conditions: its Pod, or else its address.
std::string identity(const json::value& endpoint) {
  std::string_view uid = base::find_string(endpoint, "targetRef", "uid");
  const json::array& addresses = array_of(endpoint, "addresses");
  std::string address = addresses.empty() ? "" : base::to_json(addresses.front());
  return fmt::format("{} {}", address, uid);
}

std::string group_key(std::string_view address_type, const json::array& ports) {
  // Absent and empty names are one; neither the order of members nor that of ports matters.
  std::vector<std::string> sorted;
  for (const json::value& port : ports) {
    std::map<std::string, std::string> members{{"name", R"("")"}};
    if (port.is_object())
      for (const auto& [key, value] : port.get_object()) members[key] = base::to_json(value);
    std::string text;
    for (const auto& [key, value] : members) text += fmt::format("{}={},", key, value);
    sorted.push_back(std::move(text));
  }
  std::sort(sorted.begin(), sorted.end());
  return fmt::format("{} {}", address_type, fmt::join(sorted, ";"));
}

struct Draft {
  SlicePlan::Slice slice;
  bool changed = false;
};

/// The existing slices of one group with what of it stays in them; takes that out of `wanted`.
Draft keep(const json::value& slice, std::map<std::string, json::object>& wanted,
           const json::object& labels) {
  Draft draft;
  draft.slice.name = base::find_string(slice, "metadata", "name");
  draft.slice.address_type = base::find_string(slice, "addressType");
  draft.slice.ports = array_of(slice, "ports");
  for (const json::value& endpoint : array_of(slice, "endpoints")) {
    auto it = wanted.find(identity(endpoint));
    if (it == wanted.end()) {
      draft.changed = true;
      continue;
    }
    draft.changed = draft.changed || !base::json_equal(endpoint, json::value(it->second));
    draft.slice.endpoints.push_back(std::move(it->second));
    wanted.erase(it);
  }
  const json::value* has = base::find(slice, "metadata", "labels");
  draft.changed = draft.changed || has == nullptr || !base::json_equal(*has, json::value(labels));
  return draft;
}

void fill(std::vector<Draft>& drafts, std::map<std::string, json::object>& wanted, size_t most,
          bool changed_ones) {
  for (Draft& draft : drafts) {
    if (draft.changed != changed_ones) continue;
    while (!wanted.empty() && draft.slice.endpoints.size() < most) {
      draft.slice.endpoints.push_back(std::move(wanted.begin()->second));
      wanted.erase(wanted.begin());
      draft.changed = true;
    }
  }
}

}  // namespace

SlicePlan plan_slices(std::vector<BackendGroup> wanted, const std::vector<json::value>& existing,
                      const json::object& labels, size_t max_endpoints) {
  SlicePlan plan;
  std::map<std::string, std::vector<const json::value*>> have;
  for (const json::value& slice : existing)
    have[group_key(base::find_string(slice, "addressType"), array_of(slice, "ports"))].push_back(
        &slice);
  for (BackendGroup& group : wanted) {
    std::map<std::string, json::object> left;
    for (json::object& endpoint : group.endpoints) {
      std::string id = identity(endpoint);
      left[std::move(id)] = std::move(endpoint);
    }
    bool placeholder = left.empty();
    std::vector<Draft> drafts;
    auto of_group = have.extract(group_key(group.address_type, group.ports));
    if (of_group)
      for (const json::value* slice : of_group.mapped())
        drafts.push_back(keep(*slice, left, labels));
    fill(drafts, left, max_endpoints, true);
    fill(drafts, left, max_endpoints, false);
    while (!left.empty()) {
      drafts.push_back({{"", group.address_type, group.ports, {}}, false});
      std::vector<Draft> last;
      last.push_back(std::move(drafts.back()));
      fill(last, left, max_endpoints, false);
      drafts.back() = std::move(last.front());
    }
    if (placeholder && drafts.empty())
      drafts.push_back({{"", group.address_type, group.ports, {}}, true});
    bool kept_one = false;
    for (Draft& draft : drafts) {
      bool empty = draft.slice.endpoints.empty() && !(placeholder && !kept_one);
      if (!empty) kept_one = true;
      if (empty) {
        plan.remove.push_back(draft.slice.name);
      } else if (draft.slice.name.empty()) {
        plan.create.push_back(std::move(draft.slice));
      } else if (draft.changed) {
        plan.update.push_back(std::move(draft.slice));
      }
    }
  }
  for (const auto& [key, slices] : have)
    for (const json::value* slice : slices)
      plan.remove.emplace_back(base::find_string(*slice, "metadata", "name"));
  return plan;
}

}  // namespace nanika::apiserver::loops
