// The rows of builtin_kinds(), one file a kind.
#pragma once

#include "apiserver/kinds/kind.h"

namespace nanika::apiserver::kinds {

Kind config_map_kind(const schema::SchemaSet& schemas);
Kind endpoint_slice_kind(const schema::SchemaSet& schemas);
Kind endpoints_kind(const schema::SchemaSet& schemas);
Kind event_kind(const schema::SchemaSet& schemas);
Kind lease_kind(const schema::SchemaSet& schemas);
Kind namespace_kind(const schema::SchemaSet& schemas);
Kind node_kind(const schema::SchemaSet& schemas);
Kind pod_kind(const schema::SchemaSet& schemas);
Kind secret_kind(const schema::SchemaSet& schemas);
Kind service_account_kind(const schema::SchemaSet& schemas);
Kind service_kind(const schema::SchemaSet& schemas);

}  // namespace nanika::apiserver::kinds
