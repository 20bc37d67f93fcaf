// Lists in a strategic merge patch: merging by key or as sets, and the order of what comes out. For
// strategic.cc alone.
#pragma once

#include <string>
#include <string_view>

#include "apiserver/schema/schema.h"
#include "base/json.h"
#include "base/result.h"

namespace nanika::apiserver::merge {

namespace json = boost::json;

constexpr std::string_view kDirective = "$patch";

/// What the field of a list says.
struct ListRule {
  bool merge = false;     ///< else the patch replaces the list
  std::string merge_key;  ///< "" for scalars
  const schema::Schema* items = nullptr;
};

/// Merges `patch` into `original`; with `is_delete_list` it names scalars to remove. `place_order`,
/// when given, holds `original` and becomes the order that $setElementOrder goes by: new elements
/// take the places at the end that deleted ones left free, which is how upstream's slices behave.
base::Result<json::array> merge_list(json::array original, json::array patch, const ListRule& rule,
                                     bool is_delete_list, json::array* place_order = nullptr);

/// The kind of the elements of both lists, which must be of one kind and no lists; kInternal when
/// there are none.
base::Result<json::kind> element_kind(const json::array& a, const json::array& b);

/// Elements of `order` first in that order, the others between them where `server_order` has them.
base::Result<json::array> reorder(json::array merged, const json::array& order,
                                  const json::array& server_order, std::string_view merge_key);

/// The elements of a patch stand in its $setElementOrder, in the same order.
base::Result<void> check_element_order(const json::array& patch, const json::array& order,
                                       std::string_view merge_key);

/// Drops every object that holds `$patch`; false when `value` is one itself.
bool remove_directives(json::value& value);

/// In strategic.cc; here because elements of lists are merged as objects.
base::Result<json::object> merge_objects(json::object original, json::object patch,
                                         const schema::Schema* schema);

}  // namespace nanika::apiserver::merge
