#include "kube/status.h"

namespace nanika::kube {

namespace json = base::json;

namespace {

constexpr size_t kMaxCauses = 10;
constexpr size_t kMaxMessage = 4096;

// metav1.StatusReason, where the HTTP status alone would not tell.
Code code_of(int status, std::string_view reason) {
  if (reason == "AlreadyExists") return Code::kAlreadyExists;
  if (reason == "Expired" || reason == "Gone") return Code::kExpired;
  if (reason == "Timeout" || reason == "ServerTimeout") return Code::kDeadlineExceeded;
  switch (status) {
    case 400:
      return Code::kInvalid;
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kForbidden;
    case 404:
      return Code::kNotFound;
    case 405:
    case 406:
    case 415:
      return Code::kUnsupported;
    case 409:
      return Code::kConflict;
    case 410:
      return Code::kExpired;
    case 413:
      return Code::kTooLarge;
    case 422:
      return Code::kUnprocessable;
    case 429:
      return Code::kExhausted;
    case 502:
    case 503:
      return Code::kUnavailable;
    case 504:
      return Code::kDeadlineExceeded;
    default:
      return status >= 500 ? Code::kInternal : Code::kInvalid;
  }
}

std::string with_causes(std::string message, const json::value& status) {
  const json::value* causes = base::find(status, "details", "causes");
  if (causes == nullptr || !causes->is_array()) return message;
  size_t shown = 0;
  for (const json::value& cause : causes->get_array()) {
    std::string_view text = base::find_string(cause, "message");
    std::string_view field = base::find_string(cause, "field");
    if (text.empty() || (message.contains(text) && message.contains(field))) continue;
    if (++shown > kMaxCauses) return message + "; ...";
    message += fmt::format("; {}{}{}", field, field.empty() ? "" : ": ", text);
  }
  return message;
}

}  // namespace

Error error_of(const json::value& status) {
  const json::value* number = base::find(status, "code");
  int code = number != nullptr && number->is_int64() ? static_cast<int>(number->get_int64()) : 500;
  std::string_view reason = base::find_string(status, "reason");
  std::string message(base::find_string(status, "message"));
  if (message.empty()) message = reason.empty() ? fmt::format("HTTP status {}", code) : reason;
  return {code_of(code, reason), with_causes(std::move(message), status).substr(0, kMaxMessage)};
}

Error error_of(const base::http::Response& response) {
  auto body = base::parse_json(response.body);
  if (body && base::find_string(*body, "kind") == "Status" && base::find(*body, "code") != nullptr)
    return error_of(*body);
  std::string text = response.body.substr(0, std::min(response.body.find('\n'), size_t{200}));
  return {code_of(response.status, {}),
          fmt::format("the server answered {} {}{}{}", response.status,
                      base::http::reason_phrase(response.status), text.empty() ? "" : ": ", text)};
}

}  // namespace nanika::kube
