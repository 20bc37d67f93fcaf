// fields_of, compare, and what walks a set along its schema: see typed.h.
#include <algorithm>

#include "apiserver/merge/typed.h"

namespace nanika::apiserver::merge {

namespace {

using base::Result;
using Node = FieldSet::Node;

bool is_empty_map(const json::value& value) {
  return value.is_object() && value.get_object().empty();
}

// The elements of a list with their places, sorted: equal ones stand together.
using Elements = std::vector<std::pair<PathElement, size_t>>;

Result<Elements> elements_of(const TypeRef& type, const json::array& list) {
  Elements out;
  out.reserve(list.size());
  for (size_t i = 0; i < list.size(); ++i) {
    auto element = type.element(list[i]);
    if (!element) {
      return base::fail(base::Code::kInvalid, "element {}: {}", i, element.error().message);
    }
    out.emplace_back(std::move(*element), i);
  }
  std::sort(out.begin(), out.end());
  return out;
}

size_t run_length(const Elements& elements, size_t at) {
  size_t end = at + 1;
  while (end < elements.size() && elements[end].first == elements[at].first) ++end;
  return end - at;
}

// Fills what is below; true when the value itself is a member.
bool collect(const TypeRef& type, const json::value& value, FieldSet& below) {
  unsigned atoms = type.atoms(&value);
  if (atoms & TypeRef::kMap) {
    if (type.atomic_map()) return true;
    if (!value.is_object()) return false;
    for (const auto& [key, each] : value.get_object()) {
      TypeRef inner = type.member(key);
      Node node{.element = PathElement::field(key)};
      if (inner) node.member = collect(inner, each, node.children);
      node.member |= each.is_null() || is_empty_map(each) || !type.declares(key);
      below.append(std::move(node));
    }
    below.finish();
    return false;
  }
  if (atoms & TypeRef::kScalar) return true;
  if (type.atomic_list()) return true;
  if (!value.is_array()) return false;
  auto elements = elements_of(type, value.get_array());
  if (!elements) return true;
  for (size_t i = 0; i < elements->size(); i += run_length(*elements, i)) {
    Node node{.element = (*elements)[i].first, .member = true};
    if (run_length(*elements, i) == 1) {
      collect(type.item(), value.get_array()[(*elements)[i].second], node.children);
    }
    below.append(std::move(node));
  }
  below.finish();
  return false;
}

// What one value contributes: itself and what is below it.
struct Difference {
  bool added = false, removed = false, modified = false;
  Comparison below;
};

class Comparer {
 public:
  // A null pointer means absent; at least one is there.
  void compare(const TypeRef& type, const json::value* before, const json::value* after,
               Difference& out) {
    unsigned of_before = type.atoms(before), of_after = type.atoms(after);
    bool leaf = false;
    if (after == nullptr) {
      leaf = visit(of_before, type, before, after, out);
    } else if (before == nullptr || of_before == of_after) {
      leaf = visit(of_after, type, before, after, out);
    } else {
      visit(of_before, type, before, after, out);
      leaf = visit(of_after, type, before, after, out);
    }
    if (leaf) return;
    out.added |= before == nullptr;
    out.removed |= after == nullptr;
  }

  static void add(PathElement element, Difference&& found, Comparison& to) {
    Comparison& below = found.below;
    if (found.removed || !below.removed.empty()) {
      to.removed.append({element, found.removed, std::move(below.removed)});
    }
    if (found.modified || !below.modified.empty()) {
      to.modified.append({element, found.modified, std::move(below.modified)});
    }
    if (found.added || !below.added.empty()) {
      to.added.append({std::move(element), found.added, std::move(below.added)});
    }
  }

  static void finish(Comparison& comparison) {
    comparison.added.finish();
    comparison.removed.finish();
    comparison.modified.finish();
  }

  Result<void> result;

 private:
  // True when it was taken as a leaf.
  bool visit(unsigned atoms, const TypeRef& type, const json::value* before,
             const json::value* after, Difference& out) {
    if (atoms & TypeRef::kMap) return visit_map(type, before, after, out);
    if (atoms & TypeRef::kScalar) return leaf(before, after, out);
    return visit_list(type, before, after, out);
  }

  static bool leaf(const json::value* before, const json::value* after, Difference& out) {
    if (before == nullptr) {
      out.added = true;
    } else if (after == nullptr) {
      out.removed = true;
    } else if (!base::json_equal(*before, *after)) {
      out.modified = true;
    }
    return true;
  }

  bool visit_map(const TypeRef& type, const json::value* before, const json::value* after,
                 Difference& out) {
    const json::object* a = before != nullptr ? before->if_object() : nullptr;
    const json::object* b = after != nullptr ? after->if_object() : nullptr;
    bool nothing = (a == nullptr || a->empty()) && (b == nullptr || b->empty());
    if (nothing || type.atomic_map()) return leaf(before, after, out);
    if (a != nullptr) {
      for (const auto& [key, value] : *a) {
        member(type, key, &value, b != nullptr ? b->if_contains(key) : nullptr, out);
      }
    }
    if (b != nullptr) {
      for (const auto& [key, value] : *b) {
        if (a == nullptr || !a->contains(key)) member(type, key, nullptr, &value, out);
      }
    }
    finish(out.below);
    return false;
  }

