#include "api/scalar_codec.h"

#include <limits>

#include "api/codec.h"

namespace nanika::api {

namespace {

std::string_view kind_name(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      return "a number";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "a list";
    case json::kind::object:
      return "a mapping";
  }
  return "something else";
}

void add_integer_bounds(json::object& schema, const Rules& rules) {
  if (rules.min != INT64_MIN) schema["minimum"] = rules.min;
  if (rules.max != INT64_MAX) schema["maximum"] = rules.max;
}

}  // namespace

std::string api_version(const KindInfo& kind) {
  if (kind.group.empty()) return std::string(kind.version);
  return fmt::format("{}/{}", kind.group, kind.version);
}

bool Path::want(std::string_view what, const json::value& got) {
  return wrong(fmt::format("want {}, got {}", what, kind_name(got)));
}

bool Path::wrong(std::string_view message) {
  std::string where;
  for (const auto& step : steps_) {
    if (const auto* key = std::get_if<std::string_view>(&step)) {
      if (!where.empty()) where += '.';
      where += *key;
    } else {
      where += fmt::format("[{}]", std::get<size_t>(step));
    }
  }
  message_ = where.empty() ? std::string(message) : fmt::format("{}: {}", where, message);
  return false;
}

bool decode_scalar(const json::value& in, std::string& out, Path& path) {
  if (!in.is_string()) return path.want("a string", in);
  out = std::string_view(in.get_string());
  return true;
}

bool decode_scalar(const json::value& in, bool& out, Path& path) {
  if (!in.is_bool()) return path.want("true or false", in);
  out = in.get_bool();
  return true;
}

bool decode_scalar(const json::value& in, int64_t& out, Path& path) {
  if (in.is_int64()) {
    out = in.get_int64();
    return true;
  }
  // Servers may print whole numbers as 1e+06.
  if (in.is_double()) {
    const double number = in.get_double();
    if (number >= -0x1p53 && number <= 0x1p53 &&
        number == static_cast<double>(static_cast<int64_t>(number))) {
      out = static_cast<int64_t>(number);
      return true;
    }
  }
  return path.want("an integer of 64 bits", in);
}

bool decode_scalar(const json::value& in, int32_t& out, Path& path) {
  int64_t wide = 0;
  if (!decode_scalar(in, wide, path)) return false;
  if (wide < std::numeric_limits<int32_t>::min() || wide > std::numeric_limits<int32_t>::max())
    return path.wrong(fmt::format("{} does not fit an integer of 32 bits", wide));
  out = static_cast<int32_t>(wide);
  return true;
}

bool decode_scalar(const json::value& in, double& out, Path& path) {
  if (!in.is_number()) return path.want("a number", in);
  out = in.to_number<double>();
  return true;
}

bool decode_scalar(const json::value& in, json::value& out, Path&) {
  out = in;
  return true;
}

bool decode_scalar(const json::value& in, Time& out, Path& path) {
  if (!in.is_string()) return path.want("a time as 2026-11-23T10:00:00Z", in);
  auto time = base::parse_time(std::string_view(in.get_string()));
  if (!time) return path.wrong(time.error().message);
  out.at = *time;
  return true;
}

bool decode_scalar(const json::value& in, MicroTime& out, Path& path) {
  Time time;
  if (!decode_scalar(in, time, path)) return false;
  out.at = time.at;
  return true;
}

bool decode_scalar(const json::value& in, Duration& out, Path& path) {
  if (!in.is_string()) return path.want("a duration as 90s", in);
  auto duration = base::parse_duration(std::string_view(in.get_string()));
  if (!duration) return path.wrong(duration.error().message);
  out.value = *duration;
  return true;
}

bool decode_scalar(const json::value& in, IntOrString& out, Path& path) {
  if (in.is_string()) {
    out.value = std::string(std::string_view(in.get_string()));
    return true;
  }
  int64_t number = 0;
  if (!decode_scalar(in, number, path)) return false;
  out.value = number;
  return true;
}

