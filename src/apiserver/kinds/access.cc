#include "apiserver/kinds/access.h"

namespace nanika::apiserver::kinds {

namespace {

bool is_empty(const json::value* v) {
  return v == nullptr || v->is_null() || (v->is_object() && v->get_object().empty()) ||
         (v->is_array() && v->get_array().empty());
}

}  // namespace

const json::value& member(const json::value& value, std::string_view key) {
  static const json::value kNull;
  const json::value* at = base::find(value, key);
  return at != nullptr ? *at : kNull;
}

const json::object& object_at(const json::value& value, std::string_view key) {
  static const json::object kNone;
  const json::value* at = base::find(value, key);
  return at != nullptr && at->is_object() ? at->get_object() : kNone;
}

const json::array& array_at(const json::value& value, std::string_view key) {
  static const json::array kNone;
  const json::value* at = base::find(value, key);
  return at != nullptr && at->is_array() ? at->get_array() : kNone;
}

std::string_view string_at(const json::value& value, std::string_view key) {
  return base::find_string(value, key);
}

std::string_view string_at(const json::object& object, std::string_view key) {
  const json::value* at = object.if_contains(key);
  return at != nullptr && at->is_string() ? std::string_view(at->get_string()) : std::string_view();
}

int64_t int_at(const json::value& value, std::string_view key, int64_t absent) {
  const json::value* at = base::find(value, key);
  return at != nullptr && at->is_int64() ? at->get_int64() : absent;
}

bool bool_at(const json::value& value, std::string_view key, bool absent) {
  const json::value* at = base::find(value, key);
  return at != nullptr && at->is_bool() ? at->get_bool() : absent;
}

bool has(const json::value& value, std::string_view key) {
  const json::value* at = base::find(value, key);
  return at != nullptr && !at->is_null();
}

json::value& make_object(json::value& value, std::string_view key) {
  json::value& at = value.as_object()[key];
  if (!at.is_object()) at.emplace_object();
  return at;
}

void set_default(json::value& object, std::string_view key, json::value value) {
  json::value& at = object.as_object()[key];
  if (at.is_null()) at = std::move(value);
}

void copy_member(json::value& to, const json::value& from, std::string_view key) {
  if (const json::value* at = base::find(from, key)) {
    to.as_object()[key] = *at;
  } else {
    remove_member(to, key);
  }
}

void remove_member(json::value& object, std::string_view key) {
  if (object.is_object()) object.get_object().erase(key);
}

bool same_member(const json::value& a, const json::value& b, std::string_view key) {
  const json::value* in_a = base::find(a, key);
  const json::value* in_b = base::find(b, key);
  if (is_empty(in_a) || is_empty(in_b)) return is_empty(in_a) && is_empty(in_b);
  return base::json_equal(*in_a, *in_b);
}

}  // namespace nanika::apiserver::kinds