  void member(const TypeRef& type, std::string_view key, const json::value* before,
              const json::value* after, Difference& out) {
    TypeRef inner = type.member(key);
    if (!inner) return;
    Difference found;
    compare(inner, before, after, found);
    add_if_any(PathElement::field, key, std::move(found), out.below);
  }

  // Names are copied only for what differs.
  template <class Make, class Name>
  static void add_if_any(Make make, const Name& name, Difference&& found, Comparison& to) {
    const Comparison& b = found.below;
    if (found.added || found.removed || found.modified || !b.added.empty() || !b.removed.empty() ||
        !b.modified.empty()) {
      add(make(name), std::move(found), to);
    }
  }

  bool visit_list(const TypeRef& type, const json::value* before, const json::value* after,
                  Difference& out) {
    const json::array* a = before != nullptr ? before->if_array() : nullptr;
    const json::array* b = after != nullptr ? after->if_array() : nullptr;
    bool nothing = (a == nullptr || a->empty()) && (b == nullptr || b->empty());
    if (nothing || type.atomic_list()) return leaf(before, after, out);
    auto left = a != nullptr ? elements_of(type, *a) : Elements();
    auto right = b != nullptr ? elements_of(type, *b) : Elements();
    if (!left || !right) {
      result = std::unexpected(left ? right.error() : left.error());
      return true;
    }
    size_t i = 0, j = 0;
    while (i < left->size() || j < right->size()) {
      bool in_left = i < left->size(), in_right = j < right->size();
      if (in_left && in_right) {
        auto order = (*left)[i].first <=> (*right)[j].first;
        in_left = order <= 0;
        in_right = order >= 0;
      }
      size_t n = in_left ? run_length(*left, i) : 0, m = in_right ? run_length(*right, j) : 0;
      const PathElement& element = in_left ? (*left)[i].first : (*right)[j].first;
      Difference found;
      items(type.item(), a, *left, i, n, b, *right, j, m, found);
      add_if_any([](const PathElement& e) { return e; }, element, std::move(found), out.below);
      i += n;
      j += m;
    }
    finish(out.below);
    return false;
  }

  // `n` elements on the left and `m` on the right are the same one; more than one is an error of
  // older days, compared as a whole.
  void items(const TypeRef& type, const json::array* a, const Elements& left, size_t i, size_t n,
             const json::array* b, const Elements& right, size_t j, size_t m, Difference& found) {
    const json::value* before = n > 0 ? &(*a)[left[i].second] : nullptr;
    const json::value* after = m > 0 ? &(*b)[right[j].second] : nullptr;
    if (n <= 1 && m <= 1) return compare(type, before, after, found);
    if (n >= 2 && m >= 2) {
      bool same = n == m;
      for (size_t k = 0; same && k < n; ++k) {
        same = base::json_equal((*a)[left[i + k].second], (*b)[right[j + k].second]);
      }
      found.modified = !same;
    } else if (n >= 2) {
      if (m == 1) compare(type, nullptr, after, found);
      found.removed = true;
    } else {
      if (n == 1) compare(type, before, nullptr, found);
      found.added = true;
    }
  }
};

}  // namespace

FieldSet fields_of(const TypeRef& type, const json::value& value) {
  FieldSet out;
  collect(type, value, out);
  return out;
}

Result<Comparison> compare(const TypeRef& type, const json::value& before,
                           const json::value& after) {
  Comparer comparer;
  Difference out;
  comparer.compare(type, &before, &after, out);
  if (!comparer.result) return std::unexpected(comparer.result.error());
  return std::move(out.below);
}

namespace {

TypeRef type_below(const TypeRef& type, const PathElement& element) {
  if (!type) return type;
  unsigned atoms = type.atoms(nullptr);
  if (element.kind == PathElement::Kind::kField) {
    return (atoms & TypeRef::kMap) ? type.member(element.name) : TypeRef();
  }
  bool keyed = element.kind == PathElement::Kind::kKey && (atoms & TypeRef::kList) != 0;
  return keyed ? type.item() : TypeRef();
}

}  // namespace

FieldSet with_named_parents(const TypeRef& type, const FieldSet& set) {
  FieldSet out;
  for (const Node& node : set.nodes()) {
    bool named = type && !node.children.empty() && node.element.kind == PathElement::Kind::kField &&
                 type.declares(node.element.name);
    out.append({node.element, node.member || named,
                with_named_parents(type_below(type, node.element), node.children)});
  }
  return out;
}

FieldSet reconcile(const TypeRef& type, const FieldSet& set) {
  FieldSet out;
  for (const Node& node : set.nodes()) {
    TypeRef below = type_below(type, node.element);
    unsigned atoms = below ? below.atoms(nullptr) : 0;
    bool atomic = atoms == TypeRef::kMap ? below.atomic_map()
                                         : atoms == TypeRef::kList && below.atomic_list();
    if (node.children.empty() || !below) {
      out.append(node);
    } else if (atomic) {
      out.append({node.element, true, {}});
    } else {
      out.append({node.element, node.member, reconcile(below, node.children)});
    }
  }
  return out;
}

}  // namespace nanika::apiserver::merge
