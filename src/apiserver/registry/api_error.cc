#include "apiserver/registry/api_error.h"

#include <algorithm>

namespace nanika::apiserver {

namespace {

using base::Code;

struct Row {
  Code code;
  std::string_view reason;
};
constexpr Row kReasons[] = {
    {Code::kInvalid, "BadRequest"},
    {Code::kUnauthenticated, "Unauthorized"},
    {Code::kForbidden, "Forbidden"},
    {Code::kNotFound, "NotFound"},
    {Code::kAlreadyExists, "AlreadyExists"},
    {Code::kConflict, "Conflict"},
    {Code::kExpired, "Expired"},
    {Code::kTooLarge, "RequestEntityTooLarge"},
    {Code::kUnsupported, "UnsupportedMediaType"},
    {Code::kUnprocessable, "Invalid"},
    {Code::kExhausted, "TooManyRequests"},
    {Code::kDeadlineExceeded, "Timeout"},
    {Code::kCancelled, "ServiceUnavailable"},
    {Code::kUnavailable, "ServiceUnavailable"},
    {Code::kInternal, "InternalError"},
};

ApiError about(ApiError error, GroupName what, std::string_view name) {
  error.group = what.group;
  error.kind = what.name;
  error.name = name;
  return error;
}

}  // namespace

std::string GroupName::str() const {
  return group.empty() ? std::string(name) : fmt::format("{}.{}", name, group);
}

ApiError::ApiError(const base::Error& error)
    : code(base::info(error.code).http_status), message(error.message) {
  for (const Row& row : kReasons)
    if (row.code == error.code) reason = row.reason;
  if (error.code == Code::kInternal) message = "Internal error occurred: " + error.message;
  if (error.code == Code::kCancelled) code = 503;
}

base::Error ApiError::base() const {
  for (const Row& row : kReasons)
    if (row.reason == reason) return {row.code, message};
  return {Code::kInternal, message};
}

json::object ApiError::status() const {
  json::object out{{"kind", "Status"},
                   {"apiVersion", "v1"},
                   {"metadata", json::object()},
                   {"status", "Failure"},
                   {"message", message}};
  if (!reason.empty()) out["reason"] = reason;
  json::object details;
  if (!name.empty()) details["name"] = name;
  if (!group.empty()) details["group"] = group;
  if (!kind.empty()) details["kind"] = kind;
  if (!uid.empty()) details["uid"] = uid;
  if (!causes.empty()) {
    json::array list;
    for (const schema::Cause& cause : causes) {
      json::object item;
      if (!cause.reason.empty()) item["reason"] = cause.reason;
      if (!cause.message.empty()) item["message"] = cause.message;
      if (!cause.field.empty()) item["field"] = cause.field;
      list.push_back(std::move(item));
    }
    details["causes"] = std::move(list);
  }
  if (retry_after_seconds > 0) details["retryAfterSeconds"] = retry_after_seconds;
  if (!details.empty()) out["details"] = std::move(details);
  if (!continue_token.empty()) out["metadata"] = {{"continue", continue_token}};
  out["code"] = code;
  return out;
}

ApiError bad_request(std::string message) {
  return {400, "BadRequest", std::move(message)};
}

ApiError unauthorized() {
  return {401, "Unauthorized", "Unauthorized"};
}

ApiError forbidden(GroupName resource, std::string_view name, std::string_view why) {
  std::string text = resource.name.empty() ? fmt::format("forbidden: {}", why)
                     : name.empty()
                         ? fmt::format("{} is forbidden: {}", resource.str(), why)
                         : fmt::format("{} {} is forbidden: {}", resource.str(), quote(name), why);
  return about({403, "Forbidden", std::move(text)}, resource, name);
}

ApiError not_found(GroupName resource, std::string_view name) {
  return about({404, "NotFound", fmt::format("{} {} not found", resource.str(), quote(name))},
               resource, name);
}

ApiError already_exists(GroupName resource, std::string_view name) {
  return about(
      {409, "AlreadyExists", fmt::format("{} {} already exists", resource.str(), quote(name))},
      resource, name);
}

ApiError conflict(GroupName resource, std::string_view name, std::string_view why) {
  return about(
      {409, "Conflict",
       fmt::format("Operation cannot be fulfilled on {} {}: {}", resource.str(), quote(name), why)},
      resource, name);
}

ApiError stale(GroupName resource, std::string_view name) {
  return conflict(resource, name,
                  "the object has been modified; please apply your changes to the latest version "
                  "and try again");
}

ApiError invalid(GroupName kind, std::string_view name, schema::Causes causes) {
  std::string text = fmt::format("{} {} is invalid", kind.str(), quote(name));
  if (!causes.empty()) text += ": " + join_causes(causes);
  ApiError error = about({422, "Invalid", std::move(text)}, kind, name);
  error.causes = std::move(causes);
  return error;
}

ApiError expired(std::string message) {
  return {410, "Expired", std::move(message)};
}

ApiError method_not_supported(GroupName resource, std::string_view action) {
  return about(
      {405, "MethodNotAllowed",
       fmt::format("{} is not supported on resources of kind {}", action, quote(resource.str()))},
      resource, "");
}

ApiError unsupported_media_type(std::string_view accepted) {
  return {415, "UnsupportedMediaType",
          fmt::format("the body of the request was in an unknown format - accepted media types "
                      "include: {}",
                      accepted)};
}

ApiError not_acceptable(std::string_view accepted) {
  return {406, "NotAcceptable",
          fmt::format("only the following media types are accepted: {}", accepted)};
}

ApiError too_large(size_t limit) {
  return {413, "RequestEntityTooLarge",
          fmt::format("Request entity too large: limit is {}", limit)};
}

ApiError internal_error(std::string_view what) {
  ApiError error{500, "InternalError", fmt::format("Internal error occurred: {}", what)};
  error.causes.push_back({"", std::string(what), ""});
  return error;
}

ApiError too_large_resource_version(uint64_t asked, uint64_t current) {
  ApiError error{
      504, "Timeout",
      fmt::format("Timeout: Too large resource version: {}, current: {}", asked, current)};
  error.retry_after_seconds = 1;
  error.causes.push_back({"ResourceVersionTooLarge", "Too large resource version", ""});
  return error;
}

ApiError too_many_requests(std::string message) {
  ApiError error{429, "TooManyRequests", std::move(message)};
  error.retry_after_seconds = 1;
  return error;
}

std::string join_causes(const schema::Causes& causes) {
  std::vector<std::string> texts;
  for (const schema::Cause& cause : causes) {
    std::string text =
        cause.field.empty() ? cause.message : fmt::format("{}: {}", cause.field, cause.message);
    if (std::ranges::find(texts, text) == texts.end()) texts.push_back(std::move(text));
  }
  if (texts.size() == 1) return texts.front();
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

schema::Cause invalid_value(std::string field, std::string_view value, std::string_view detail) {
  return {"FieldValueInvalid", fmt::format("Invalid value: {}: {}", quote(value), detail),
          std::move(field)};
}

schema::Cause required_value(std::string field, std::string_view detail) {
  return {"FieldValueRequired",
          detail.empty() ? "Required value" : fmt::format("Required value: {}", detail),
          std::move(field)};
}

schema::Cause forbidden_value(std::string field, std::string_view detail) {
  return {"FieldValueForbidden", fmt::format("Forbidden: {}", detail), std::move(field)};
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (unsigned char c : text) {
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
        if (c < 0x20 || c == 0x7f)
          out += fmt::format("\\x{:02x}", c);
        else
          out += static_cast<char>(c);
    }
  }
  return out + '"';
}

}  // namespace nanika::apiserver
