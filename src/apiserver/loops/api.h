// How the loops read and write objects: the operations layer, blocking, by group, version,
// resource.
//
//   Api api(registry, operations);
//   TRY(api.create(kConfigMaps, "shop", object));
//   TRY(api.update(kConfigMaps, "shop", "kube-root-ca.crt", "", [&](json::value& live) {
//     live.as_object()["data"] = data; return Result<void>(); }));
//
// Whoever writes here passes all that clients pass: defaults, validation, preconditions,
// finalizers. Threading: all members from any thread but the store's writer.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "apiserver/registry/operations.h"
#include "base/json.h"
#include "base/result.h"

namespace nanika::apiserver::loops {

namespace json = boost::json;
using base::Code;
using base::fail;
using base::Result;

/// A served resource.
struct Ref {
  std::string_view group, version, plural;
};
inline constexpr Ref kNamespaces{"", "v1", "namespaces"};
inline constexpr Ref kServiceAccounts{"", "v1", "serviceaccounts"};
inline constexpr Ref kConfigMaps{"", "v1", "configmaps"};
inline constexpr Ref kServices{"", "v1", "services"};
inline constexpr Ref kPods{"", "v1", "pods"};
inline constexpr Ref kNodes{"", "v1", "nodes"};
inline constexpr Ref kEndpoints{"", "v1", "endpoints"};
inline constexpr Ref kEvents{"", "v1", "events"};
inline constexpr Ref kEndpointSlices{"discovery.k8s.io", "v1", "endpointslices"};

/// A stored object with its JSON read.
struct Parsed {
  store::ObjectPtr object;
  json::value value;
};

class Api {
 public:
  Api(const Registry& registry, Operations& operations)
      : registry_(registry), operations_(operations) {}

  store::Store& store() const { return operations_.parts().store; }
  const base::Clock& clock() const { return operations_.parts().clock; }
  CatalogPtr catalog() const { return registry_.catalog(); }
  /// The store's id of a built-in resource, whose objects come and go whether it is served or not.
  store::ResourceId id(const Ref& ref) const;

  /// Null when there is none.
  store::ObjectPtr find(const Ref& ref, std::string_view ns, std::string_view name) const {
    return store().get(id(ref), ns, name);
  }
  std::vector<store::ObjectPtr> list(const Ref& ref, std::string_view ns,
                                     std::function<bool(const store::Object&)> matches = {}) const;

  /// False: the namespace is gone or going, and takes nothing new.
  bool lives(std::string_view ns) const;

  /// The object as created. kAlreadyExists and the like as the API answers them.
  Result<json::value> create(const Ref& ref, std::string_view ns, json::value object);
  /// `change` edits the live object, again when somebody else wrote meanwhile; its error ends the
  /// update. When nothing changes nothing is written.
  using Change = std::function<Result<void>(json::value& object)>;
  Result<void> update(const Ref& ref, std::string_view ns, std::string_view name,
                      std::string_view subresource, Change change);
  Result<void> update(const Endpoint& endpoint, std::string_view ns, std::string_view name,
                      std::string_view subresource, Change change);
  /// An object that is gone is no error.
  Result<void> remove(const Ref& ref, std::string_view ns, std::string_view name,
                      DeleteOptions options = {.propagation = "Background"});
  Result<void> remove(const Endpoint& endpoint, std::string_view ns, std::string_view name,
                      DeleteOptions options);
  /// Removes them all in as few commits as may be; the messages of those that failed.
  std::vector<std::string> remove_all(const Ref& ref, const std::vector<store::ObjectPtr>& objects);

 private:
  Result<Endpoint> endpoint(const Ref& ref) const;
  const Registry& registry_;
  Operations& operations_;
};

/// The JSON of a stored object.
Result<json::value> parse(const store::Object& object);
/// metadata of an object, made when absent.
json::object& metadata(json::value& object);
/// value[key] as an object, made when absent or of another type.
json::object& object_at(json::object& parent, std::string_view key);
/// The array at a path, or an empty one.
template <class... Keys>
const json::array& array_of(const json::value& root, Keys... keys) {
  static const json::array kNone;
  const json::value* at = base::find(root, keys...);
  return at != nullptr && at->is_array() ? at->get_array() : kNone;
}

}  // namespace nanika::apiserver::loops
