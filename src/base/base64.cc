#include "base/base64.h"

#include <array>

namespace nanika::base {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<int8_t, 256> kValues = [] {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<uint8_t>(kAlphabet[i])] = static_cast<int8_t>(i);
  return values;
}();

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    size_t n = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j)
      group = group << 8 | (j < n ? static_cast<uint8_t>(bytes[i + j]) : 0);
    for (size_t j = 0; j < 4; ++j) out += j <= n ? kAlphabet[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

Result<std::string> base64_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  uint32_t group = 0;
  int have = 0, padding = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\n' || c == '\r') continue;
    int8_t value = kValues[static_cast<uint8_t>(c)];
    if (c == '=' && have >= 2 && padding < 2) {
      ++padding;
      value = 0;
    } else if (value < 0 || padding > 0) {
      return fail(Code::kInvalid, "illegal base64 data at input byte {}", i);
    }
    group = group << 6 | static_cast<uint32_t>(value);
    if (++have < 4) continue;
    for (int j = 0; j < 3 - padding; ++j) out += static_cast<char>(group >> (16 - 8 * j) & 0xff);
    group = 0;
    have = 0;
    if (padding > 0) padding = 3;  // nothing may follow
  }
  if (have != 0) return fail(Code::kInvalid, "illegal base64 data: it ends within a group of four");
  return out;
}

size_t base64_decoded_size(std::string_view text) {
  size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  size_t size = text.size() / 4 * 3;
  return size > padding ? size - padding : 0;
}

}  // namespace nanika::base
