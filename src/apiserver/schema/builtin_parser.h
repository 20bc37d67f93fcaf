// Reads the two texts that builtin.h describes.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "apiserver/schema/schema.h"
#include "base/result.h"

namespace nanika::apiserver::schema {

struct BuiltinTable {
  SchemaSet schemas;
  std::map<std::pair<std::string, std::string>, const Schema*> kinds;  ///< {apiVersion, kind}
};

/// kInvalid names the line that is wrong, or the description of a field that does not exist.
base::Result<BuiltinTable> parse_builtin_table(std::string_view facts,
                                               std::string_view descriptions);

}  // namespace nanika::apiserver::schema