int decode_enum(const json::value& in, std::span<const std::string_view> names, Path& path) {
  if (!in.is_string()) {
    path.want("a string", in);
    return -1;
  }
  const std::string_view text = in.get_string();
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == text) return static_cast<int>(i);
  path.wrong(fmt::format("\"{}\" is none of {}", text, fmt::join(names, ", ")));
  return -1;
}

json::value encode_scalar(const Time& v) {
  return json::string(base::format_time(v.at));
}
json::value encode_scalar(const MicroTime& v) {
  return json::string(base::format_micro_time(v.at));
}
json::value encode_scalar(const Duration& v) {
  return json::string(base::format_duration(v.value));
}
json::value encode_scalar(const IntOrString& v) {
  if (const auto* number = std::get_if<int64_t>(&v.value)) return *number;
  return json::string(std::get<std::string>(v.value));
}

json::object scalar_schema(const std::string*, const Rules& rules) {
  json::object out{{"type", "string"}};
  if (rules.max_length >= 0) out["maxLength"] = rules.max_length;
  if (rules.min_length >= 0) out["minLength"] = rules.min_length;
  if (!rules.pattern.empty()) out["pattern"] = rules.pattern;
  return out;
}
json::object scalar_schema(const bool*, const Rules&) {
  return {{"type", "boolean"}};
}
json::object scalar_schema(const int32_t*, const Rules& rules) {
  json::object out{{"type", "integer"}, {"format", "int32"}};
  add_integer_bounds(out, rules);
  return out;
}
json::object scalar_schema(const int64_t*, const Rules& rules) {
  json::object out{{"type", "integer"}, {"format", "int64"}};
  add_integer_bounds(out, rules);
  return out;
}
json::object scalar_schema(const double*, const Rules&) {
  return {{"type", "number"}};
}
json::object scalar_schema(const json::value*, const Rules&) {
  return {{"x-kubernetes-preserve-unknown-fields", true}};
}
json::object scalar_schema(const Time*, const Rules&) {
  return {{"type", "string"}, {"format", "date-time"}};
}
json::object scalar_schema(const MicroTime*, const Rules&) {
  return {{"type", "string"}, {"format", "date-time"}};
}
json::object scalar_schema(const Duration*, const Rules&) {
  return {
      {"type", "string"}, {"maxLength", 32}, {"pattern", "^(0|([0-9]+(\\.[0-9]+)?(ms|s|m|h))+)$"}};
}
json::object scalar_schema(const IntOrString*, const Rules&) {
  return {{"x-kubernetes-int-or-string", true}};
}

json::object list_schema(const Rules& rules, json::object items) {
  json::object out{{"type", "array"}};
  if (rules.max_items >= 0) out["maxItems"] = rules.max_items;
  if (rules.min_items >= 0) out["minItems"] = rules.min_items;
  if (!rules.map_keys.empty()) {
    json::array keys;
    for (std::string_view rest = rules.map_keys; !rest.empty();) {
      const size_t comma = rest.find(',');
      keys.emplace_back(rest.substr(0, comma));
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    out["x-kubernetes-list-type"] = "map";
    out["x-kubernetes-list-map-keys"] = std::move(keys);
  } else {
    out["x-kubernetes-list-type"] = rules.set ? "set" : "atomic";
  }
  out["items"] = std::move(items);
  return out;
}

json::object map_schema(const Rules& rules, json::object values) {
  json::object out{{"type", "object"}};
  if (rules.max_items >= 0) out["maxProperties"] = rules.max_items;
  out["additionalProperties"] = std::move(values);
  return out;
}

json::object object_schema(json::object properties, json::array required) {
  json::object out{{"type", "object"}};
  if (!required.empty()) out["required"] = std::move(required);
  out["properties"] = std::move(properties);
  return out;
}

json::object enum_schema(std::span<const std::string_view> names) {
  json::array values;
  for (std::string_view name : names) values.emplace_back(name);
  return {{"type", "string"}, {"enum", std::move(values)}};
}

}  // namespace nanika::api
