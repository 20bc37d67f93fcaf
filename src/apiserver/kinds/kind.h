// What the registry knows of a kind: one row a stored resource, whatever serves it.
//
// A stored resource has one shape (its storage view) and is served in one or more views (group and
// version). Everything generic (storage, watch, patch, selectors, Table, discovery) reads this row;
// everything that makes a Pod a Pod is in the functions it holds. Built-in rows come from
// builtin_kinds(); a CRD becomes a row too. A row is immutable and may be used from any thread.
//
//   for (kinds::Kind& kind : kinds::builtin_kinds(schemas)) registry.add(std::move(kind));
//
// The order of a create, as upstream's registry has it (each step on the storage shape, but 1-2):
//   1. decode by view.schema   2. view.set_defaults   3. view.to_storage
//   4. uid, creationTimestamp, name from generateName (caller)   5. allocations (caller, Service)
//   6. strategy.prepare_create   7. strategy.validate_create, warnings   8. admission, store
// An update does the same with prepare_update/validate_update of the strategy or of the subresource
// that was written to. Objects reach the functions decoded by their schema, so types are right;
// functions treat a member of a wrong type as absent.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apiserver/schema/schema.h"
#include "base/clock.h"
#include "base/json.h"

namespace nanika::apiserver::kinds {

namespace json = boost::json;
using schema::Causes;

/// A group and version that the resource is served in.
struct View {
  std::string group;    ///< "" for core
  std::string version;  ///< "v1"
  const schema::Schema* schema = nullptr;
  /// Fills what the client left out, in this view's shape; never fails. Null: nothing to fill
  /// beyond the schema's own defaults.
  std::function<void(json::value& object)> set_defaults;
  /// What an object of this type holds before anything is set: the structs that Go always writes
  /// (`{"metadata":{},"spec":{},"status":{}}`). set_defaults fills it in; server-side apply takes
  /// it for the live object of a create. An empty object for custom resources.
  json::value empty = json::object();
  /// Between this view's shape and the stored one, `apiVersion` included; null when they are the
  /// same. A conversion never fails on a decoded object.
  std::function<void(json::value& object)> to_storage;
  std::function<void(json::value& object)> from_storage;

  /// Further rules of writes in this version, on the stored shape; run after the strategy's. Null:
  /// none.
  std::function<void(const json::value& object, Causes& causes)> validate_create;
  std::function<void(const json::value& object, const json::value& old, Causes& causes)>
      validate_update;
  /// Labels of field selectors in this view, and the Kind's label that each means; where empty, the
  /// Kind's own labels are served.
  std::vector<std::pair<std::string, std::string>> field_aliases;

  std::string api_version() const { return group.empty() ? version : group + "/" + version; }
};

/// A path below the object, as `{"metadata", "ownerReferences"}`.
using FieldPath = std::vector<std::string>;

/// The rules of writes to one endpoint: the resource itself or one of its subresources.
struct Strategy {
  /// Drops what this endpoint may not set and sets what the server owns (status, generation).
  std::function<void(json::value& object)> prepare_create;
  std::function<void(json::value& object, const json::value& old)> prepare_update;
  /// Appends every violated rule, metadata included.
  std::function<void(const json::value& object, Causes& causes)> validate_create;
  std::function<void(const json::value& object, const json::value& old, Causes& causes)>
      validate_update;
  /// What prepare_* takes away, so that server-side apply does not record it as owned.
  std::vector<FieldPath> reset_fields;
};

struct Subresource {
  std::string name;                ///< "status", "finalize", "scale"
  std::vector<std::string> verbs;  ///< get, patch, update; create for "token" and such
  /// What it takes and gives when it is not the resource itself ("Scale", "autoscaling", "v1").
  std::string kind, group, version;
  Strategy strategy;  ///< unset where the endpoint is no write of the object (token)
};

/// A column of `kubectl get`: metav1.TableColumnDefinition.
struct Column {
  std::string name;
  std::string type = "string";
  std::string format;  ///< "name" for the first one
  std::string description;
  int priority = 0;  ///< > 0: `-o wide` only
};

/// A field that fieldSelector may name, and its value.
using SelectableFields = std::vector<std::pair<std::string, std::string>>;

struct Kind {
  std::string plural;                    ///< "configmaps"
  std::string singular;                  ///< "configmap"
  std::string kind;                      ///< "ConfigMap"
  std::string list_kind;                 ///< "ConfigMapList"
  std::vector<std::string> short_names;  ///< "cm"
  std::vector<std::string> categories;   ///< "all"
  bool namespaced = true;

  /// views[0] is the storage view and gives the resource its group; the rest are served beside it.
  std::vector<View> views;
  /// The schemas of the views when nobody else keeps them alive (a CRD's).
  std::shared_ptr<const schema::SchemaSet> schemas;
  /// Discovery's order: create delete deletecollection get list patch update watch.
  std::vector<std::string> verbs;
  std::vector<Subresource> subresources;
  Strategy strategy;

  /// PUT to a name that is not there creates it (upstream's AllowCreateOnUpdate).
  bool create_on_update = false;
  /// An update without resourceVersion overwrites (AllowUnconditionalUpdate).
  bool unconditional_update = true;
  /// A finished delete answers with the object instead of a Status (upstream's
  /// ReturnDeletedObject).
  bool returns_deleted = false;
  /// Sentences for the Warning header; `old` is null on create. Null: none ever.
  std::function<std::vector<std::string>(const json::value& object, const json::value* old)>
      warnings;
  /// Seconds that a delete leaves an object to end by itself; `asked` is negative when the client
  /// gave none. 0: gone at once. Null: no graceful deletion.
  std::function<int64_t(const json::value& object, int64_t asked)> grace_period;

  /// What an object gets that is asked to go, before its finalizers are looked at. Null: nothing.
  std::function<void(json::value& object, base::WallTime now)> prepare_delete;

  /// Every field label that is served; metadata.name and
  /// metadata.namespace (of namespaced kinds) come first. Others give 400.
  std::vector<std::string> field_labels;
  /// The values of those labels, in the same order, of a stored object.
  std::function<SelectableFields(const json::value& object)> selectable_fields;

  std::vector<Column> columns;
  /// One cell a column, of a stored object.
  std::function<json::array(const json::value& object, base::WallTime now)> row;
};

/// Every built-in kind that is served. `schemas` must outlive the rows.
std::vector<Kind> builtin_kinds(const schema::SchemaSet& schemas);

}  // namespace nanika::apiserver::kinds
