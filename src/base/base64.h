// Base64 (RFC 4648 section 4): Secrets, kubeconfig's inline files.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace nanika::base {

std::string base64_encode(std::string_view bytes);
/// Strict: padding is needed, white space other than newlines is refused (kInvalid).
Result<std::string> base64_decode(std::string_view text);
/// How many bytes well-formed text without newlines stands for.
size_t base64_decoded_size(std::string_view text);

}  // namespace nanika::base
