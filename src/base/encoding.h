// Bytes as text, and digests. Plain base64 stands in base/base64.h.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace nanika::base {

std::string base64url_encode(std::string_view bytes);  ///< section 5, without padding, as JWS
Result<std::string> base64url_decode(std::string_view text);  ///< without padding; kInvalid with

std::string hex_encode(std::string_view bytes);         ///< lower case
Result<std::string> hex_decode(std::string_view text);  ///< either case

std::string sha256(std::string_view bytes);  ///< 32 raw bytes
std::string sha512(std::string_view bytes);  ///< 64 raw bytes
std::string sha256_hex(std::string_view bytes);
std::string sha512_hex(std::string_view bytes);

}  // namespace nanika::base
