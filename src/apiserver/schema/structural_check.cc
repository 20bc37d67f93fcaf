// The rules of structural schemas:
// apiextensions-apiserver/pkg/apiserver/schema/{validation,complete}.go.
#include <re2/re2.h>

#include "apiserver/schema/structural.h"
#include "apiserver/schema/structural_props.h"
#include "apiserver/schema/validate_cause.h"

namespace nanika::apiserver::schema {
namespace {

enum class Level { kRoot, kItem, kField };

bool zero(const json::value& v) {
  if (v.is_null() || (v.is_bool() && !v.get_bool())) return true;
  if (v.is_string()) return v.get_string().empty();
  if (v.is_array()) return v.get_array().empty();
  if (v.is_object()) return v.get_object().empty();
  return v.is_int64() && v.get_int64() == 0;
}

bool has(const json::object& props, std::string_view key) {
  const json::value* v = props.if_contains(key);
  return v != nullptr && !v->is_null();
}

// anyOf: [{type: integer}, {type: string}], which may stand beside x-kubernetes-int-or-string.
bool is_int_or_string(const json::array& any_of) {
  static const json::array pattern{json::object{{"type", "integer"}},
                                   json::object{{"type", "string"}}};
  return any_of.size() == 2 && any_of == pattern;
}

// Go's words for what RE2 refuses.
std::string regex_error(const RE2& pattern) {
  static constexpr std::pair<RE2::ErrorCode, std::string_view> kWords[] = {
      {RE2::ErrorBadEscape, "invalid escape sequence"},
      {RE2::ErrorBadCharClass, "invalid character class"},
      {RE2::ErrorBadCharRange, "invalid character class range"},
      {RE2::ErrorMissingBracket, "missing closing ]"},
      {RE2::ErrorMissingParen, "missing closing )"},
      {RE2::ErrorUnexpectedParen, "unexpected )"},
      {RE2::ErrorTrailingBackslash, "trailing backslash at end of expression"},
      {RE2::ErrorRepeatArgument, "missing argument to repetition operator"},
      {RE2::ErrorRepeatSize, "invalid repeat count"},
      {RE2::ErrorRepeatOp, "invalid nested repetition operator"},
      {RE2::ErrorBadPerlOp, "invalid or unsupported Perl syntax"},
      {RE2::ErrorBadUTF8, "invalid UTF-8"},
      {RE2::ErrorBadNamedCapture, "invalid named capture"},
      {RE2::ErrorPatternTooLarge, "expression too large"}};
  for (const auto& [code, words] : kWords) {
    if (code != pattern.error_code()) continue;
    // Go quotes the whole expression where a parenthesis is missing.
    const bool whole = code == RE2::ErrorMissingParen || code == RE2::ErrorUnexpectedParen;
    const std::string& shown = whole ? pattern.pattern() : pattern.error_arg();
    return code == RE2::ErrorTrailingBackslash
               ? fmt::format("error parsing regexp: {}: ``", words)
               : fmt::format("error parsing regexp: {}: `{}`", words, shown);
  }
  return "error parsing regexp: internal regexp error";
}

class Rules {
 public:
  Causes causes;

  void schema(const json::object& props, Level level, const std::string& path) {
    const std::string_view type = text(props, "type");
    if (type == "array" && !has(props, "items"))
      causes.push_back(required_value(path + ".items", "must be specified"));
    if (has(props, "items")) schema(object_of(props, "items"), Level::kItem, path + ".items");
    for (const auto& [name, child] : object_of(props, "properties")) {
      if (child.is_object())
        schema(child.get_object(), Level::kField, key_path(path + ".properties", name));
    }
    if (has(props, "additionalProperties")) {
      if (level == Level::kRoot)
        causes.push_back(forbidden(path + ".additionalProperties", "must not be used at the root"));
      if (props.at("additionalProperties").is_object())
        schema(object_of(props, "additionalProperties"), Level::kField,
               path + ".additionalProperties");
    }
    extensions(props, path);
    const json::array& all_of = list_of(props, "allOf");
    const bool skip_all = !all_of.empty() && all_of[0].is_object() &&
                          is_int_or_string(list_of(all_of[0].get_object(), "anyOf"));
    values(props, is_int_or_string(list_of(props, "anyOf")), skip_all, path);
    types(props, type, level, path);
    metadata(props, level, path);
  }

