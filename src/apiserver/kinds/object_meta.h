// The rules of metadata that every kind shares (upstream's ValidateObjectMeta and its update form),
// and what most kinds' rows have in common.
#pragma once

#include "apiserver/kinds/field_error.h"
#include "apiserver/kinds/kind.h"
#include "apiserver/kinds/names.h"

namespace nanika::apiserver::kinds {

/// metadata of a new object, whose name is already generated.
void validate_object_meta(const json::value& object, bool namespaced, NameRule name_rule,
                          Causes& causes);
/// The same for built-in kinds, whose finalizers must be standard ones or qualified by a domain.
void validate_builtin_meta(const json::value& object, bool namespaced, NameRule name_rule,
                           Causes& causes);
void validate_finalizer_name(std::string_view name, const Path& path, Causes& causes);
/// metadata of a changed object against the stored one: immutable fields, labels, annotations,
/// owners. Both have their resourceVersion; finalizers only leave an object that is being deleted.
void validate_object_meta_update(const json::value& object, const json::value& old, Causes& causes);
void validate_labels(const json::object& labels, const Path& path, Causes& causes);
void validate_annotations(const json::object& annotations, const Path& path, Causes& causes);

/// `field is immutable` unless both hold the same.
void validate_immutable(const json::value& object, const json::value& old, std::string_view key,
                        const Path& path, Causes& causes);

/// Of kinds with an `immutable` field: once true it stays, and `keys` are as they were.
void validate_frozen(const json::value& object, const json::value& old,
                     std::initializer_list<std::string_view> keys, Causes& causes);

/// metadata.name, metadata.namespace: what every kind can select by.
SelectableFields meta_fields(const json::value& object, bool namespaced);
std::vector<std::string> meta_field_labels(bool namespaced);

/// The cell of AGE: "5m", or "<unknown>" when `timestamp` is absent or no time.
json::value age(std::string_view timestamp, base::WallTime now);
json::value age_of(const json::value& object, base::WallTime now);
Column name_column();
Column age_column();

/// A row whose names, views of one version, verbs and meta selectors are filled in.
Kind make_kind(const schema::SchemaSet& schemas, std::string_view group, std::string_view version,
               std::string_view schema_name, std::string_view kind, std::string_view plural,
               bool namespaced);
/// Sets View::empty and, as defaults: what `empty` holds and the object lacks, then `more`.
void fill_in(View& view, json::value empty, void (*more)(json::value& object) = nullptr);
/// A status or such: an endpoint that keeps the members of `kept` as they are stored.
Subresource status_like(std::string_view name, std::vector<std::string> kept);
/// Create and update rules that are metadata's alone, then `rest`.
using Validate = void (*)(const json::value& object, Causes& causes);
Strategy meta_strategy(bool namespaced, NameRule name_rule, Validate rest = nullptr);
std::vector<std::string> all_verbs();
std::vector<std::string> update_verbs();  ///< of status and such

/// Sets metadata.generation to 1.
void start_generation(json::value& object);
/// Keeps the stored generation, one higher when a member named in `keys` has changed.
void carry_generation(json::value& object, const json::value& old,
                      std::initializer_list<std::string_view> keys);

}  // namespace nanika::apiserver::kinds
