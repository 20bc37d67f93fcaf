// Values with their schema, as server-side apply sees them: which fields there are, what differs,
// and how two values merge. Upstream: structured-merge-diff's package typed.
//
// Lists are atomic (owned as a whole), sets, or maps by keys; objects are granular or atomic; what
// has no schema is deduced from the value, its lists being atomic. The functions walk along data.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "apiserver/merge/fieldset.h"
#include "apiserver/schema/schema.h"

namespace nanika::apiserver::merge {

using schema::Schema;

/// A schema in its place. A whole object has apiVersion, kind and metadata even where its schema
/// (a CRD's) leaves them out.
class TypeRef {
 public:
  TypeRef() = default;  ///< nothing is known here: not declared
  explicit TypeRef(const Schema* schema, bool resource = false);

  explicit operator bool() const { return schema_ != nullptr; }
  enum Atom : unsigned { kMap = 1, kScalar = 2, kList = 4 };
  /// What a value may be here, narrowed by the value when it fits one of them.
  unsigned atoms(const json::value* value) const;
  bool atomic_map() const;
  bool atomic_list() const;
  const Schema& schema() const { return *schema_; }
  TypeRef member(std::string_view key) const;  ///< false: not declared
  bool declares(std::string_view key) const;   ///< as a named field, not only as a map's key
  TypeRef item() const;
  /// What identifies an element of a set or list map. The error has upstream's text.
  base::Result<PathElement> element(const json::value& item) const;

 private:
  const Schema* schema_ = nullptr;
  bool resource_ = false;
};

/// kInvalid with every violation, as upstream prints them: `.spec.x: field not declared in schema`.
base::Result<void> validate(const TypeRef& type, const json::value& value);

/// Every field that is set. Assumes a valid value.
FieldSet fields_of(const TypeRef& type, const json::value& value);

struct Comparison {
  FieldSet added, removed, modified;
};
/// What changes from `before` to `after`. kInvalid: a list map has an element without its keys.
base::Result<Comparison> compare(const TypeRef& type, const json::value& before,
                                 const json::value& after);

/// `config` laid over `live`: nothing is removed, leaves come from `config`, lists take its order.
base::Result<json::value> merge_values(const TypeRef& type, const json::value& live,
                                       const json::value& config);

/// Without the members of `items`. Containers that end empty vanish; atomic ones are all or
/// nothing.
json::value remove_fields(const TypeRef& type, const json::value& value, const FieldSet& items);

/// The set with every named field on the way to a member as a member.
FieldSet with_named_parents(const TypeRef& type, const FieldSet& set);

/// The set as the schema has it now: what became atomic is owned as a whole.
FieldSet reconcile(const TypeRef& type, const FieldSet& set);

}  // namespace nanika::apiserver::merge
