#include "base/http_request_reader.h"

#include <algorithm>

namespace nanika::base::http {

RequestReader::State RequestReader::refuse(ParseError error) {
  error_ = std::move(error);
  return state_ = State::kBad;
}

RequestReader::State RequestReader::advance(std::string& in) {
  if (state_ == State::kHead) advance_head(in);
  if (state_ == State::kBody) advance_body(in);
  return state_;
}

RequestReader::State RequestReader::advance_head(std::string& in) {
  auto size = scanner_.scan(in);
  if (size && *size == 2 && !skipped_) {
    // RFC 9112 section 2.2: one empty line before a request is forgiven.
    in.erase(0, 2);
    scanner_ = HeadScanner();
    skipped_ = true;
    size = scanner_.scan(in);
  }
  if (!size) return refuse(std::move(size.error()));
  if (*size > max_header_ || (*size == 0 && in.size() >= max_header_)) {
    return refuse({431, "the request header is too large"});
  }
  if (*size == 0) return state_;
  auto parsed = parse_request_head(std::string_view(in).substr(0, *size));
  if (!parsed) return refuse(std::move(parsed.error()));
  in.erase(0, *size);
  head_ = std::move(*parsed);
  if (head_.framing == Framing::kLength && head_.length <= max_body_) {
    // What is announced is not yet sent: no more than this is trusted.
    head_.request.body.reserve(std::min<uint64_t>(head_.length, 1 << 20));
  }
  return state_ = head_.framing == Framing::kNone ? State::kDone : State::kBody;
}

RequestReader::State RequestReader::advance_body(std::string& in) {
  std::string& body = head_.request.body;
  ChunkDecoder::State state = ChunkDecoder::State::kMore;
  if (head_.framing == Framing::kChunked) {
    size_t used = 0;
    state = decoder_.feed(in, body, max_body_, used);
    in.erase(0, used);
  } else if (head_.length > max_body_) {
    state = ChunkDecoder::State::kTooLarge;
  } else {
    const size_t take = std::min<uint64_t>(in.size(), head_.length - body.size());
    body.append(in, 0, take);
    in.erase(0, take);
    if (body.size() == head_.length) state = ChunkDecoder::State::kDone;
  }
  switch (state) {
    case ChunkDecoder::State::kMore:
      return state_;
    case ChunkDecoder::State::kDone:
      return state_ = State::kDone;
    case ChunkDecoder::State::kTooLarge:
      return refuse({413, fmt::format("the request body is larger than {} bytes", max_body_)});
    case ChunkDecoder::State::kBad:
      break;
  }
  return refuse({400, "malformed chunked body"});
}

bool RequestReader::take_expectation(const std::string& in) {
  return state_ == State::kBody && std::exchange(head_.expect_continue, false) &&
         head_.request.body.empty() && in.empty();
}

}  // namespace nanika::base::http
