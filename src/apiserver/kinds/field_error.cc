#include "apiserver/kinds/field_error.h"

#include <fmt/format.h>

namespace nanika::apiserver::kinds {

std::string Path::text() const {
  std::string out = parent_ == nullptr ? std::string() : parent_->text();
  if (index_ >= 0) return fmt::format("{}[{}]", out, index_);
  if (index_ == kKey) return fmt::format("{}[{}]", out, name_);
  if (!out.empty()) out += '.';
  return out.append(name_);
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  return out += '"';
}

namespace {

std::string show(const json::value& value) {
  return value.is_string() ? quote(value.get_string()) : base::to_json(value);
}

void add(Causes& causes, std::string_view reason, const Path& path, std::string message,
         std::string_view detail) {
  if (!detail.empty()) message.append(": ").append(detail);
  causes.push_back(
      {.reason = std::string(reason), .message = std::move(message), .field = path.text()});
}

}  // namespace

void invalid(Causes& causes, const Path& path, const json::value& value, std::string_view detail) {
  add(causes, "FieldValueInvalid", path, "Invalid value: " + show(value), detail);
}

void invalid(Causes& causes, const Path& path, std::string_view value, std::string_view detail) {
  add(causes, "FieldValueInvalid", path, "Invalid value: " + quote(value), detail);
}

void invalid(Causes& causes, const Path& path, std::string_view value,
             const std::vector<std::string>& details) {
  for (const std::string& detail : details) invalid(causes, path, value, detail);
}

void required(Causes& causes, const Path& path, std::string_view detail) {
  add(causes, "FieldValueRequired", path, "Required value", detail);
}

void forbidden(Causes& causes, const Path& path, std::string_view detail) {
  add(causes, "FieldValueForbidden", path, "Forbidden", detail);
}

void not_found(Causes& causes, const Path& path, std::string_view value) {
  add(causes, "FieldValueNotFound", path, "Not found: " + quote(value), {});
}

void duplicate(Causes& causes, const Path& path, const json::value& value) {
  add(causes, "FieldValueDuplicate", path, "Duplicate value: " + show(value), {});
}

void duplicate(Causes& causes, const Path& path, std::string_view value) {
  add(causes, "FieldValueDuplicate", path, "Duplicate value: " + quote(value), {});
}

void not_supported(Causes& causes, const Path& path, const json::value& value,
                   std::initializer_list<std::string_view> supported) {
  std::string detail = "supported values: ";
  for (std::string_view each : supported) {
    if (each.data() != supported.begin()->data()) detail += ", ";
    detail += quote(each);
  }
  add(causes, "FieldValueNotSupported", path, "Unsupported value: " + show(value), detail);
}

void not_supported(Causes& causes, const Path& path, std::string_view value,
                   std::initializer_list<std::string_view> supported) {
  not_supported(causes, path, json::value(json::string_view(value)), supported);
}

void too_long(Causes& causes, const Path& path, int max_bytes) {
  add(causes, "FieldValueTooLong", path, "Too long",
      fmt::format("may not be more than {} byte{}", max_bytes, max_bytes == 1 ? "" : "s"));
}

void too_many(Causes& causes, const Path& path, size_t actual, size_t max) {
  add(causes, "FieldValueTooMany", path, fmt::format("Too many: {}", actual),
      fmt::format("must have at most {} item{}", max, max == 1 ? "" : "s"));
}

}  // namespace nanika::apiserver::kinds
