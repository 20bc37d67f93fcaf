// Addresses and prefixes in built-in objects, with upstream's words for what is wrong with them.
#pragma once

#include <optional>
#include <string_view>

#include "apiserver/kinds/field_error.h"
#include "base/ip.h"

namespace nanika::apiserver::kinds {

/// The address, or a cause and nothing.
std::optional<base::IpAddress> validate_ip(std::string_view text, const Path& path, Causes& causes);
/// An address that traffic may go to: neither unspecified, loopback nor link-local.
void validate_endpoint_ip(std::string_view text, const Path& path, Causes& causes);
void validate_cidr(std::string_view text, const Path& path, Causes& causes);

}  // namespace nanika::apiserver::kinds
