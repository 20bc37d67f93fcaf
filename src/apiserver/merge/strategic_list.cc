#include "apiserver/merge/strategic_list.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "apiserver/merge/go_text.h"

namespace nanika::apiserver::merge {

namespace {

using base::Code;
using base::fail;
using base::Result;

// Positions of elements by what identifies them: the merge key's value, or a scalar itself. Lists
// can have 100,000 elements, so nothing here may be quadratic.
using Positions = std::unordered_map<std::string, size_t>;

Result<std::string> identity(const json::value& element, std::string_view merge_key) {
  if (merge_key.empty()) return base::to_json(element);
  if (!element.is_object()) {
    return fail(Code::kInternal, "expected a map[string]interface {{}}, but received a {}",
                go_type(element));
  }
  const json::value* key = element.get_object().if_contains(merge_key);
  if (key == nullptr) {
    return fail(Code::kInternal, "map: {} does not contain declared merge key: {}",
                go_value(element), merge_key);
  }
  return base::to_json(*key);
}

// The first position of each; elements without key are skipped, as upstream's search does.
Positions positions_of(const json::array& list, std::string_view merge_key) {
  Positions out;
  for (size_t i = 0; i < list.size(); ++i) {
    if (auto id = identity(list[i], merge_key)) out.try_emplace(std::move(*id), i);
  }
  return out;
}

bool is_directive(const json::value& element, std::string_view what) {
  if (!element.is_object()) return false;
  const json::value* at = element.get_object().if_contains(kDirective);
  return at != nullptr && at->is_string() && at->get_string() == what;
}

// Carries out `$patch` elements; what is left of the patch are ordinary ones.
Result<void> apply_directives(json::array& original, json::array& patch, const ListRule& rule) {
  json::array ordinary;
  std::unordered_set<std::string> deleted;
  bool replace = false;
  for (json::value& each : patch) {
    const json::value* directive = each.get_object().if_contains(kDirective);
    if (directive == nullptr) {
      ordinary.push_back(std::move(each));
    } else if (is_directive(each, "delete")) {
      deleted.insert(TRY(identity(each, rule.merge_key)));
    } else if (is_directive(each, "replace")) {
      replace = true;
    } else if (is_directive(each, "merge")) {
      return fail(Code::kInternal, "merging lists cannot yet be specified in the patch");
    } else {
      return fail(Code::kInternal, "unknown patch type: {} in map: {}", go_value(*directive),
                  go_value(each));
    }
  }
  if (replace) {
    original = std::move(ordinary);
    patch.clear();
    return {};
  }
  if (!deleted.empty()) {
    json::array kept;
    for (json::value& each : original) {
      auto id = identity(each, rule.merge_key);
      if (!id || !deleted.contains(*id)) kept.push_back(std::move(each));
    }
    original = std::move(kept);
  }
  patch = std::move(ordinary);
  return {};
}

Result<json::array> merge_by_key(json::array original, const json::array& patch,
                                 const ListRule& rule) {
  Positions at = positions_of(original, rule.merge_key);
  for (const json::value& each : patch) {
    std::string id = TRY(identity(each, rule.merge_key));
    auto [found, is_new] = at.try_emplace(std::move(id), original.size());
    if (is_new) {
      original.push_back(each);
    } else {
      json::value& target = original[found->second];
      target = TRY(merge_objects(std::move(target.get_object()), each.get_object(), rule.items));
    }
  }
  return original;
}

json::array merge_scalars(const json::array& original, const json::array& patch) {
  json::array out;
  std::unordered_set<std::string> seen;
  for (const json::array* list : {&original, &patch}) {
    for (const json::value& each : *list) {
      if (seen.insert(base::to_json(each)).second) out.push_back(each);
    }
  }
  return out;
}

json::array without(const json::array& original, const json::array& removed) {
  std::unordered_set<std::string> gone;
  for (const json::value& each : removed) gone.insert(base::to_json(each));
  json::array out;
  for (const json::value& each : original) {
    if (!gone.contains(base::to_json(each))) out.push_back(each);
  }
  return out;
}

struct Ordered {
  json::value* element;
  int64_t rank;         // in the order of its part
  int64_t server_rank;  // in the list as it was; -1: new
  size_t place;         // in the merged list: keeps equals in order
  bool operator<(const Ordered& other) const {
    return std::pair(rank, place) < std::pair(other.rank, other.place);
  }
};

// Interleaves the two parts, each kept in its order: an element of `left` goes before the first of
// `right` that stands behind it on the server.
json::array interleave(std::vector<Ordered>& left, std::vector<Ordered>& right) {
  json::array out;
  out.reserve(left.size() + right.size());
  size_t i = 0, j = 0;
  while (i < left.size() || j < right.size()) {
    bool take_left = j >= right.size();
    if (!take_left && i < left.size()) {
      int64_t l = left[i].server_rank, r = right[j].server_rank;
      take_left = l >= 0 && r >= 0 && l < r;
    }
    out.push_back(std::move(*(take_left ? left[i++] : right[j++]).element));
  }
  return out;
}

}  // namespace

Result<json::kind> element_kind(const json::array& a, const json::array& b) {
  const json::value* first = nullptr;
  for (const json::array* list : {&a, &b}) {
    for (const json::value& each : *list) {
      if (first == nullptr) {
        first = &each;
        if (each.is_array()) {
          return fail(Code::kUnprocessable, "lists of lists are not supported");
        }
      } else if (each.kind() != first->kind()) {
        return fail(Code::kInternal, "list element types are not identical: [{} {}]", go_value(a),
                    go_value(b));
      }
    }
  }
  if (first == nullptr) return fail(Code::kInternal, "no elements in any of the given slices");
  return first->kind();
}

bool remove_directives(json::value& value) {
  if (value.is_object()) {
    json::object& object = value.get_object();
    if (object.contains(kDirective)) return false;
    for (auto at = object.begin(); at != object.end();) {
      at = remove_directives(at->value()) ? at + 1 : object.erase(at);
    }
  } else if (value.is_array()) {
    json::array kept;
    for (json::value& each : value.get_array()) {
      if (remove_directives(each)) kept.push_back(std::move(each));
    }
    value = std::move(kept);
  }
  return true;
}

Result<json::array> reorder(json::array merged, const json::array& order,
                            const json::array& server_order, std::string_view merge_key) {
  Positions wanted = positions_of(order, merge_key);
  Positions before = positions_of(server_order, merge_key);
  std::vector<Ordered> from_patch, server_only;
  size_t place = 0;
  for (json::value& each : merged) {
    std::string id = TRY(identity(each, merge_key));
    auto on_server = before.find(id);
    int64_t server_rank = on_server == before.end() ? -1 : static_cast<int64_t>(on_server->second);
    if (auto at = wanted.find(id); at != wanted.end()) {
      from_patch.push_back({&each, static_cast<int64_t>(at->second), server_rank, place++});
    } else {
      server_only.push_back({&each, server_rank, server_rank, place++});
    }
  }
  std::sort(from_patch.begin(), from_patch.end());
  std::sort(server_only.begin(), server_only.end());
  return interleave(server_only, from_patch);
}

Result<json::array> merge_list(json::array original, json::array patch, const ListRule& rule,
                               bool is_delete_list, json::array* place_order) {
  if (!rule.merge && !is_delete_list) return patch;
  if (original.empty() && patch.empty()) return original;
  json::kind kind = TRY(element_kind(original, patch));
  if (kind != json::kind::object) {
    if (is_delete_list) return without(original, patch);
    return reorder(merge_scalars(original, patch), patch, original, {});
  }
  if (rule.merge_key.empty()) {
    return fail(Code::kInternal, "cannot merge lists without merge key for struct");
  }
  size_t size = original.size();
  TRY(apply_directives(original, patch, rule));
  json::array server_order = original;
  json::array merged = TRY(merge_by_key(std::move(original), patch, rule));
  bool deleted = server_order.size() < size && !patch.empty();
  if (place_order != nullptr && deleted) {
    size_t places = std::min(size, merged.size());
    *place_order = json::array(merged.begin(), merged.begin() + static_cast<ptrdiff_t>(places));
  }
  return reorder(std::move(merged), patch, server_order, rule.merge_key);
}

Result<void> check_element_order(const json::array& patch, const json::array& order,
                                 std::string_view merge_key) {
  if (patch.empty() || order.empty()) return {};
  size_t at = 0;
  for (const json::value& each : patch) {
    if (!merge_key.empty() && each.is_object() && each.get_object().contains(kDirective)) continue;
    std::string id = TRY(identity(each, merge_key));
    while (at < order.size() && TRY(identity(order[at], merge_key)) != id) ++at;
    if (at == order.size()) {
      return fail(Code::kInternal,
                  "The order in patch list:\n{}\n doesn't match $setElementOrder list:\n{}\n",
                  go_value(patch), go_value(order));
    }
    ++at;
  }
  return {};
}

}  // namespace nanika::apiserver::merge
