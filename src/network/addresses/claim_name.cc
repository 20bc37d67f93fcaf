#include "network/addresses/claim_name.h"

#include <charconv>

namespace nanika::network {

std::string claim_name(std::string_view address_space, const base::IpAddress& address) {
  if (address.family() == base::Family::kIPv4)
    return fmt::format("{}.{}", address_space, address.str());
  std::string out = fmt::format("{}.", address_space);
  const auto bytes = address.bytes();
  for (size_t i = 0; i < 16; i += 2)
    out += fmt::format("{}{:02x}{:02x}", i == 0 ? "" : "-", bytes[i], bytes[i + 1]);
  return out;
}

base::Result<ClaimIdentity> parse_claim_name(std::string_view name) {
  const auto wrong = [&] {
    return base::fail(base::Code::kInvalid,
                      "\"{}\" is no claim's name: want <address space>.<address>", name);
  };
  const size_t dot = name.find('.');  // an address space has no dots
  if (dot == std::string_view::npos || dot == 0) return wrong();
  std::string text(name.substr(dot + 1));
  std::ranges::replace(text, '-', ':');
  auto address = base::IpAddress::parse(text);
  if (!address || claim_name(name.substr(0, dot), *address) != name) return wrong();
  return ClaimIdentity{std::string(name.substr(0, dot)), *address};
}

uint64_t revision_of(const api::AddressClaim& claim) {
  uint64_t out = 0;
  const std::string& text = claim.metadata.resource_version;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

}  // namespace nanika::network
