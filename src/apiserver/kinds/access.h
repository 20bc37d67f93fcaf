// Reading and writing members of a decoded object without ceremony. A member that is absent or of
// another type reads as empty; writers make the objects on the way.
#pragma once

#include <initializer_list>
#include <string_view>

#include "base/json.h"

namespace nanika::apiserver::kinds {

namespace json = boost::json;

/// The member, or null: chains without copies, `member(member(o, "spec"), "template")`.
const json::value& member(const json::value& value, std::string_view key);
/// The member object or array, or an empty one.
const json::object& object_at(const json::value& value, std::string_view key);
const json::array& array_at(const json::value& value, std::string_view key);
std::string_view string_at(const json::value& value, std::string_view key);
std::string_view string_at(const json::object& object, std::string_view key);
// An object would become a temporary value, and what is returned would point into it.
const json::value& member(const json::object&, std::string_view) = delete;
const json::object& object_at(const json::object&, std::string_view) = delete;
const json::array& array_at(const json::object&, std::string_view) = delete;
int64_t int_at(const json::value& value, std::string_view key, int64_t absent = 0);
bool bool_at(const json::value& value, std::string_view key, bool absent = false);
bool has(const json::value& value, std::string_view key);  ///< there and not null

/// The member object, made when it is absent or of another type. `value` must be an object.
json::value& make_object(json::value& value, std::string_view key);
/// Sets it when absent or null.
void set_default(json::value& object, std::string_view key, json::value value);
/// Makes `to` hold what `from` holds under `key`: its value, or nothing.
void copy_member(json::value& to, const json::value& from, std::string_view key);
void remove_member(json::value& object, std::string_view key);
/// Both absent (or null), or the same JSON value; an empty object or array equals an absent one, as
/// upstream's semantic equality has it.
bool same_member(const json::value& a, const json::value& b, std::string_view key);

}  // namespace nanika::apiserver::kinds
