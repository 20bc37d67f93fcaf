// Ratcheting: what an update replaces, so that invalid values which did not change pass (upstream
// 1.30+, apiserver/pkg/cel/common/equality.go). For validate.cc.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "apiserver/schema/schema.h"

namespace nanika::apiserver::schema {

/// An old value and the schema that says how its items are matched with new ones; empty when there
/// is nothing to compare with.
struct Old {
  const json::value* value = nullptr;
  const Schema* schema = nullptr;

  Old key(std::string_view name) const;
};

/// The old items of a list of type map by list_key(); other lists have none to match.
std::unordered_map<std::string, const json::value*> items_by_key(const Old& old);
/// "" when a key is absent or no scalar: such items match nothing.
std::string list_key(const json::value& item, const Schema& list);

/// Equal as upstream's ratcheting sees it: map lists in any order, and nothing that the schema does
/// not know.
bool unchanged(const json::value& value, const Old& old);

}  // namespace nanika::apiserver::schema
