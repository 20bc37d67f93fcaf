// The part of server-side apply that FakeApi has: fields as flat paths, and who applied which.
// Included by fake_*.cc alone.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace nanika::kube {

namespace json = base::json;

/// Field name -> the keys by which items of that list merge; none: a set of scalars.
using FakeListKeys = std::map<std::string, std::vector<std::string>, std::less<>>;
FakeListKeys default_list_keys();

/// A leaf's place: each step is a key of an object, or the printed keys of a list's item.
using FakeFieldPath = std::vector<std::string>;
using FakeFields = std::map<FakeFieldPath, json::value>;
/// By manager and subresource.
using FakeOwners = std::map<std::pair<std::string, std::string>, FakeFields>;

/// The leaves of an applied configuration, without what names the object.
FakeFields flatten(const json::value& configuration, const FakeListKeys& keys);
void set_field(json::value& object, const FakeFieldPath& path, const json::value& value,
               const FakeListKeys& keys);
/// Removes the leaf, and what is left empty around it.
void erase_field(json::value& object, const FakeFieldPath& path, const FakeListKeys& keys);
/// ".spec.ports[port=80].name", as conflicts name it.
std::string print_path(const FakeFieldPath& path);

}  // namespace nanika::kube
