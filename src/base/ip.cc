#include "base/ip.h"

#include <charconv>

#include <arpa/inet.h>

namespace nanika::base {

namespace {

constexpr U128 kAllOnes = ~U128{0};

/// The host bits of a prefix of that length, as ones.
U128 host_mask(Family family, int length) {
  int host = bits(family) - length;
  return host == 128 ? kAllOnes : (U128{1} << host) - 1;
}

Result<IpAddress> parse_v4(std::string_view text) {
  auto bad = [&](std::string_view why) {
    return fail(Code::kInvalid, "\"{}\" is no IPv4 address: {}", text, why);
  };
  uint32_t number = 0;
  std::string_view rest = text;
  for (int i = 0; i < 4; i++) {
    if (i > 0) {
      if (!rest.starts_with('.')) return bad("want four numbers with dots between them");
      rest.remove_prefix(1);
    }
    size_t length = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (length == 0) return bad("want four numbers with dots between them");
    if (length > 1 && rest[0] == '0') return bad("numbers have no leading zeros");
    unsigned octet = 256;
    if (length <= 3) std::from_chars(rest.data(), rest.data() + length, octet);
    if (octet > 255) return bad("each number is at most 255");
    number = number << 8 | octet;
    rest.remove_prefix(length);
  }
  if (!rest.empty()) return bad("extra text after the fourth number");
  return IpAddress(Family::kIPv4, number);
}

Result<IpAddress> parse_v6(std::string_view text) {
  uint8_t bytes[16];
  if (text.contains('%')) {
    return fail(Code::kInvalid, "\"{}\" has a zone, which has no meaning here", text);
  }
  if (text.size() >= INET6_ADDRSTRLEN || text.contains('\0') ||
      ::inet_pton(AF_INET6, std::string(text).c_str(), bytes) != 1) {
    return fail(Code::kInvalid, "\"{}\" is no IPv6 address such as 2001:db8::1", text);
  }
  IpAddress address = IpAddress::from_bytes(Family::kIPv6, bytes);
  if (address.number() >> 32 == 0xffff) {
    return fail(Code::kInvalid, "\"{}\" is an IPv4 address written as IPv6: write {}", text,
                IpAddress(Family::kIPv4, address.number() & 0xffffffff).str());
  }
  return address;
}

/// RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups is
/// `::`.
std::string print_v6(U128 number) {
  std::array<uint16_t, 8> groups;
  for (size_t i = 0; i < 8; i++) groups[i] = static_cast<uint16_t>(number >> (112 - 16 * i));
  size_t best = 8, best_length = 1;
  for (size_t i = 0; i < 8;) {
    size_t end = i;
    while (end < 8 && groups[end] == 0) end++;
    if (end - i > best_length) {
      best = i;
      best_length = end - i;
    }
    i = std::max(end, i + 1);
  }
  std::string out;
  for (size_t i = 0; i < 8; i++) {
    if (i == best) {
      out += "::";
      i += best_length - 1;
      continue;
    }
    if (!out.empty() && !out.ends_with("::")) out += ':';
    fmt::format_to(std::back_inserter(out), "{:x}", groups[i]);
  }
  return out;
}

}  // namespace

std::string_view name(Family family) {
  return family == Family::kIPv4 ? "IPv4" : "IPv6";
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.contains(':')) return parse_v6(text);
  if (!text.contains('.')) {
    return fail(Code::kInvalid, "\"{}\" is no IP address such as 192.0.2.1 or 2001:db8::1", text);
  }
  return parse_v4(text);
}

IpAddress IpAddress::from_bytes(Family family, const uint8_t* network_order) {
  U128 number = 0;
  for (int i = 0; i < bits(family) / 8; i++) number = number << 8 | network_order[i];
  return {family, number};
}

std::array<uint8_t, 16> IpAddress::bytes() const {
  std::array<uint8_t, 16> out{};
  size_t count = static_cast<size_t>(bits(family_) / 8);
  for (size_t i = 0; i < count; i++) {
    out[i] = static_cast<uint8_t>(number_ >> (8 * (count - 1 - i)));
  }
  return out;
}

std::string IpAddress::str() const {
  if (family_ == Family::kIPv6) return print_v6(number_);
  auto b = bytes();
  return fmt::format("{}.{}.{}.{}", b[0], b[1], b[2], b[3]);
}

bool IpAddress::is_link_local() const {
  return family_ == Family::kIPv4 ? number_ >> 16 == 0xa9fe : number_ >> 118 == 0xfe80 >> 6;
}

bool IpAddress::is_loopback() const {
  return family_ == Family::kIPv4 ? number_ >> 24 == 127 : number_ == 1;
}

bool IpAddress::is_multicast() const {
  return family_ == Family::kIPv4 ? number_ >> 28 == 0xe : number_ >> 120 == 0xff;
}

bool IpAddress::is_unspecified() const {
  return number_ == 0;
}

IpPrefix::IpPrefix(IpAddress address, int length)
    : address_(address.family(), address.number() & ~host_mask(address.family(), length)),
      length_(length) {
  CHECK(length >= 0 && length <= bits(address.family()));
}

Result<IpPrefix> IpPrefix::parse(std::string_view text) {
  size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return fail(Code::kInvalid, "\"{}\" is no prefix such as 192.0.2.0/24: the length is missing",
                text);
  }
  IpAddress address = TRY(IpAddress::parse(text.substr(0, slash)));
  std::string_view digits = text.substr(slash + 1);
  int length = -1;
  auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  bool plain = ec == std::errc() && end == digits.data() + digits.size() && digits[0] != '-' &&
               (digits.size() == 1 || digits[0] != '0');
  if (!plain || length > bits(address.family())) {
    return fail(Code::kInvalid, "\"{}\" is no prefix: its length is a number from 0 to {}", text,
                bits(address.family()));
  }
  IpPrefix prefix(address, length);
  if (prefix.first() != address) {
    return fail(Code::kInvalid, "\"{}\" has bits set after its first {}: write {}", text, length,
                prefix.str());
  }
  return prefix;
}

IpAddress IpPrefix::last() const {
  return {family(), address_.number() | host_mask(family(), length_)};
}

bool IpPrefix::contains(const IpAddress& a) const {
  return a.family() == family() &&
         (a.number() & ~host_mask(family(), length_)) == address_.number();
}

bool IpPrefix::contains(const IpPrefix& other) const {
  return other.length_ >= length_ && contains(other.address_);
}

std::string IpPrefix::str() const {
  return fmt::format("{}/{}", address_.str(), length_);
}

U128 IpRange::size() const {
  U128 difference = last.number() - first.number();
  return difference == kAllOnes ? kAllOnes : difference + 1;
}

}  // namespace nanika::base
