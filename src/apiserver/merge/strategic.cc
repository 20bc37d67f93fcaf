#include "apiserver/merge/strategic.h"

#include <unordered_set>

#include "apiserver/merge/go_text.h"
#include "apiserver/merge/strategic_list.h"

namespace nanika::apiserver::merge {

namespace {

using base::Code;
using base::fail;
using base::Result;
using schema::Field;
using schema::Schema;

constexpr std::string_view kRetainKeys = "$retainKeys";
constexpr std::string_view kElementOrder = "$setElementOrder";
constexpr std::string_view kDeleteFrom = "$deleteFromPrimitiveList";

// What the schema says of a member: null pointers where it says nothing.
struct Member {
  const Schema* schema = nullptr;
  const Field* field = nullptr;
};

Result<Member> member_of(const Schema* schema, std::string_view key) {
  if (schema == nullptr) return Member{};
  if (const Field* field = schema->field(key)) return Member{field->schema, field};
  if (schema->additional != nullptr) return Member{schema->additional, nullptr};
  if (schema->fields.empty()) return Member{};
  std::string_view name = schema->name;
  if (size_t dot = name.rfind('.'); dot != name.npos) name.remove_prefix(dot + 1);
  return fail(Code::kInternal, "unable to find api field in struct {} for the json field \"{}\"",
              name, key);
}

ListRule rule_of(const Member& member) {
  ListRule out;
  if (member.field != nullptr && member.field->patch_merge) {
    out.merge = true;
    out.merge_key = member.field->patch_merge_key;
  }
  if (member.schema != nullptr) out.items = member.schema->items;
  return out;
}

Result<std::string_view> key_after(std::string_view key, std::string_view prefix,
                                   std::string_view problem) {
  if (key.size() <= prefix.size() || key[prefix.size()] != '/') {
    return fail(Code::kInvalid, "{}", problem);
  }
  return key.substr(prefix.size() + 1);
}

void discard_nulls(json::value& value) {
  if (value.is_array()) {
    for (json::value& each : value.get_array()) discard_nulls(each);
  } else if (value.is_object()) {
    json::object& object = value.get_object();
    for (auto at = object.begin(); at != object.end();) {
      if (at->value().is_null()) {
        at = object.erase(at);
      } else {
        discard_nulls(at->value());
        ++at;
      }
    }
  }
}

// Takes the value as it is, where there was nothing of its kind to merge with.
void take(json::object& original, std::string_view key, json::value value) {
  discard_nulls(value);
  if (remove_directives(value)) {
    original[key] = std::move(value);
  } else {
    original.erase(key);
  }
}

Result<void> retain_keys(json::object& original, json::object& patch) {
  auto at = patch.find(kRetainKeys);
  if (at == patch.end()) return {};
  json::value list = std::move(at->value());
  patch.erase(at);
  std::unordered_set<std::string_view> keep;
  if (!list.is_array()) return fail(Code::kInvalid, "invalid patch format of retainKeys");
  for (const json::value& each : list.get_array()) {
    if (each.is_string()) keep.insert(std::string_view(each.get_string()));
  }
  for (const auto& [key, value] : patch) {
    if (value.is_null() || key.starts_with(kDeleteFrom) || key.starts_with(kElementOrder)) continue;
    if (!keep.contains(key)) return fail(Code::kInvalid, "invalid patch format of retainKeys");
  }
  for (auto each = original.begin(); each != original.end();) {
    each = keep.contains(each->key()) ? each + 1 : original.erase(each);
  }
  return {};
}

Result<json::array*> list_member(json::object& object, std::string_view key) {
  json::value* at = object.if_contains(key);
  if (at == nullptr) return nullptr;
  if (!at->is_array()) {
    return fail(Code::kInternal, "expected a []interface {{}}, but received a {}", go_type(*at));
  }
  return &at->get_array();
}

// Merges the list that one $setElementOrder names and puts its elements in that order.
Result<void> order_elements(json::object& original, json::object& patch, std::string_view key,
                            const json::array& order, const Schema* schema) {
  json::array* before = TRY(list_member(original, key));
  json::array* change = TRY(list_member(patch, key));
  ListRule rule = rule_of(TRY(member_of(schema, key)));
  if (change != nullptr) TRY(check_element_order(*change, order, rule.merge_key));
  if (before == nullptr && change == nullptr) return {};
  static const json::array kNone;
  TRY(element_kind(before != nullptr ? *before : kNone, change != nullptr ? *change : kNone));
  json::array server_order = before != nullptr ? *before : json::array();
  json::array merged;
  if (change == nullptr) {
    merged = *before;
  } else if (before == nullptr) {
    json::value added = std::move(*change);
    remove_directives(added);
    merged = std::move(added.get_array());
  } else {
    merged = TRY(merge_list(std::move(*before), std::move(*change), rule, false, &server_order));
  }
  original[key] = TRY(reorder(std::move(merged), order, server_order, rule.merge_key));
  patch.erase(key);
  return {};
}

Result<void> apply_element_orders(json::object& original, json::object& patch,
                                  const Schema* schema) {
  std::vector<std::string> directives;
  for (const auto& [key, value] : patch) {
    if (key.starts_with(kElementOrder)) directives.emplace_back(key);
  }
  for (const std::string& directive : directives) {
    json::value order = std::move(patch[directive]);
    patch.erase(directive);
    if (!order.is_array()) {
      return fail(Code::kInternal, "expected a []interface {{}}, but received a {}",
                  go_type(order));
    }
    std::string_view key =
        TRY(key_after(directive, kElementOrder, "invalid patch format of setElementOrder list"));
    TRY(order_elements(original, patch, key, order.get_array(), schema));
  }
  return {};
}

Result<void> merge_member(json::object& original, std::string_view key, json::value value,
                          bool is_delete_list, const Schema* schema) {
  if (value.is_null()) {
    original.erase(key);
    return {};
  }
  json::value* at = original.if_contains(key);
  if (at == nullptr || at->kind() != value.kind()) {
    if (!is_delete_list) take(original, key, std::move(value));
    return {};
  }
  if (at->is_object()) {
    Member member = TRY(member_of(schema, key));
    *at = TRY(
        merge_objects(std::move(at->get_object()), std::move(value.get_object()), member.schema));
  } else if (at->is_array()) {
    ListRule rule = rule_of(TRY(member_of(schema, key)));
    *at = TRY(
        merge_list(std::move(at->get_array()), std::move(value.get_array()), rule, is_delete_list));
  } else {
    *at = std::move(value);
  }
  return {};
}

}  // namespace

Result<json::object> merge_objects(json::object original, json::object patch,
                                   const Schema* schema) {
  if (auto directive = patch.find(kDirective); directive != patch.end()) {
    const json::value& what = directive->value();
    if (what.is_string() && what.get_string() == "replace") {
      patch.erase(directive);
      return patch;
    }
    if (what.is_string() && what.get_string() == "delete") return json::object();
    return fail(Code::kInternal, "unknown patch type: {} in map: {}", go_value(what),
                go_value(patch));
  }
  TRY(retain_keys(original, patch));
  TRY(apply_element_orders(original, patch, schema));
  for (auto& [key, value] : patch) {
    std::string_view name = key;
    bool is_delete_list = name.starts_with(kDeleteFrom);
    if (is_delete_list) {
      name = TRY(key_after(name, kDeleteFrom, "invalid patch format of primitive list"));
    }
    TRY(merge_member(original, name, std::move(value), is_delete_list, schema));
  }
  return original;
}

Result<json::value> apply_strategic_patch(const json::value& document, json::value patch,
                                          const Schema& schema) {
  if (!patch.is_object()) {
    return fail(Code::kInvalid,
                "json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
                go_kind(patch));
  }
  if (!document.is_object()) return fail(Code::kInvalid, "invalid JSON document");
  return TRY(merge_objects(document.get_object(), std::move(patch.get_object()), &schema));
}

}  // namespace nanika::apiserver::merge
