// The schemas of an OpenAPI document: `components.schemas` in v3, `definitions` in v2.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "apiserver/schema/schema.h"

namespace nanika::apiserver::schema {

enum class Dialect : uint8_t { kV2, kV3 };

struct GroupVersionKind {
  std::string_view group, version, kind;
};
/// {"group": ..., "kind": ..., "version": ...}
json::object gvk_json(const GroupVersionKind& gvk);

/// {"$ref": "#/components/schemas/NAME"}
json::object reference(Dialect dialect, std::string_view name);

/// Gathers the types that a document needs, each once, with all that they reach.
class Components {
 public:
  explicit Components(Dialect dialect) : dialect_(dialect) {}
  Dialect dialect() const { return dialect_; }

  /// Adds a named built-in type.
  void use(const Schema& named);
  /// Adds a type that was made elsewhere, under the name that references use.
  void add(std::string name, json::object schema);
  /// Says that the type is the body of this kind: x-kubernetes-group-version-kind.
  void tag(const std::string& name, const GroupVersionKind& gvk);
  bool has(const std::string& name) const { return types_.contains(name); }

  std::map<std::string, json::object> take() { return std::move(types_); }

 private:
  json::object type_json(const Schema& schema);  ///< of the type itself
  json::object in_place(const Schema& schema);   ///< a reference when it has a name
  json::object property(const Field& field);

  Dialect dialect_;
  std::map<std::string, json::object> types_;  // by name
};

}  // namespace nanika::apiserver::schema
