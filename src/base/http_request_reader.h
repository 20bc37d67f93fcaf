// One request out of a growing buffer, with all limits of size. No I/O, no time.
//
//   RequestReader reader(limits);
//   for (;;) {
//     auto state = reader.advance(buffer);
//     if (state == State::kDone || state == State::kBad) break;
//     ... append to buffer ...
//   }
#pragma once

#include <string>

#include "base/http_parse.h"

namespace nanika::base::http {

class RequestReader {
 public:
  enum class State : uint8_t {
    kHead,  ///< wants more bytes of the header
    kBody,  ///< wants more bytes of the body
    kDone,  ///< take() it
    kBad,   ///< error() says what to answer
  };

  RequestReader(size_t max_header, size_t max_body)
      : max_header_(max_header), max_body_(max_body) {}

  /// Removes from the front of `in` what belongs to the request.
  State advance(std::string& in);
  /// Nothing of the request came yet.
  bool untouched(const std::string& in) const { return in.empty() && !skipped_; }
  /// True once, when the peer waits for "100 Continue" before it sends a byte of the body.
  bool take_expectation(const std::string& in);

  RequestHead& request() { return head_; }
  const ParseError& error() const { return error_; }

 private:
  State advance_head(std::string& in);
  State advance_body(std::string& in);
  State refuse(ParseError error);

  const size_t max_header_;
  const size_t max_body_;
  State state_ = State::kHead;
  HeadScanner scanner_;
  ChunkDecoder decoder_;
  RequestHead head_;
  ParseError error_;
  bool skipped_ = false;
};

}  // namespace nanika::base::http
