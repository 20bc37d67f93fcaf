// gzip (RFC 1952) of large answers.
#pragma once

#include <string>
#include <string_view>

namespace nanika::apiserver {

/// At the fastest level: lists of objects shrink to a tenth all the same.
std::string gzip(std::string_view bytes);

}  // namespace nanika::apiserver
