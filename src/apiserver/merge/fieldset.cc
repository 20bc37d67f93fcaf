#include "apiserver/merge/fieldset.h"

#include <algorithm>

namespace nanika::apiserver::merge {

namespace {

using Node = FieldSet::Node;

// Walks two sorted lists together; `both` gets what stands in both.
template <class OnlyA, class OnlyB, class Both>
void zip(const std::vector<Node>& a, const std::vector<Node>& b, OnlyA only_a, OnlyB only_b,
         Both both) {
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (j == b.size()) {
      only_a(a[i++]);
    } else if (i == a.size()) {
      only_b(b[j++]);
    } else if (auto order = a[i].element <=> b[j].element; order < 0) {
      only_a(a[i++]);
    } else if (order > 0) {
      only_b(b[j++]);
    } else {
      both(a[i++], b[j++]);
    }
  }
}

}  // namespace

void FieldSet::append(Node node) {
  if (node.member || !node.children.empty()) nodes_.push_back(std::move(node));
}

void FieldSet::finish() {
  auto less = [](const Node& a, const Node& b) { return a.element < b.element; };
  if (!std::is_sorted(nodes_.begin(), nodes_.end(), less)) {
    std::sort(nodes_.begin(), nodes_.end(), less);
  }
  auto same = [](const Node& a, const Node& b) { return a.element == b.element; };
  if (std::adjacent_find(nodes_.begin(), nodes_.end(), same) == nodes_.end()) return;
  std::vector<Node> merged;
  for (Node& node : nodes_) {
    if (merged.empty() || !same(merged.back(), node)) {
      merged.push_back(std::move(node));
    } else {
      merged.back().member |= node.member;
      merged.back().children = merged.back().children.unite(node.children);
    }
  }
  nodes_ = std::move(merged);
}

const FieldSet::Node* FieldSet::find(const PathElement& element) const {
  auto at = std::lower_bound(nodes_.begin(), nodes_.end(), element,
                             [](const Node& n, const PathElement& e) { return n.element < e; });
  return at != nodes_.end() && at->element == element ? &*at : nullptr;
}

const FieldSet* FieldSet::below(const PathElement& element) const {
  const Node* node = find(element);
  return node != nullptr && !node->children.empty() ? &node->children : nullptr;
}

size_t FieldSet::size() const {
  size_t out = 0;
  for (const Node& node : nodes_) out += (node.member ? 1 : 0) + node.children.size();
  return out;
}

bool FieldSet::has(std::span<const PathElement> path) const {
  if (path.empty()) return false;
  const Node* node = find(path.front());
  if (node == nullptr) return false;
  return path.size() == 1 ? node->member : node->children.has(path.subspan(1));
}

void FieldSet::insert(std::span<const PathElement> path) {
  if (path.empty()) return;
  auto at = std::lower_bound(nodes_.begin(), nodes_.end(), path.front(),
                             [](const Node& n, const PathElement& e) { return n.element < e; });
  if (at == nodes_.end() || at->element != path.front()) {
    at = nodes_.insert(at, Node{.element = path.front()});
  }
  if (path.size() == 1) {
    at->member = true;
  } else {
    at->children.insert(path.subspan(1));
  }
}

void FieldSet::each(Path& prefix, const std::function<void(const Path&)>& call) const {
  // All members of a level before what is below them, as upstream iterates: conflicts are listed in
  // this order.
  for (const Node& node : nodes_) {
    if (!node.member) continue;
    prefix.push_back(node.element);
    call(prefix);
    prefix.pop_back();
  }
  for (const Node& node : nodes_) {
    if (node.children.empty()) continue;
    prefix.push_back(node.element);
    node.children.each(prefix, call);
    prefix.pop_back();
  }
}

void FieldSet::each(const std::function<void(const Path&)>& call) const {
  Path prefix;
  each(prefix, call);
}

FieldSet FieldSet::unite(const FieldSet& other) const {
  if (other.empty()) return *this;
  if (empty()) return other;
  FieldSet out;
  auto take = [&](const Node& node) { out.nodes_.push_back(node); };
  zip(nodes_, other.nodes_, take, take, [&](const Node& a, const Node& b) {
    out.nodes_.push_back({a.element, a.member || b.member, a.children.unite(b.children)});
  });
  return out;
}

void FieldSet::add(FieldSet other) {
  if (empty()) {
    *this = std::move(other);
  } else if (!other.empty()) {
    *this = unite(other);
  }
}

void FieldSet::remove(const FieldSet& other) {
  bool emptied = false;
  for (const Node& theirs : other.nodes_) {
    auto* mine = const_cast<Node*>(find(theirs.element));  // a node of our own nodes_
    if (mine == nullptr) continue;
    mine->member = mine->member && !theirs.member;
    mine->children.remove(theirs.children);
    emptied |= !mine->member && mine->children.empty();
  }
  if (!emptied) return;
  std::erase_if(nodes_, [](const Node& n) { return !n.member && n.children.empty(); });
}

FieldSet FieldSet::intersect(const FieldSet& other) const {
  FieldSet out;
  auto drop = [](const Node&) {};
  zip(nodes_, other.nodes_, drop, drop, [&](const Node& a, const Node& b) {
    out.append({a.element, a.member && b.member, a.children.intersect(b.children)});
  });
  return out;
}

FieldSet FieldSet::subtract(const FieldSet& other) const {
  if (other.empty()) return *this;
  FieldSet out;
  zip(
      nodes_, other.nodes_, [&](const Node& a) { out.nodes_.push_back(a); }, [](const Node&) {},
      [&](const Node& a, const Node& b) {
        out.append({a.element, a.member && !b.member, a.children.subtract(b.children)});
      });
  return out;
}

FieldSet FieldSet::subtract_with_children(const FieldSet& other) const {
  if (other.empty()) return *this;
  FieldSet out;
  zip(
      nodes_, other.nodes_, [&](const Node& a) { out.nodes_.push_back(a); }, [](const Node&) {},
      [&](const Node& a, const Node& b) {
        if (b.member) return;
        out.append({a.element, a.member, a.children.subtract_with_children(b.children)});
      });
  return out;
}

bool operator==(const FieldSet& a, const FieldSet& b) {
  return std::ranges::equal(a.nodes_, b.nodes_, [](const Node& x, const Node& y) {
    return x.element == y.element && x.member == y.member && x.children == y.children;
  });
}

}  // namespace nanika::apiserver::merge
