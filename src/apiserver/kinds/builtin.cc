#include "apiserver/kinds/rows.h"

namespace nanika::apiserver::kinds {

std::vector<Kind> builtin_kinds(const schema::SchemaSet& schemas) {
  std::vector<Kind> out;
  for (auto make : {config_map_kind, namespace_kind, secret_kind}) out.push_back(make(schemas));
  return out;
}

}  // namespace nanika::apiserver::kinds
