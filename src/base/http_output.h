// What a connection has to send: segments in order, gathered for writes, with no I/O.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>

#include "base/http_exchange.h"

namespace nanika::base::http {

class Output {
 public:
  bool empty() const { return segments_.empty(); }
  void push(Segment segment) { segments_.push_back(std::move(segment)); }
  /// Bytes of the connection's own, which no exchange counts in queued().
  void push_own(std::string bytes);
  /// The answer to a request that could not be read; the connection ends with it.
  void push_refusal(int status, const std::string& message);
  /// Fills `pieces` from the front; returns how many there are. They are valid until consume().
  size_t gather(std::span<std::string_view> pieces) const;
  /// `bytes` went out. Returns how many of them were an exchange's.
  size_t consume(size_t bytes);

 private:
  std::deque<Segment> segments_;
  size_t front_sent_ = 0;  ///< of segments_.front()
  size_t own_ = 0;         ///< bytes at the front that are the connection's own
};

}  // namespace nanika::base::http
