#include "apiserver/merge/json_patch.h"

#include <charconv>

#include "apiserver/merge/go_text.h"

namespace nanika::apiserver::merge {

namespace {

using base::Code;
using base::fail;
using base::Result;

// RFC 6901: ~1 is a slash, ~0 a tilde.
std::string unescape(std::string_view token) {
  std::string out;
  for (size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1')) {
      out += token[++i] == '0' ? '~' : '/';
    } else {
      out += token[i];
    }
  }
  return out;
}

// Go's strconv.Atoi.
Result<int64_t> parse_index(std::string_view text) {
  std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  int64_t out = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  bool stray = digits.empty() || end != digits.data() + digits.size() ||
               (digits.size() < text.size() && digits.front() == '-');
  if (stray || error != std::errc()) {
    bool range = !stray && error == std::errc::result_out_of_range;
    return fail(Code::kUnprocessable, "strconv.Atoi: parsing {}: {}", go_quote(text),
                range ? "value out of range" : "invalid syntax");
  }
  return out;
}

std::unexpected<base::Error> bad_index(int64_t index) {
  return fail(Code::kUnprocessable, "Unable to access invalid index: {}: invalid index referenced",
              index);
}

// The index of an element among `size`, negative ones counted from the end.
Result<size_t> element(std::string_view key, size_t size) {
  int64_t index = TRY(parse_index(key));
  int64_t n = static_cast<int64_t>(size);
  if (index >= n || index < -n) return bad_index(index);
  return static_cast<size_t>(index < 0 ? index + n : index);
}

// The container that a pointer's last token looks into.
struct Place {
  json::value* container = nullptr;  // null: there is none
  std::string key;
};

Place locate(json::value& root, std::string_view path) {
  size_t slash = path.find('/');
  if (slash == std::string_view::npos) return {};
  json::value* at = &root;
  path.remove_prefix(slash + 1);
  while ((slash = path.find('/')) != std::string_view::npos) {
    std::string key = unescape(path.substr(0, slash));
    path.remove_prefix(slash + 1);
    if (at->is_array()) {
      auto index = element(key, at->get_array().size());
      if (!index) return {};
      at = &at->get_array()[*index];
    } else {
      at = at->get_object().if_contains(key);
    }
    if (at == nullptr || (!at->is_object() && !at->is_array())) return {};
  }
  return {at, unescape(path)};
}

// Null stands for an absent member, as in Go's map of pointers.
Result<const json::value*> get(const Place& place) {
  if (place.container->is_array()) {
    json::array& array = place.container->get_array();
    return &array[TRY(element(place.key, array.size()))];
  }
  return place.container->get_object().if_contains(place.key);
}

Result<void> add(const Place& place, json::value value) {
  if (place.container->is_object()) {
    place.container->get_object()[place.key] = std::move(value);
    return {};
  }
  json::array& array = place.container->get_array();
  if (place.key == "-") {
    array.push_back(std::move(value));
    return {};
  }
  auto index = parse_index(place.key);
  if (!index) {
    return fail(Code::kUnprocessable, "value was not a proper array index: '{}': {}", place.key,
                index.error().message);
  }
  int64_t size = static_cast<int64_t>(array.size()) + 1;
  if (*index >= size || *index < -size) return bad_index(*index);
  array.insert(array.begin() + (*index < 0 ? *index + size : *index), std::move(value));
  return {};
}

Result<json::value> remove(const Place& place) {
  if (place.container->is_array()) {
    json::array& array = place.container->get_array();
    size_t index = TRY(element(place.key, array.size()));
    json::value out = std::move(array[index]);
    array.erase(array.begin() + static_cast<ptrdiff_t>(index));
    return out;
  }
  json::object& object = place.container->get_object();
  auto at = object.find(place.key);
  if (at == object.end()) {
    return fail(Code::kUnprocessable, "Unable to remove nonexistent key: {}: missing value",
                place.key);
  }
  json::value out = std::move(at->value());
  object.erase(at);
  return out;
}

class Patcher {
 public:
  Patcher(json::value& document, const JsonPatchLimits& limits)
      : root_(document), limits_(limits) {}

