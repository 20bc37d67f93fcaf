#include "base/encoding.h"

#include <array>

#include <openssl/evp.h>

namespace nanika::base {

namespace {

constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

consteval std::array<int8_t, 256> reverse(std::string_view alphabet) {
  std::array<int8_t, 256> table{};
  table.fill(-1);
  for (size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<int8_t>(i);
  }
  return table;
}
constexpr auto kFromUrl = reverse(kUrl);

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string digest(std::string_view bytes, const EVP_MD* method) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  CHECK(EVP_Digest(bytes.data(), bytes.size(), out, &size, method, nullptr) == 1);
  return {reinterpret_cast<char*>(out), size};
}

}  // namespace

std::string base64url_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t have = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < have ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (size_t k = 0; k <= have; ++k) out.push_back(kUrl[group >> (18 - 6 * k) & 63]);
  }
  return out;
}

Result<std::string> base64url_decode(std::string_view text) {
  if (text.size() % 4 == 1) return fail(Code::kInvalid, "base64 text of an impossible length");
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  uint32_t group = 0;
  int bits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const int value = kFromUrl[static_cast<unsigned char>(text[i])];
    if (value < 0) return fail(Code::kInvalid, "illegal base64 data at byte {}", i);
    group = (group << 6 | static_cast<uint32_t>(value)) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<char>(group >> bits));
    }
  }
  // Bits left over must be zero, else two texts would mean the same bytes.
  if ((group & ((1u << bits) - 1)) != 0) {
    return fail(Code::kInvalid, "illegal base64 data at byte {}", text.size() - 1);
  }
  return out;
}

std::string hex_encode(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

Result<std::string> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return fail(Code::kInvalid, "hex text of an odd length");
  std::string out;
  out.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0)
      return fail(Code::kInvalid, "no hex digit at byte {}", high < 0 ? i : i + 1);
    out.push_back(static_cast<char>(high << 4 | low));
  }
  return out;
}

std::string sha256(std::string_view bytes) {
  return digest(bytes, EVP_sha256());
}
std::string sha512(std::string_view bytes) {
  return digest(bytes, EVP_sha512());
}
std::string sha256_hex(std::string_view bytes) {
  return hex_encode(sha256(bytes));
}
std::string sha512_hex(std::string_view bytes) {
  return hex_encode(sha512(bytes));
}

}  // namespace nanika::base
