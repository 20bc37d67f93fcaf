// The little of DNS that a stub resolver needs (RFC 1035 section 4, RFC 3596). No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace nanika::base::dns {

enum class Type : uint16_t { kA = 1, kAaaa = 28 };

struct Answer {
  int code = 0;  ///< RCODE: 0 no error, 3 no such name
  std::vector<std::string> addresses;
  /// Whether it settles the question; else another server may know better.
  bool authoritative() const { return code == 0 || code == 3; }
};

/// kInvalid when the name is none: labels of 1 to 63 bytes, 253 in all.
Result<std::string> make_query(uint16_t id, std::string_view name, Type type);

/// kInvalid when the message is broken or answers another question. Addresses of the asked type are
/// taken whatever CNAMEs lead to them.
Result<Answer> parse_answer(std::string_view message, uint16_t id, std::string_view name,
                            Type type);

}  // namespace nanika::base::dns