  Result<void> apply(const json::value& operation) {
    std::string_view kind = base::find_string(operation, "op");
    if (kind == "add") return apply_add(operation);
    if (kind == "remove") return apply_remove(operation);
    if (kind == "replace") return apply_replace(operation);
    if (kind == "move") return apply_move(operation);
    if (kind == "test") return apply_test(operation);
    if (kind == "copy") return apply_copy(operation);
    bool named = operation.is_object() && operation.get_object().contains("op") &&
                 operation.at("op").is_string();
    return fail(Code::kUnprocessable, "Unexpected kind: {}", named ? kind : "unknown");
  }

 private:
  static const json::value* value_of(const json::value& operation) {
    return operation.get_object().if_contains("value");
  }
  static json::value copy_of(const json::value* value) {
    return value == nullptr ? json::value() : *value;
  }

  // `path` or `from`; the error is what comes after "... failed to decode path: ".
  static Result<std::string_view> pointer(const json::value& operation, std::string_view key,
                                          std::string_view what) {
    const json::value* at = operation.get_object().if_contains(key);
    if (at != nullptr && at->is_string()) return std::string_view(at->get_string());
    std::string_view why = "missing value";
    if (at != nullptr && !at->is_null()) why = "it is no string";
    return fail(Code::kUnprocessable, "{}{}", what, why);
  }

  Result<void> apply_add(const json::value& operation) {
    auto path = TRY(pointer(operation, "path", "add operation failed to decode path: "));
    Place place = locate(root_, path);
    if (place.container == nullptr) {
      return fail(Code::kUnprocessable,
                  "add operation does not apply: doc is missing path: \"{}\": missing value", path);
    }
    return in_path("add", path, add(place, copy_of(value_of(operation))));
  }

  Result<void> apply_remove(const json::value& operation) {
    auto path = TRY(pointer(operation, "path", "remove operation failed to decode path: "));
    Place place = locate(root_, path);
    if (place.container == nullptr) {
      return fail(Code::kUnprocessable,
                  "remove operation does not apply: doc is missing path: \"{}\": missing value",
                  path);
    }
    auto removed = remove(place);
    if (!removed) return in_path("remove", path, std::unexpected(removed.error()));
    return {};
  }

  Result<void> apply_replace(const json::value& operation) {
    auto path = TRY(pointer(operation, "path",
                            "replace operation failed to decode path: operation missing path "
                            "field: "));
    json::value value = copy_of(value_of(operation));
    if (path.empty()) {
      if (!value.is_object() && !value.is_array()) {
        return fail(Code::kUnprocessable, "replace operation value must be object or array");
      }
      root_ = std::move(value);
      return {};
    }
    Place place = locate(root_, path);
    if (place.container == nullptr) {
      return fail(Code::kUnprocessable,
                  "replace operation does not apply: doc is missing path: {}: missing value", path);
    }
    if (place.container->is_object()) return add(place, std::move(value));
    json::array& array = place.container->get_array();
    auto index = element(place.key, array.size());
    if (!index) {
      return fail(Code::kUnprocessable,
                  "replace operation does not apply: doc is missing key: {}: missing value", path);
    }
    array[*index] = std::move(value);
    return {};
  }

  Result<void> apply_move(const json::value& operation) {
    auto from = TRY(pointer(operation, "from",
                            "move operation failed to decode from: operation, missing from "
                            "field: "));
    Place place = locate(root_, from);
    if (place.container == nullptr) {
      return fail(Code::kUnprocessable,
                  "move operation does not apply: doc is missing from path: {}: missing value",
                  from);
    }
    auto value = remove(place);
    if (!value) return in_path("move", place.key, std::unexpected(value.error()));
    auto path = TRY(pointer(operation, "path",
                            "move operation failed to decode path: operation missing path "
                            "field: "));
    place = locate(root_, path);
    if (place.container == nullptr) {
      return fail(
          Code::kUnprocessable,
          "move operation does not apply: doc is missing destination path: {}: missing value",
          path);
    }
    return in_path("move", path, add(place, std::move(*value)));
  }

