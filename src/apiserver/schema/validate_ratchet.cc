#include "apiserver/schema/validate_ratchet.h"

namespace nanika::apiserver::schema {

Old Old::key(std::string_view name) const {
  if (value == nullptr || schema == nullptr || !value->is_object()) return {};
  const json::value* v = value->get_object().if_contains(name);
  const Field* field = schema->field(name);
  const Schema* next = field != nullptr ? field->schema : schema->additional;
  return v == nullptr || next == nullptr ? Old{} : Old{v, next};
}

std::string list_key(const json::value& item, const Schema& list) {
  std::string key;
  if (!item.is_object()) return {};
  for (const std::string& name : list.list_map_keys) {
    const json::value* v = item.get_object().if_contains(name);
    if (v == nullptr || v->is_null() || v->is_structured()) return {};
    base::append_json(key, *v);
    key += '\n';
  }
  return key;
}

std::unordered_map<std::string, const json::value*> items_by_key(const Old& old) {
  std::unordered_map<std::string, const json::value*> out;
  if (old.value == nullptr || !old.value->is_array() || old.schema->list_type != ListType::kMap ||
      old.schema->items == nullptr)
    return out;
  for (const json::value& item : old.value->get_array())
    if (std::string key = list_key(item, *old.schema); !key.empty()) out.emplace(key, &item);
  return out;
}

bool unchanged(const json::value& value, const Old& old) {
  if (old.value == nullptr || value.kind() != old.value->kind())
    return old.value != nullptr && base::json_equal(value, *old.value);
  if (const json::object* object = value.if_object()) {
    return object->size() == old.value->get_object().size() &&
           std::ranges::all_of(
               *object, [&](const auto& kv) { return unchanged(kv.value(), old.key(kv.key())); });
  }
  const json::array* array = value.if_array();
  if (array == nullptr || old.schema->list_type != ListType::kMap)
    return base::json_equal(value, *old.value);
  const auto items = items_by_key(old);
  return array->size() == old.value->get_array().size() &&
         std::ranges::all_of(*array, [&](const json::value& item) {
           const auto found = items.find(list_key(item, *old.schema));
           return found != items.end() && unchanged(item, {found->second, old.schema->items});
         });
}

}  // namespace nanika::apiserver::schema
