#include "base/random.h"

#include <sys/random.h>

#include "base/result.h"

namespace nanika::base {

namespace {

void fill(void* out, size_t count) {
  auto* at = static_cast<char*>(out);
  while (count > 0) {
    ssize_t n = ::getrandom(at, count, 0);
    if (n < 0 && errno == EINTR) continue;
    CHECK(n > 0);  // fails only for bad arguments
    at += n;
    count -= static_cast<size_t>(n);
  }
}

}  // namespace

std::string random_bytes(size_t count) {
  std::string out(count, '\0');
  fill(out.data(), count);
  return out;
}

uint64_t random_below(uint64_t bound) {
  CHECK(bound > 0);
  uint64_t reject_below = -bound % bound;  // 2^64 mod bound: without them no remainder is favoured
  while (true) {
    uint64_t number = 0;
    fill(&number, sizeof number);
    if (number >= reject_below) return number % bound;
  }
}

std::string random_uuid() {
  std::array<uint8_t, 16> b;
  fill(b.data(), b.size());
  b[6] = static_cast<uint8_t>((b[6] & 0x0f) | 0x40);
  b[8] = static_cast<uint8_t>((b[8] & 0x3f) | 0x80);
  return fmt::format(
      "{:02x}{:02x}{:02x}{:02x}-{:02x}{:02x}-{:02x}{:02x}-{:02x}{:02x}-{:02x}{:02x}{:02x}{:02x}{:"
      "02x}{:02x}",
      b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
      b[15]);
}

std::string random_name_suffix(size_t length) {
  static constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";
  std::string out;
  for (size_t i = 0; i < length; i++) out += kLetters[random_below(kLetters.size())];
  return out;
}

}  // namespace nanika::base