  Result<void> apply_copy(const json::value& operation) {
    auto from = TRY(pointer(operation, "from",
                            "copy operation failed to decode from: operation, missing from "
                            "field: "));
    Place place = locate(root_, from);
    if (place.container == nullptr) {
      return fail(Code::kUnprocessable,
                  "copy operation does not apply: doc is missing from path: {}: missing value",
                  from);
    }
    auto found = get(place);
    if (!found) {
      return fail(Code::kUnprocessable, "error in copy for from: '{}': {}", from,
                  found.error().message);
    }
    json::value value = copy_of(*found);
    auto path = TRY(pointer(operation, "path", "copy operation failed to decode path: "));
    place = locate(root_, path);
    if (place.container == nullptr) {
      return fail(
          Code::kUnprocessable,
          "copy operation does not apply: doc is missing destination path: {}: missing value",
          path);
    }
    copied_ += base::to_json(value).size();
    if (copied_ > limits_.max_copied_bytes) {
      return fail(Code::kUnprocessable,
                  "Unable to complete the copy, the accumulated size increase of copy is {}, "
                  "exceeding the limit {}",
                  copied_, limits_.max_copied_bytes);
    }
    auto added = add(place, std::move(value));
    if (!added) {
      return fail(Code::kUnprocessable, "error while adding value during copy: {}",
                  added.error().message);
    }
    return {};
  }

  Result<void> apply_test(const json::value& operation) {
    auto path = TRY(pointer(operation, "path",
                            "test operation failed to decode path: operation missing path "
                            "field: "));
    const json::value wanted = copy_of(value_of(operation));
    json::value found;
    bool same = false;
    if (path.empty()) {
      same = base::json_equal(root_, wanted);
    } else {
      Place place = locate(root_, path);
      if (place.container == nullptr) {
        return fail(Code::kUnprocessable,
                    "test operation does not apply: is missing path: {}: missing value", path);
      }
      auto at = get(place);
      if (!at) return in_path("test", path, std::unexpected(at.error()));
      same = *at == nullptr ? wanted.is_null() : base::json_equal(**at, wanted);
    }
    if (same) return {};
    return fail(Code::kUnprocessable, "testing value {} failed: test failed", path);
  }

  static Result<void> in_path(std::string_view what, std::string_view path, Result<void> result) {
    if (result) return result;
    return fail(Code::kUnprocessable, "error in {} for path: '{}': {}", what, path,
                result.error().message);
  }

  json::value& root_;
  const JsonPatchLimits& limits_;
  size_t copied_ = 0;
};

}  // namespace

Result<json::value> apply_json_patch(const json::value& document, const json::value& patch,
                                     JsonPatchLimits limits) {
  if (!patch.is_array()) {
    return fail(Code::kInvalid, "json: cannot unmarshal {} into Go value of type jsonpatch.Patch",
                go_kind(patch));
  }
  const json::array& operations = patch.get_array();
  for (const json::value& each : operations) {
    if (each.is_object() || each.is_null()) continue;
    return fail(Code::kInvalid,
                "json: cannot unmarshal {} into Go value of type jsonpatch.Operation",
                go_kind(each));
  }
  if (operations.size() > limits.max_operations) {
    return fail(Code::kTooLarge, "The allowed maximum operations in a JSON patch is {}, got {}",
                limits.max_operations, operations.size());
  }
  json::value out = document;
  Patcher patcher(out, limits);
  for (const json::value& each : operations) TRY(patcher.apply(each));
  return out;
}

}  // namespace nanika::apiserver::merge
