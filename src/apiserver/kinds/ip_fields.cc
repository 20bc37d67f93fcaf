#include "apiserver/kinds/ip_fields.h"

namespace nanika::apiserver::kinds {

using base::Family;

std::optional<base::IpAddress> validate_ip(std::string_view text, const Path& path,
                                           Causes& causes) {
  auto address = base::IpAddress::parse(text);
  if (address) return *address;
  invalid(causes, path, text, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
  return std::nullopt;
}

void validate_endpoint_ip(std::string_view text, const Path& path, Causes& causes) {
  auto address = base::IpAddress::parse(text);
  if (!address) return invalid(causes, path, text, "must be a valid IP address");
  if (address->is_unspecified()) {
    invalid(causes, path, text, fmt::format("may not be unspecified ({})", text));
  }
  if (address->is_loopback()) {
    invalid(causes, path, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
  }
  auto bytes = address->bytes();
  bool v4 = address->family() == Family::kIPv4;
  bool link_local =
      v4 ? bytes[0] == 169 && bytes[1] == 254 : bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
  bool link_local_multicast = v4 ? bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0
                                 : bytes[0] == 0xff && (bytes[1] & 0x0f) == 0x02;
  if (link_local) {
    invalid(causes, path, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
  }
  if (link_local_multicast) {
    invalid(causes, path, text,
            "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
  }
}

void validate_cidr(std::string_view text, const Path& path, Causes& causes) {
  size_t slash = text.find('/');
  auto address = base::IpAddress::parse(text.substr(0, slash));
  int length = -1;
  if (slash != std::string_view::npos && address) {
    std::string_view digits = text.substr(slash + 1);
    bool number = !digits.empty() && digits.size() <= 3 &&
                  digits.find_first_not_of("0123456789") == std::string_view::npos;
    if (number) length = std::atoi(std::string(digits).c_str());
  }
  if (length >= 0 && length <= base::bits(address->family())) return;
  invalid(causes, path, text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
}

}  // namespace nanika::apiserver::kinds
