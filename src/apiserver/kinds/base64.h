// RFC 4648 base64 with padding, as Go's encoding/json writes []byte.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nanika::apiserver::kinds {

std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);  ///< empty on any stray character
/// How many bytes it stands for; exact for well-formed text.
size_t base64_decoded_size(std::string_view text);

}  // namespace nanika::apiserver::kinds
