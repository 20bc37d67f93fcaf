// merge_values and remove_fields: see typed.h.
#include <map>

#include "apiserver/merge/typed.h"

namespace nanika::apiserver::merge {

namespace {

using base::Result;

using MaybeValue = std::optional<json::value>;

// One side of a list: its elements in order, and where each is first. `twice` elements are not
// merged with.
struct Indexed {
  std::vector<PathElement> elements;
  std::map<PathElement, const json::value*> values;  // null: there are several

  bool has(const PathElement& element) const { return values.contains(element); }
  const json::value* get(const PathElement& element) const {
    auto at = values.find(element);
    return at == values.end() ? nullptr : at->second;
  }
};

class Merger {
 public:
  // Null pointers mean absent; nothing comes out of nothing.
  MaybeValue merge(const TypeRef& type, const json::value* live, const json::value* config) {
    unsigned of_live = type.atoms(live), of_config = type.atoms(config);
    // When they differ in kind only the configuration counts, which is taken against nothing alike.
    unsigned atoms = config == nullptr ? of_live : of_config;
    if (atoms & TypeRef::kMap) return merge_map(type, live, config);
    if (atoms & TypeRef::kScalar) return leaf(live, config);
    return merge_list(type, live, config);
  }

  Result<void> result;

 private:
  static MaybeValue leaf(const json::value* live, const json::value* config) {
    if (config != nullptr) return *config;
    if (live != nullptr) return *live;
    return std::nullopt;
  }

  MaybeValue merge_map(const TypeRef& type, const json::value* live, const json::value* config) {
    const json::object* a = live != nullptr ? live->if_object() : nullptr;
    const json::object* b = config != nullptr ? config->if_object() : nullptr;
    bool nothing = (a == nullptr || a->empty()) && (b == nullptr || b->empty());
    if (nothing || type.atomic_map()) return leaf(live, config);
    json::object out;
    out.reserve((a != nullptr ? a->size() : 0) + (b != nullptr ? b->size() : 0));
    auto member = [&](std::string_view key, const json::value* x, const json::value* y) {
      TypeRef inner = type.member(key);
      MaybeValue merged = inner ? merge(inner, x, y) : leaf(x, y);
      if (merged) out.emplace(key, std::move(*merged));
    };
    if (a != nullptr) {
      for (const auto& [key, value] : *a) {
        member(key, &value, b != nullptr ? b->if_contains(key) : nullptr);
      }
    }
    if (b != nullptr) {
      for (const auto& [key, value] : *b) {
        if (a == nullptr || !a->contains(key)) member(key, nullptr, &value);
      }
    }
    if (out.empty()) return std::nullopt;
    return out;
  }

  MaybeValue merge_list(const TypeRef& type, const json::value* live, const json::value* config) {
    const json::array* a = live != nullptr ? live->if_array() : nullptr;
    const json::array* b = config != nullptr ? config->if_array() : nullptr;
    bool nothing = (a == nullptr || a->empty()) && (b == nullptr || b->empty());
    if (nothing || type.atomic_list()) return leaf(live, config);
    Indexed left, right;
    if (!index(type, a, left) || !index(type, b, right)) return std::nullopt;
    json::array out;
    zip(type, a, left, right, out);
    if (out.empty()) return std::nullopt;
    return out;
  }

  bool index(const TypeRef& type, const json::array* list, Indexed& out) {
    if (list == nullptr) return true;
    for (size_t i = 0; i < list->size(); ++i) {
      auto element = type.element((*list)[i]);
      if (!element) {
        result = base::fail(base::Code::kInvalid, "element {}: {}", i, element.error().message);
        return false;
      }
      auto [at, is_new] = out.values.try_emplace(*element, &(*list)[i]);
      if (!is_new) at->second = nullptr;
      out.elements.push_back(std::move(*element));
    }
    return true;
  }

  // Interleaves: elements that only the live list has stay where they are between the shared ones,
  // and the configuration's order wins for its own.
  void zip(const TypeRef& type, const json::array* live, const Indexed& left, const Indexed& right,
           json::array& out) {
    auto take = [&](const json::value* x, const json::value* y) {
      if (x == nullptr && y == nullptr) return;
      if (auto merged = merge(type.item(), x, y)) out.push_back(std::move(*merged));
    };
    const std::vector<PathElement>&l = left.elements, &r = right.elements;
    std::vector<size_t> shared;  // places in r of what both have
    for (size_t k = 0; k < r.size(); ++k) {
      if (left.has(r[k])) shared.push_back(k);
    }
    size_t next = 0;  // in `shared`
    auto next_is = [&](const PathElement& e) {
      return next < shared.size() && r[shared[next]] == e;
    };
    std::map<PathElement, bool> done;
    for (size_t i = 0, j = 0; i < l.size() || j < r.size();) {
      if (i < l.size() && j < r.size()) {
        if (l[i] == r[j]) {
          done[l[i]] = true;
          take(left.get(l[i]), right.get(r[j]));
          ++i, ++j;
          if (next < shared.size()) ++next;
          continue;
        }
        // Shared, but not the one whose turn it is.
        if (right.has(l[i]) && next < shared.size() && !next_is(l[i])) {
          ++i;
          continue;
        }
      }
      if (i < l.size()) {
        if (!right.has(l[i])) {
          take(&(*live)[i], nullptr);
          ++i;
          continue;
        }
        if (done.contains(l[i])) ++i;
      }
      if (j < r.size()) {
        done[r[j]] = true;
        take(left.get(r[j]), right.get(r[j]));
        if (next_is(r[j])) ++next;
        ++j;
      }
    }
  }
};

// Nothing comes out of a container that ends empty.
MaybeValue remove(const TypeRef& type, const json::value& value, const FieldSet& items) {
  unsigned atoms = type.atoms(&value);
  if (atoms & TypeRef::kMap) {
    const json::object* object = value.if_object();
    if (object == nullptr || object->empty() || type.atomic_map()) return std::nullopt;
    json::object out;
    for (const auto& [key, each] : *object) {
      const FieldSet::Node* node = items.find(PathElement::field(key));
      if (node != nullptr && node->member) continue;
      TypeRef inner = type.member(key);
      if (node == nullptr || !inner) {
        out.emplace(key, each);
      } else {
        out.emplace(key, remove(inner, each, node->children).value_or(nullptr));
      }
    }
    if (out.empty()) return std::nullopt;
    return out;
  }
  if (atoms & TypeRef::kScalar) return value;
  const json::array* list = value.if_array();
  if (list == nullptr || list->empty() || type.atomic_list()) return std::nullopt;
  json::array out;
  for (const json::value& each : *list) {
    auto element = type.element(each);
    const FieldSet::Node* node = element ? items.find(*element) : nullptr;
    if (node != nullptr && node->member) continue;
    if (node == nullptr) {
      out.push_back(each);
    } else {
      out.push_back(remove(type.item(), each, node->children).value_or(nullptr));
    }
  }
  if (out.empty()) return std::nullopt;
  return out;
}

}  // namespace

Result<json::value> merge_values(const TypeRef& type, const json::value& live,
                                 const json::value& config) {
  Merger merger;
  MaybeValue out = merger.merge(type, &live, &config);
  if (!merger.result) return std::unexpected(merger.result.error());
  return std::move(out).value_or(json::object());
}

json::value remove_fields(const TypeRef& type, const json::value& value, const FieldSet& items) {
  if (items.empty()) return value;
  return remove(type, value, items).value_or(json::object());
}

}  // namespace nanika::apiserver::merge
