// IP addresses, prefixes and ranges as values; strict parsing, canonical printing (RFC 5952, RFC
// 4632).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace nanika::base {

enum class Family : uint8_t { kIPv4, kIPv6 };
std::string_view name(Family family);  ///< "IPv4", "IPv6"
constexpr int bits(Family family) {
  return family == Family::kIPv4 ? 32 : 128;
}

/// An unsigned 128-bit number: sizes of and offsets in IPv6 ranges.
using U128 = unsigned __int128;

/// An address, held as a number. Ordering: IPv4 before IPv6, then by number.
class IpAddress {
 public:
  constexpr IpAddress() = default;  ///< 0.0.0.0
  constexpr IpAddress(Family family, U128 number) : family_(family), number_(number) {}

  /// Dotted quad without leading zeros, or RFC 4291 text without a zone. IPv4-mapped IPv6
  /// (::ffff:1.2.3.4) is refused: it would name one address twice. kInvalid says what is wrong.
  static Result<IpAddress> parse(std::string_view text);
  static IpAddress from_bytes(Family family, const uint8_t* network_order);

  Family family() const { return family_; }
  U128 number() const { return number_; }
  /// Network byte order; IPv4 uses the first four.
  std::array<uint8_t, 16> bytes() const;
  std::string str() const;
  bool is_link_local() const;
  bool is_loopback() const;
  bool is_multicast() const;
  bool is_unspecified() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  friend std::strong_ordering operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  Family family_ = Family::kIPv4;
  U128 number_ = 0;
};

/// A CIDR prefix; host bits are always zero.
class IpPrefix {
 public:
  constexpr IpPrefix() = default;
  /// Host bits of `address` are cleared.
  IpPrefix(IpAddress address, int length);
  /// "192.0.2.0/24". Host bits that are set are refused with the prefix that was probably meant.
  static Result<IpPrefix> parse(std::string_view text);

  IpAddress first() const { return address_; }
  IpAddress last() const;
  int length() const { return length_; }
  Family family() const { return address_.family(); }
  bool contains(const IpAddress& a) const;
  bool contains(const IpPrefix& other) const;
  std::string str() const;

  friend bool operator==(const IpPrefix&, const IpPrefix&) = default;
  friend std::strong_ordering operator<=>(const IpPrefix&, const IpPrefix&) = default;

 private:
  IpAddress address_;
  int length_ = 0;
};

/// Addresses from first to last, both included, of one family. IPv6's whole space has 2^128: size()
/// saturates.
struct IpRange {
  IpAddress first;
  IpAddress last;
  bool contains(const IpAddress& a) const { return first <= a && a <= last; }
  bool overlaps(const IpRange& o) const { return first <= o.last && o.first <= last; }
  U128 size() const;
  friend bool operator==(const IpRange&, const IpRange&) = default;
};
inline IpRange range_of(const IpPrefix& p) {
  return {p.first(), p.last()};
}

}  // namespace nanika::base
