#include "kube/fake_apply.h"

#include "base/result.h"

namespace nanika::kube {

FakeListKeys default_list_keys() {
  return {{"conditions", {"type"}}, {"ownerReferences", {"uid"}}, {"finalizers", {}}};
}

namespace {

// A step that names an item: `[{"type":"Ready"}]` of a list map, `="value"` of a set.
std::string item_step(const json::value& item, const std::vector<std::string>& keys) {
  if (keys.empty()) return "=" + base::to_json(item);
  json::object named;
  for (const std::string& key : keys) {
    const json::value* value = base::find(item, key);
    named[key] = value == nullptr ? json::value() : *value;
  }
  return "[" + base::to_json(named) + "]";
}

json::value keys_of(std::string_view step) {
  return base::parse_json(step.substr(1, step.size() - 2)).value();
}

void collect(const json::value& value, FakeFieldPath& at, const FakeListKeys& keys,
             FakeFields& out) {
  if (value.is_object() && !value.get_object().empty()) {
    for (const auto& [key, child] : value.get_object()) {
      at.emplace_back(key);
      collect(child, at, keys, out);
      at.pop_back();
    }
    return;
  }
  auto list = at.empty() ? keys.end() : keys.find(at.back());
  if (value.is_array() && list != keys.end() && !value.get_array().empty()) {
    for (const json::value& item : value.get_array()) {
      at.push_back(item_step(item, list->second));
      collect(item, at, keys, out);
      at.pop_back();
    }
    return;
  }
  out.emplace(at, value);
}

// The child of `parent` that the step names; made when `make`, else perhaps null.
json::value* child_of(json::value& parent, const std::string& step, const std::string& field,
                      const FakeListKeys& keys, bool make) {
  auto list = keys.find(field);
  bool is_item = list != keys.end() && (step.starts_with("[") || step.starts_with("="));
  if (!is_item) {
    if (!parent.is_object()) {
      if (!make) return nullptr;
      parent.emplace_object();
    }
    if (make) return &parent.get_object()[step];
    return parent.get_object().if_contains(step);
  }
  if (!parent.is_array()) {
    if (!make) return nullptr;
    parent.emplace_array();
  }
  for (json::value& item : parent.get_array())
    if (item_step(item, list->second) == step) return &item;
  if (!make) return nullptr;
  return &parent.get_array().emplace_back(step.starts_with("[") ? keys_of(step) : json::value());
}

bool is_empty(const json::value& value) {
  return value.is_null() || (value.is_object() && value.get_object().empty()) ||
         (value.is_array() && value.get_array().empty());
}

// True when the child at path[depth] became empty and was taken out.
void erase_below(json::value& parent, const FakeFieldPath& path, size_t depth,
                 const FakeListKeys& keys) {
  const std::string& field = depth == 0 ? path[0] : path[depth - 1];
  json::value* child = child_of(parent, path[depth], field, keys, false);
  if (child == nullptr) return;
  if (depth + 1 < path.size()) {
    erase_below(*child, path, depth + 1, keys);
    if (!is_empty(*child)) return;
  }
  if (parent.is_object()) {
    parent.get_object().erase(path[depth]);
  } else {
    parent.get_array().erase(parent.get_array().begin() + (child - parent.get_array().data()));
  }
}

}  // namespace

FakeFields flatten(const json::value& configuration, const FakeListKeys& keys) {
  json::value stripped = configuration;
  json::object& object = stripped.get_object();
  object.erase("apiVersion");
  object.erase("kind");
  if (json::value* metadata = object.if_contains("metadata"); metadata && metadata->is_object()) {
    for (const char* key : {"name", "namespace", "uid", "resourceVersion", "creationTimestamp",
                            "managedFields", "generation"})
      metadata->get_object().erase(key);
    if (metadata->get_object().empty()) object.erase("metadata");
  }
  FakeFields fields;
  FakeFieldPath at;
  if (!object.empty()) collect(stripped, at, keys, fields);
  return fields;
}

void set_field(json::value& object, const FakeFieldPath& path, const json::value& value,
               const FakeListKeys& keys) {
  json::value* at = &object;
  std::string field;
  for (size_t i = 0; i < path.size(); ++i) {
    bool in_item = i > 0 && path[i - 1].starts_with("[");
    json::value* next = child_of(*at, path[i], in_item ? "" : field, keys, true);
    field = path[i];
    at = next;
  }
  *at = value;
}

void erase_field(json::value& object, const FakeFieldPath& path, const FakeListKeys& keys) {
  erase_below(object, path, 0, keys);
}

std::string print_path(const FakeFieldPath& path) {
  std::string out;
  for (const std::string& step : path) {
    if (!step.starts_with("[{")) {
      out += step.starts_with("=") ? "[" + step + "]" : "." + step;
      continue;
    }
    std::string keys;
    for (const auto& [key, value] : keys_of(step).get_object())
      keys += fmt::format("{}{}={}", keys.empty() ? "" : ",", std::string_view(key),
                          base::to_json(value));
    out += "[" + keys + "]";
  }
  return out;
}

}  // namespace nanika::kube
