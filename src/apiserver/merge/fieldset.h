// Sets of fields: who owns what, as server-side apply records it in metadata.managedFields.
//
//   FieldSet set = TRY(FieldSet::decode(entry.at("fieldsV1")));
//   if (set.has(path)) ...                      // spec.containers[name="web"].image
//   json::value fields_v1 = set.encode();       // {"f:spec":{"f:containers":{"k:{\"name\":..."}}}}
//
// A set is a tree; a node is a member, or only leads to members below it. Owning `spec` does not
// mean owning what is in it. Upstream: structured-merge-diff's fieldpath.Set; the encoding is
// metav1.FieldsV1.
#pragma once

#include <compare>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace nanika::apiserver::merge {

namespace json = boost::json;

/// One step of a path.
struct PathElement {
  enum class Kind : uint8_t {
    kField,  ///< f:name      a member of an object
    kKey,    ///< k:{...}     an element of a list map, by its keys (an object, sorted by name)
    kValue,  ///< v:...       an element of a set, by itself
    kIndex,  ///< i:3         an element of a list, by its place
  };
  Kind kind = Kind::kField;
  std::string name;   ///< of a kField
  json::value value;  ///< of the others

  static PathElement field(std::string_view name) {
    return {.kind = Kind::kField, .name = std::string(name)};
  }
  /// As people read it: `.name`, `[name="web"]`, `[="a"]`, `[3]`.
  std::string text() const;
  /// As a key in FieldsV1.
  std::string encode() const;
  /// kNotFound: an unknown kind of element, which readers skip.
  static base::Result<PathElement> decode(std::string_view text);

  friend std::strong_ordering operator<=>(const PathElement& a, const PathElement& b);
  friend bool operator==(const PathElement& a, const PathElement& b) { return (a <=> b) == 0; }
};

using Path = std::vector<PathElement>;
std::string text(const Path& path);  ///< .spec.ports[port=80,protocol="TCP"].name

class FieldSet {
 public:
  struct Node;

  static base::Result<FieldSet> decode(const json::value& fields_v1);
  json::value encode() const;

  bool empty() const { return nodes_.empty(); }
  size_t size() const;  ///< members
  bool has(std::span<const PathElement> path) const;
  void insert(std::span<const PathElement> path);
  /// Calls for every member, parents first, in order.
  void each(const std::function<void(const Path&)>& call) const;
  const std::vector<Node>& nodes() const { return nodes_; }
  /// The subset below an element, or null.
  const FieldSet* below(const PathElement& element) const;
  const Node* find(const PathElement& element) const;

  FieldSet unite(const FieldSet& other) const;
  FieldSet intersect(const FieldSet& other) const;
  /// Members of this that are not members of `other`, each for itself.
  FieldSet subtract(const FieldSet& other) const;
  /// The same, where a member of `other` takes all that is below it along.
  FieldSet subtract_with_children(const FieldSet& other) const;

  /// unite() and subtract() in place, which copy nothing that stays.
  void add(FieldSet other);
  void remove(const FieldSet& other);

  /// For builders: nodes in any order, then finish(). A node without members is dropped.
  void append(Node node);
  void finish();

  friend bool operator==(const FieldSet& a, const FieldSet& b);

 private:
  void each(Path& prefix, const std::function<void(const Path&)>& call) const;
  std::vector<Node> nodes_;  // sorted; each is a member or has members below
};

struct FieldSet::Node {
  PathElement element;
  bool member = false;
  FieldSet children;
};

/// structured-merge-diff's total order of values, and its way to print them.
std::strong_ordering compare_values(const json::value& a, const json::value& b);
std::string value_text(const json::value& value);

}  // namespace nanika::apiserver::merge
