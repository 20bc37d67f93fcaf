// Result<T>: what every function that can fail returns, and the one table of errors.
//
//   Result<Config> load(const std::string& path) {
//     std::string text = TRY(read_file(path));                       // returns the error to our
//     caller auto doc = TRY(in_context(parse_yaml(text), path));             // "lab.yaml: 3:7:
//     ..." if (!doc.is_object()) return fail(Code::kInvalid, "{}: want a mapping at the top",
//     path);
//     ...
//   }
//
// Exceptions of libraries end at three borders: worker, connection, main. CHECK is for our own
// bugs, never for input.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace nanika::base {

/// What kind of failure it was. Each has one row in the table behind info(): add here and there.
enum class Code : uint8_t {
  kInvalid,           ///< the input is wrong and stays wrong: never retried
  kUnauthenticated,   ///< who is it? (401)
  kForbidden,         ///< known, but not allowed (403)
  kNotFound,          ///< 404
  kAlreadyExists,     ///< 409: a create lost
  kConflict,          ///< 409: the object changed meanwhile; read again and retry
  kExpired,           ///< 410: the asked-for version is compacted
  kTooLarge,          ///< a size limit was passed (413)
  kUnsupported,       ///< media type, method or feature that is not served (415)
  kUnprocessable,     ///< well formed, but its values are not valid (422)
  kExhausted,         ///< a quota or pool is used up (429)
  kDeadlineExceeded,  ///< time ran out; whether it was carried out is not known (504)
  kCancelled,         ///< we were told to stop
  kUnavailable,       ///< the other side is not there (503)
  kInternal,          ///< a bug, or a system call that should not fail (500)
};

/// A row of the one error table.
struct CodeInfo {
  std::string_view name;  ///< CamelCase; also the Condition reason when nothing better is known
  int http_status;        ///< what a server answers
  bool retryable;  ///< true: the same call may succeed later, so a controller requeues with backoff
};
const CodeInfo& info(Code code);

struct Error {
  Code code = Code::kInternal;
  std::string
      message;  ///< for people: what was wrong, where, and what to do. No trailing full stop.

  /// The same error seen from further out: "context: message".
  [[nodiscard]] Error in(std::string_view context) const {
    return {code, fmt::format("{}: {}", context, message)};
  }
};

template <class T>
using Result = std::expected<T, Error>;

template <class... Args>
[[nodiscard]] std::unexpected<Error> fail(Code code, fmt::format_string<Args...> format,
                                          Args&&... args) {
  return std::unexpected(Error{code, fmt::format(format, std::forward<Args>(args)...)});
}

/// The failure of a system call just made: "what: No such file or directory", coded after errno.
[[nodiscard]] std::unexpected<Error> fail_errno(std::string_view what);
[[nodiscard]] std::unexpected<Error> fail_errno(std::string_view what, int error_number);

/// Adds context to the error of a Result and leaves a value alone: in_context(parse(x),
/// "file.yaml").
template <class T>
[[nodiscard]] Result<T> in_context(Result<T> result, std::string_view context) {
  if (!result) return std::unexpected(result.error().in(context));
  return result;
}

/// Prints the message with its place and aborts: for broken invariants of our own.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace nanika::base

/// Unwraps a Result or returns its error from the enclosing function (of any Result type). In a
/// coroutine: CO_TRY.
#define TRY(...)                                                                        \
  ({                                                                                    \
    auto&& try_result_ = (__VA_ARGS__);                                                 \
    if (!try_result_) [[unlikely]]                                                      \
      return std::unexpected(std::forward<decltype(try_result_)>(try_result_).error()); \
    *std::forward<decltype(try_result_)>(try_result_);                                  \
  })
#define CO_TRY(...)                                                                        \
  ({                                                                                       \
    auto&& try_result_ = (__VA_ARGS__);                                                    \
    if (!try_result_) [[unlikely]]                                                         \
      co_return std::unexpected(std::forward<decltype(try_result_)>(try_result_).error()); \
    *std::forward<decltype(try_result_)>(try_result_);                                     \
  })

#define CHECK(condition) \
  ((condition) ? void() : ::nanika::base::check_failed(#condition, __FILE__, __LINE__))
