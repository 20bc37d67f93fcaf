// The schemas of Kubernetes' own kinds, out of two committed texts that live in the binary:
// builtin.schema (facts of the published API, written by tools/builtin-schema) and descriptions.txt
// (what they mean, in our own words, for `kubectl explain`).
//
//   const Schema* service = builtin_kind("v1", "Service");
//   const Field* ports = service->field("spec")->schema->field("ports");   // merge key: port
//
// builtin.schema, a line each:
//   package SHORT FULL            core.v1 stands for io.k8s.api.core.v1
//   kind APIVERSION KIND TYPE
//   type NAME [atomic]            the fields of the type follow, indented by a space
//   NAME TYPE [NUMBER[?]] FLAGS   a field; without a number it is not in protobuf; ?: omit_zero
//   inline TYPE NUMBER            a message whose fields stand in this one's JSON
// TYPE is string, bool, int32, int64, float64, bytes, any, a codec (Quantity, Time, ...), a named
// type, []T a list, {}T a map, <>T a list that is a message of its own on the wire (ExtraValue).
// FLAGS: required, list=set|atomic|map:KEY,KEY, atomic (a map), merge[=KEY], retainKeys (strategic
// merge patch), enum=A,B, default=JSON (defaults that are Go's zero value are not listed).
#pragma once

#include <string_view>

#include "apiserver/schema/schema.h"

namespace nanika::apiserver::schema {

/// All built-in types, by their OpenAPI names; parsed at the first call (about a millisecond).
/// Threading: any thread. A broken table is our own bug and aborts.
const SchemaSet& builtin_schemas();

/// The schema of a built-in kind or List ("apps/v1", "Deployment"), or null. DeleteOptions, Status
/// and the other kinds that belong to every group are in "v1"; Table and PartialObjectMetadata in
/// "meta.k8s.io/v1".
const Schema* builtin_kind(std::string_view api_version, std::string_view kind);

/// metav1.ObjectMeta, which custom resources have too.
const Schema& object_meta();
/// metav1.ListMeta.
const Schema& list_meta();

}  // namespace nanika::apiserver::schema
