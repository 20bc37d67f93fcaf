#include "kube/fake_patch.h"

#include <vector>

#include <fmt/format.h>

namespace nanika::kube {

namespace json = boost::json;

void merge_patch(json::value& target, const json::value& patch) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  if (!target.is_object()) target.emplace_object();
  for (const auto& [key, value] : patch.get_object()) {
    if (value.is_null()) {
      target.get_object().erase(key);
    } else {
      merge_patch(target.get_object()[key], value);
    }
  }
}

namespace {

// RFC 6901.
std::vector<std::string> parse_pointer(std::string_view text) {
  std::vector<std::string> steps;
  for (char c : text) {
    if (c == '/') {
      steps.emplace_back();
    } else if (!steps.empty()) {
      std::string& step = steps.back();
      if (step.ends_with('~') && (c == '0' || c == '1')) {
        step.back() = c == '0' ? '~' : '/';
      } else {
        step += c;
      }
    }
  }
  return steps;
}

json::value* walk(json::value& root, const std::vector<std::string>& steps, size_t count) {
  json::value* at = &root;
  for (size_t i = 0; i < count && at != nullptr; ++i) {
    if (at->is_object()) {
      at = at->get_object().if_contains(steps[i]);
    } else if (at->is_array()) {
      at = at->get_array().if_contains(std::strtoul(steps[i].c_str(), nullptr, 10));
    } else {
      return nullptr;
    }
  }
  return at;
}

bool add(json::value& parent, const std::string& step, const json::value& value, bool replace) {
  if (parent.is_object()) {
    if (replace && !parent.get_object().contains(step)) return false;
    parent.get_object()[step] = value;
    return true;
  }
  if (!parent.is_array()) return false;
  json::array& array = parent.get_array();
  size_t index = step == "-" ? array.size() : std::strtoul(step.c_str(), nullptr, 10);
  if (index > array.size() || (replace && index == array.size())) return false;
  if (replace) {
    array[index] = value;
  } else {
    array.insert(array.begin() + static_cast<ptrdiff_t>(index), value);
  }
  return true;
}

bool remove(json::value& parent, const std::string& step) {
  if (parent.is_object()) return parent.get_object().erase(step) > 0;
  if (!parent.is_array()) return false;
  size_t index = std::strtoul(step.c_str(), nullptr, 10);
  if (index >= parent.get_array().size()) return false;
  parent.get_array().erase(parent.get_array().begin() + static_cast<ptrdiff_t>(index));
  return true;
}

}  // namespace

std::optional<std::string> json_patch(json::value& target, const json::value& patch) {
  if (!patch.is_array()) return "a JSON patch is a list of operations";
  for (const json::value& operation : patch.get_array()) {
    std::string_view op = base::find_string(operation, "op");
    std::string_view pointer = base::find_string(operation, "path");
    std::vector<std::string> steps = parse_pointer(pointer);
    const json::value* value = base::find(operation, "value");
    std::string failed =
        fmt::format("the server rejected our request: {} of {} failed", op, pointer);
    if (steps.empty()) return failed;
    json::value* parent = walk(target, steps, steps.size() - 1);
    json::value* at = walk(target, steps, steps.size());
    if (op == "test") {
      if (at == nullptr || value == nullptr || !base::json_equal(*at, *value)) return failed;
    } else if (op == "add" || op == "replace") {
      if (parent == nullptr || value == nullptr ||
          !add(*parent, steps.back(), *value, op == "replace"))
        return failed;
    } else if (op == "remove") {
      if (parent == nullptr || !remove(*parent, steps.back())) return failed;
    } else {
      return fmt::format("the fake API has no JSON patch operation {:?}", op);
    }
  }
  return std::nullopt;
}

}  // namespace nanika::kube
