#include "base/http_output.h"

#include <algorithm>

namespace nanika::base::http {

void Output::push_own(std::string bytes) {
  // Own words come between exchanges, so they stand in front of all that is counted.
  own_ += bytes.size();
  segments_.push_back({.head = std::move(bytes)});
}

void Output::push_refusal(int status, const std::string& message) {
  push_own(
      fmt::format("HTTP/1.1 {} {}\r\nContent-Type: text/plain\r\nConnection: close\r\n"
                  "Content-Length: {}\r\n\r\n{}\n",
                  status, reason_phrase(status), message.size() + 1, message));
}

size_t Output::gather(std::span<std::string_view> pieces) const {
  size_t count = 0;
  size_t skip = front_sent_;
  const auto add = [&](std::string_view piece) {
    const size_t drop = std::min(skip, piece.size());
    skip -= drop;
    piece.remove_prefix(drop);
    if (!piece.empty()) pieces[count++] = piece;
  };
  for (const Segment& segment : segments_) {
    if (count + 3 > pieces.size()) break;
    add(segment.head);
    if (segment.body != nullptr) add(*segment.body);
    if (segment.crlf) add("\r\n");
  }
  return count;
}

size_t Output::consume(size_t bytes) {
  const size_t own = std::min(bytes, own_);
  own_ -= own;
  front_sent_ += bytes;
  while (!segments_.empty() && front_sent_ >= segments_.front().size()) {
    front_sent_ -= segments_.front().size();
    segments_.pop_front();
  }
  return bytes - own;
}

}  // namespace nanika::base::http
