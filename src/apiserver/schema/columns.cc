#include "apiserver/schema/columns.h"

#include <cmath>

#include "apiserver/schema/validate_cause.h"

namespace nanika::apiserver::schema {
namespace {

// Go's encoding/json escapes what HTML could take for markup.
std::string html_safe(std::string text) {
  static constexpr std::pair<std::string_view, std::string_view> kEscapes[] = {
      {"&", "\\u0026"}, {"<", "\\u003c"}, {">", "\\u003e"}};
  for (const auto& [raw, escaped] : kEscapes)
    for (size_t at = 0; (at = text.find(raw, at)) != std::string::npos; at += escaped.size())
      text.replace(at, 1, escaped);
  return text;
}

std::string printed(const json::value& value) {
  if (value.is_null()) return "<no value>";
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_double()) return go_float(value.get_double());
  if (value.is_structured()) return html_safe(go_json(value));
  return base::to_json(value);
}

json::value date_cell(const json::value& value, base::WallTime now) {
  if (!value.is_string()) return nullptr;
  const std::string_view text = value.get_string();
  if (text.empty() || text == "null") return "<unknown>";
  const auto time = base::parse_time(text);
  return time ? json::value(base::format_age(now - *time)) : json::value("<invalid>");
}

json::value cell(const Column& column, const json::value& value, base::WallTime now) {
  if (column.type == "string") return json::value(printed(value));
  if (column.type == "date") return date_cell(value, now);
  if (column.type == "boolean") return value.is_bool() ? value : nullptr;
  if (column.type == "number") return value.is_number() ? value : nullptr;
  if (column.type != "integer" || !value.is_number()) return nullptr;
  if (!value.is_double()) return value;
  const double number = value.get_double();
  return std::abs(number) < 9.2e18 ? json::value(static_cast<int64_t>(number)) : nullptr;
}

std::string string_of(const json::value& column, std::string_view key) {
  return std::string(base::find_string(column, key));
}

}  // namespace

Columns Columns::compile(const json::value* additional_printer_columns) {
  static const json::array age{
      json::object{{"name", "Age"},
                   {"type", "date"},
                   {"description", "when the object was created, as the server saw it"},
                   {"jsonPath", ".metadata.creationTimestamp"}}};
  const json::array* given =
      additional_printer_columns == nullptr ? nullptr : additional_printer_columns->if_array();
  Columns out;
  for (const json::value& column : given == nullptr || given->empty() ? age : *given) {
    auto path = JsonPath::parse(base::find_string(column, "jsonPath"));
    if (!path) break;
    std::string description = string_of(column, "description");
    if (description.empty())
      description =
          fmt::format("Custom resource definition column (in JSONPath format): {}", path->text());
    const json::value* priority = base::find(column, "priority");
    out.columns_.push_back({.name = string_of(column, "name"),
                            .type = string_of(column, "type"),
                            .format = string_of(column, "format"),
                            .description = std::move(description),
                            .priority = priority != nullptr && priority->is_int64()
                                            ? static_cast<int32_t>(priority->get_int64())
                                            : 0,
                            .path = std::move(*path)});
  }
  return out;
}

json::array Columns::definitions() const {
  json::array out{json::object{{"name", "Name"},
                               {"type", "string"},
                               {"format", "name"},
                               {"description", "name of the object, unique in its namespace"},
                               {"priority", 0}}};
  for (const Column& column : columns_) {
    out.push_back(json::object{{"name", column.name},
                               {"type", column.type},
                               {"format", column.format},
                               {"description", column.description},
                               {"priority", column.priority}});
  }
  return out;
}

json::array Columns::cells(const json::value& object, base::WallTime now) const {
  json::array out{json::string(base::find_string(object, "metadata", "name"))};
  for (const Column& column : columns_) {
    const std::vector<const json::value*> found = column.path.find(object);
    out.push_back(found.empty() ? json::value() : cell(column, *found[0], now));
  }
  return out;
}

}  // namespace nanika::apiserver::schema
