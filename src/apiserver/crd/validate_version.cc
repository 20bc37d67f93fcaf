#include "apiserver/crd/validate_version.h"

#include <set>

#include "apiserver/schema/structural_props.h"
#include "apiserver/schema/validate_cause.h"

namespace nanika::apiserver::crd {
namespace {

using schema::duplicate_value;
using schema::forbidden;
using schema::invalid_value;
using schema::not_supported;
using schema::object_of;
using schema::required_value;
using schema::text;
using schema::too_many;

constexpr int64_t kMaxSelectableFields = 8;

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> all) {
  return std::ranges::find(all, text) != all.end();
}

// A JSONPath in dot notation below one of `roots` ("" allows any).
void simple_path(std::string_view path, const std::string& at,
                 std::initializer_list<std::string_view> roots, std::string_view where,
                 Causes& causes) {
  if (!path.starts_with('.')) {
    causes.push_back(invalid_value(at, path, "must be a simple json path starting with ."));
    return;
  }
  if (std::ranges::none_of(roots, [&](std::string_view root) { return path.starts_with(root); }))
    causes.push_back(invalid_value(at, path, where));
}

// The schema that a path such as ".spec.color" leads to, or why there is none.
struct Found {
  const json::object* schema = nullptr;
  std::string root;
  std::string error;
};

Found follow(std::string_view path, const json::object& props) {
  Found out{.schema = &props};
  while (!path.empty()) {
    const size_t end = std::min(path.find_first_of(".[]", 1), path.size());
    if (path.front() == '[') return {.error = "array notation is not allowed"};
    if (path.front() != '.')
      return {.error = fmt::format("expected [ or . but got: {}", path.substr(0, end))};
    // Two dots in a row: the second is taken for a name, as upstream's scanner does.
    const std::string_view name = end == 1 ? path.substr(1, 1) : path.substr(1, end - 1);
    if (name.empty()) return {.error = "unexpected end of JSON path"};
    const json::object& properties = object_of(*out.schema, "properties");
    const json::value* next = properties.empty() ? out.schema->if_contains("additionalProperties")
                                                 : properties.if_contains(name);
    if (next == nullptr || !next->is_object()) return {.error = "does not refer to a valid field"};
    if (out.root.empty()) out.root = name;
    out.schema = &next->get_object();
    path.remove_prefix(end == 1 ? 2 : end);
  }
  return out;
}

}  // namespace

void validate_columns(const json::array& columns, const std::string& path, Causes& causes) {
  constexpr std::string_view kTypes = "must be one of boolean,date,integer,number,string";
  for (size_t i = 0; i < columns.size(); ++i) {
    const std::string at = fmt::format("{}[{}]", path, i);
    const std::string_view type = base::find_string(columns[i], "type");
    const std::string_view format = base::find_string(columns[i], "format");
    const std::string_view json_path = base::find_string(columns[i], "jsonPath");
    if (base::find_string(columns[i], "name").empty())
      causes.push_back(required_value(at + ".name"));
    if (type.empty()) {
      causes.push_back(required_value(at + ".type", kTypes));
    } else if (!is_one_of(type, {"boolean", "date", "integer", "number", "string"})) {
      causes.push_back(invalid_value(at + ".type", type, kTypes));
    }
    if (!format.empty() && !is_one_of(format, {"byte", "date", "date-time", "double", "float",
                                               "int32", "int64", "password"}))
      causes.push_back(
          invalid_value(at + ".format", format,
                        "must be one of byte,date,date-time,double,float,int32,int64,password"));
    if (json_path.empty()) {
      causes.push_back(required_value(at + ".JSONPath"));
    } else {
      simple_path(json_path, at + ".JSONPath", {""}, "", causes);
    }
  }
}

void validate_subresources(const json::value& subresources, const std::string& path,
                           Causes& causes) {
  const json::value* scale = base::find(subresources, "scale");
  if (scale == nullptr || scale->is_null()) return;
  for (const auto& [key, root] :
       {std::pair<std::string_view, std::string_view>{"specReplicasPath", "spec"},
        {"statusReplicasPath", "status"}}) {
    const std::string at = fmt::format("{}.scale.{}", path, key);
    const std::string_view value = base::find_string(*scale, key);
    if (value.empty()) {
      causes.push_back(required_value(at));
    } else {
      const std::string prefix = fmt::format(".{}.", root);
      simple_path(value, at, {prefix}, fmt::format("should be a json path under .{}", root),
                  causes);
    }
  }
  const std::string_view selector = base::find_string(*scale, "labelSelectorPath");
  if (!selector.empty())
    simple_path(selector, path + ".scale.labelSelectorPath", {".spec.", ".status."},
                "should be a json path under either .spec or .status", causes);
}

