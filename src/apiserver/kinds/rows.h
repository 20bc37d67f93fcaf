// The rows of builtin_kinds(), one file a kind.
#pragma once

#include "apiserver/kinds/kind.h"

namespace nanika::apiserver::kinds {

Kind config_map_kind(const schema::SchemaSet& schemas);
Kind namespace_kind(const schema::SchemaSet& schemas);
Kind secret_kind(const schema::SchemaSet& schemas);

}  // namespace nanika::apiserver::kinds
