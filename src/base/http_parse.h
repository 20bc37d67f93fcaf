// The strict reading of HTTP/1.1 that server and client share (RFC 9112). No I/O: bytes in, values
// out.
//
// Whatever two programs could read differently is an error and not repaired: two lengths, length
// and chunks together, bare LF or CR, folded lines, a space before the colon, control characters.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/http.h"

namespace nanika::base::http {

/// What a server answers to a request that it refuses to understand.
struct ParseError {
  int status = 400;
  std::string message;
};
template <class T>
using Parsed = std::expected<T, ParseError>;

/// How the end of a body is known.
enum class Framing : uint8_t { kNone, kLength, kChunked, kUntilClose };

/// Finds the end of a header in a buffer that grows: scan() looks at each byte once.
class HeadScanner {
 public:
  /// The size of the header with its empty line, or 0 when it is not all there yet.
  Parsed<size_t> scan(std::string_view buffer);

 private:
  size_t line_ = 0;  ///< where the unfinished line starts
  size_t seen_ = 0;
};

struct RequestHead {
  Request request;  ///< without its body
  Framing framing = Framing::kNone;
  uint64_t length = 0;  ///< of a kLength body
  bool http10 = false;  ///< chunks must not be sent
  bool keep_alive = true;
  bool expect_continue = false;
};
/// `head` ends with its empty line, as HeadScanner found it.
Parsed<RequestHead> parse_request_head(std::string_view head);

struct ResponseHead {
  Response response;  ///< without its body
  Framing framing = Framing::kUntilClose;
  uint64_t length = 0;
  bool keep_alive = true;
};
Parsed<ResponseHead> parse_response_head(std::string_view head, std::string_view request_method);

/// Takes a chunked body apart.
class ChunkDecoder {
 public:
  enum class State : uint8_t { kMore, kDone, kBad, kTooLarge };

  /// Decodes from the front of `in`, appends to `out`, and says in `used` how much it took; what is
  /// left belongs in front of the next bytes. kTooLarge: `out` would pass `max_out` bytes.
  State feed(std::string_view in, std::string& out, size_t max_out, size_t& used);

 private:
  enum class Part : uint8_t { kSize, kData, kDataEnd, kTrailer, kEnd };
  State size_line(std::string_view line);

  Part part_ = Part::kSize;
  uint64_t left_ = 0;
  size_t trailer_bytes_ = 0;
};

bool is_token(std::string_view text);        ///< RFC 9110 section 5.6.2: methods, field names
bool is_field_value(std::string_view text);  ///< no control characters but HTAB

/// Whether a comma-separated field such as Connection holds `token`, compared without case.
bool has_token(const Headers& headers, std::string_view name, std::string_view token);

}  // namespace nanika::base::http
