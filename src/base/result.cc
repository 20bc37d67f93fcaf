#include "base/result.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace nanika::base {

const CodeInfo& info(Code code) {
  // In the order of Code.
  static constexpr std::array<CodeInfo, 15> kTable{{
      {"Invalid", 400, false},
      {"Unauthorized", 401, false},
      {"Forbidden", 403, true},
      {"NotFound", 404, true},
      {"AlreadyExists", 409, true},
      {"Conflict", 409, true},
      {"Expired", 410, true},
      {"TooLarge", 413, false},
      {"Unsupported", 415, false},
      {"Unprocessable", 422, false},
      {"Exhausted", 429, true},
      {"Timeout", 504, true},
      {"Cancelled", 503, true},
      {"Unavailable", 503, true},
      {"Internal", 500, true},
  }};
  return kTable[static_cast<size_t>(code)];
}

namespace {

Code code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENODEV:
    case ESRCH:
      return Code::kNotFound;
    case EEXIST:
      return Code::kAlreadyExists;
    case EACCES:
    case EPERM:
      return Code::kForbidden;
    case EINVAL:
    case ENAMETOOLONG:
      return Code::kInvalid;
    case ETIMEDOUT:
      return Code::kDeadlineExceeded;
    case ENOSPC:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case EDQUOT:
      return Code::kExhausted;
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EADDRINUSE:
    case EADDRNOTAVAIL:
    case EAGAIN:
      return Code::kUnavailable;
    default:
      return Code::kInternal;
  }
}

}  // namespace

std::unexpected<Error> fail_errno(std::string_view what) {
  return fail_errno(what, errno);
}

std::unexpected<Error> fail_errno(std::string_view what, int error_number) {
  return fail(code_of(error_number), "{}: {}", what, ::strerrordesc_np(error_number));
}

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, expression);
  std::abort();
}

}  // namespace nanika::base