  // Whatever a junctor speaks of must be in the structure too.
  void complete(const json::object& rules, const json::object* structure, const std::string& s_path,
                const std::string& path) {
    for (std::string_view key : {"not", "allOf", "anyOf", "oneOf"}) {
      if (key == "not") {
        if (has(rules, key)) nested(object_of(rules, key), structure, s_path, path + ".not");
        continue;
      }
      const json::array& branches = list_of(rules, key);
      for (size_t i = 0; i < branches.size(); ++i)
        if (branches[i].is_object())
          nested(branches[i].get_object(), structure, s_path,
                 fmt::format("{}.{}[{}]", path, key, i));
    }
  }

 private:
  void types(const json::object& props, std::string_view type, Level level,
             const std::string& path) {
    const bool embedded = flag(props, "x-kubernetes-embedded-resource");
    const std::string at = path + ".type";
    if (embedded && type != "object") {
      constexpr std::string_view kMust = "must be object if x-kubernetes-embedded-resource is true";
      causes.push_back(type.empty() ? required_value(at, kMust) : invalid_value(at, type, kMust));
    } else if (type.empty() && !flag(props, "x-kubernetes-int-or-string") &&
               !flag(props, "x-kubernetes-preserve-unknown-fields")) {
      causes.push_back(required_value(at, level == Level::kRoot ? "must not be empty at the root"
                                          : level == Level::kItem
                                              ? "must not be empty for specified array items"
                                              : "must not be empty for specified object fields"));
    }
    if (embedded && has(props, "additionalProperties"))
      causes.push_back(forbidden(path + ".additionalProperties",
                                 "must not be used if x-kubernetes-embedded-resource is set"));
    if (level == Level::kRoot && !type.empty() && type != "object")
      causes.push_back(invalid_value(at, type, "must be object at the root"));
    if (embedded && !flag(props, "x-kubernetes-preserve-unknown-fields") &&
        object_of(props, "properties").empty())
      causes.push_back(required_value(path + ".properties",
                                      "must not be empty if x-kubernetes-embedded-resource is true "
                                      "without x-kubernetes-preserve-unknown-fields"));
  }

  void metadata(const json::object& props, Level level, const std::string& path) {
    const bool check = level == Level::kRoot || flag(props, "x-kubernetes-embedded-resource");
    const json::object& properties = object_of(props, "properties");
    for (std::string_view key : {"kind", "apiVersion"}) {
      if (!check || !has(properties, key)) continue;
      const std::string_view type = text(object_of(properties, key), "type");
      if (type != "string")
        causes.push_back(
            invalid_value(key_path(path + ".properties", key) + ".type", type, "must be string"));
    }
    if (!has(properties, "metadata")) return;
    const json::object& metadata = object_of(properties, "metadata");
    const std::string at = key_path(path + ".properties", "metadata");
    if (check && text(metadata, "type") != "object")
      causes.push_back(invalid_value(at + ".type", text(metadata, "type"), "must be object"));
    if (level != Level::kRoot) return;
    bool more = false;
    for (const auto& [key, v] : metadata)
      more = more || (key != "type" && key != "default" && key != "properties" && !zero(v));
    for (const auto& [name, _] : object_of(metadata, "properties"))
      more = more || (name != "name" && name != "generateName");
    if (more)
      causes.push_back(forbidden(at,
                                 "must not specify anything other than name and generateName, but "
                                 "metadata is implicitly specified"));
  }

  void extensions(const json::object& props, const std::string& path) {
    if (!flag(props, "x-kubernetes-int-or-string")) return;
    for (std::string_view key :
         {"x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"})
      if (flag(props, key))
        causes.push_back(invalid_value(fmt::format("{}.{}", path, key), true,
                                       "must be false if x-kubernetes-int-or-string is true"));
  }