void validate_selectable_fields(const json::array& fields, const json::value& props,
                                const std::string& path, Causes& causes) {
  std::set<std::string_view> seen;
  for (size_t i = 0; i < fields.size(); ++i) {
    const std::string at = fmt::format("{}[{}].jsonPath", path, i);
    const std::string_view json_path = base::find_string(fields[i], "jsonPath");
    if (json_path.empty()) {
      causes.push_back(required_value(at));
      continue;
    }
    const Found found = props.is_object() ? follow(json_path, props.get_object()) : Found{};
    if (!found.error.empty()) {
      causes.push_back(
          invalid_value(at, json_path, fmt::format("is an invalid path: {}", found.error)));
      continue;
    }
    if (found.root == "metadata")
      causes.push_back(invalid_value(at, json_path, "must not point to fields in metadata"));
    if (found.schema == nullptr ||
        !is_one_of(text(*found.schema, "type"), {"string", "boolean", "integer"}))
      causes.push_back(invalid_value(at, json_path,
                                     "must point to a field of type string, boolean or integer. "
                                     "Enum string fields and strings with formats are allowed."));
    if (!seen.insert(json_path).second)
      causes.push_back(duplicate_value(at, json::value(json_path)));
  }
  if (static_cast<int64_t>(seen.size()) > kMaxSelectableFields)
    causes.push_back(too_many(path, static_cast<int64_t>(seen.size()), kMaxSelectableFields));
}

void validate_deprecation(const json::value& version, const std::string& path, Causes& causes) {
  const json::value* warning = base::find(version, "deprecationWarning");
  if (warning == nullptr || !warning->is_string()) return;
  const std::string at = path + ".deprecationWarning";
  const std::string_view text = warning->get_string();
  const json::value* deprecated = base::find(version, "deprecated");
  if (deprecated == nullptr || !deprecated->is_bool() || !deprecated->get_bool()) {
    causes.push_back(invalid_value(at, text, "can only be set for deprecated versions"));
    return;
  }
  if (text.size() > 256)
    causes.push_back(invalid_value(at, text, "must be <= 256 characters long"));
  if (text.empty()) causes.push_back(invalid_value(at, text, "must not be an empty string"));
  const auto control = std::ranges::find_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (control != text.end())
    causes.push_back(invalid_value(
        at, text,
        fmt::format("must only contain printable UTF-8 characters; non-printable character found "
                    "at index {}",
                    control - text.begin())));
}

void validate_conversion(const json::value* conversion, const std::string& path, Causes& causes) {
  if (conversion == nullptr || conversion->is_null()) return;
  const std::string_view strategy = base::find_string(*conversion, "strategy");
  if (strategy.empty()) {
    causes.push_back(required_value(path + ".strategy"));
  } else if (strategy == "Webhook") {
    causes.push_back(forbidden(path + ".strategy",
                               "conversion webhooks are not served by this API server yet: use "
                               "None, or one version"));
  } else if (strategy != "None") {
    static const std::vector<std::string> kStrategies{"None", "Webhook"};
    causes.push_back(not_supported(path + ".strategy", json::value(strategy), kStrategies));
  }
  if (strategy == "Webhook") return;
  constexpr std::string_view kOnly = "should not be set when strategy is not set to Webhook";
  const json::value* config = base::find(*conversion, "webhook", "clientConfig");
  const json::value* versions = base::find(*conversion, "webhook", "conversionReviewVersions");
  if (config != nullptr && !config->is_null())
    causes.push_back(forbidden(path + ".webhookClientConfig", kOnly));
  if (versions != nullptr && versions->is_array() && !versions->get_array().empty())
    causes.push_back(forbidden(path + ".conversionReviewVersions", kOnly));
}

}  // namespace nanika::apiserver::crd