  void values(const json::object& props, bool skip_any, bool skip_first_all,
              const std::string& path) {
    for (std::string_view key : {"anyOf", "allOf", "oneOf"}) {
      if (skip_any && key == "anyOf") continue;
      const json::array& branches = list_of(props, key);
      for (size_t i = 0; i < branches.size(); ++i) {
        if (branches[i].is_object())
          branch(branches[i].get_object(), skip_first_all && key == "allOf" && i == 0,
                 fmt::format("{}.{}[{}]", path, key, i));
      }
    }
    if (has(props, "not")) branch(object_of(props, "not"), false, path + ".not");
    const std::string_view pattern = text(props, "pattern");
    if (pattern.empty()) return;
    const RE2 compiled(re2::StringPiece(pattern.data(), pattern.size()), RE2::Quiet);
    if (!compiled.ok())
      causes.push_back(invalid_value(
          path + ".pattern", pattern,
          fmt::format("must be a valid regular expression, but isn't: {}", regex_error(compiled))));
  }

  // Under a junctor only value validations may stand.
  void branch(const json::object& props, bool skip_any, const std::string& path) {
    values(props, skip_any, false, path);
    if (has(props, "items")) branch(object_of(props, "items"), false, path + ".items");
    for (const auto& [name, child] : object_of(props, "properties"))
      if (child.is_object())
        branch(child.get_object(), false, key_path(path + ".properties", name));
    static constexpr std::pair<std::string_view, std::string_view> kForbidden[] = {
        {"type", "empty"},
        {"additionalProperties", "undefined"},
        {"default", "undefined"},
        {"title", "empty"},
        {"description", "empty"},
        {"nullable", "false"},
        {"x-kubernetes-preserve-unknown-fields", "false"},
        {"x-kubernetes-embedded-resource", "false"},
        {"x-kubernetes-int-or-string", "false"},
        {"x-kubernetes-list-map-keys", "empty"},
        {"x-kubernetes-list-type", "undefined"},
        {"x-kubernetes-map-type", "undefined"},
        {"x-kubernetes-validations", "empty"}};
    for (const auto& [key, must] : kForbidden) {
      const json::value* v = props.if_contains(key);
      const bool set = v != nullptr && (must == "undefined" ? !v->is_null() : !zero(*v));
      if (set && !(key == "additionalProperties" && v->is_bool() && !v->get_bool()))
        causes.push_back(forbidden(fmt::format("{}.{}", path, key),
                                   fmt::format("must be {} to be structural", must)));
    }
    if (object_of(props, "properties").contains("metadata"))
      causes.push_back(forbidden(key_path(path + ".properties", "metadata"),
                                 "must not be specified in a nested context"));
  }

  void nested(const json::object& rules, const json::object* structure, const std::string& s_path,
              const std::string& path) {
    complete(rules, structure, s_path, path);
    if (has(rules, "items")) {
      const json::object* items =
          has(*structure, "items") ? &object_of(*structure, "items") : nullptr;
      one(object_of(rules, "items"), items, s_path + ".items", path + ".items");
    }
    for (const auto& [name, child] : object_of(rules, "properties")) {
      if (!child.is_object()) continue;
      const json::object& fields = object_of(*structure, "properties");
      const json::object* field = has(fields, name) ? &object_of(fields, name) : nullptr;
      one(child.get_object(), field, key_path(s_path + ".properties", name),
          key_path(path + ".properties", name));
    }
  }
  void one(const json::object& rules, const json::object* structure, const std::string& s_path,
           const std::string& path) {
    if (structure != nullptr) return nested(rules, structure, s_path, path);
    causes.push_back(required_value(s_path, fmt::format("because it is defined in {}", path)));
  }
};

}  // namespace

Causes check_structural(const json::value& props, std::string_view path) {
  Rules rules;
  const std::string at(path);
  if (!props.is_object()) return {required_value(at, "schemas are required")};
  rules.schema(props.get_object(), Level::kRoot, at);
  rules.complete(props.get_object(), &props.get_object(), at, at);
  std::ranges::sort(rules.causes, {}, [](const Cause& c) { return c.field + ": " + c.message; });
  return std::move(rules.causes);
}

}  // namespace nanika::apiserver::schema
