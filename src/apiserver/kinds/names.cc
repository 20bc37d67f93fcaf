#include "apiserver/kinds/names.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

namespace nanika::apiserver::kinds {

namespace {

// The patterns that messages quote. Matching is done by hand below: names are checked on every
// write, and a regex engine would cost more than all the rest of it.
constexpr std::string_view kLabel = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
constexpr std::string_view kSubdomain =
    "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
constexpr std::string_view k1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
constexpr std::string_view kLabelKey = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
constexpr std::string_view kLabelValue = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";
constexpr std::string_view kLabelKeyMessage =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character";

bool lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool lower_or_digit(char c) {
  return lower(c) || digit(c);
}
bool alphanumeric(char c) {
  return lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

bool is_label(std::string_view v) {
  return !v.empty() && lower_or_digit(v.front()) && lower_or_digit(v.back()) &&
         std::ranges::all_of(v, [](char c) { return lower_or_digit(c) || c == '-'; });
}

bool is_subdomain(std::string_view v) {
  while (true) {
    size_t dot = v.find('.');
    if (!is_label(v.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    v.remove_prefix(dot + 1);
  }
}

bool is_label_name(std::string_view v) {
  return !v.empty() && alphanumeric(v.front()) && alphanumeric(v.back()) &&
         std::ranges::all_of(
             v, [](char c) { return alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

std::string too_long(size_t max) {
  return fmt::format("must be no more than {} characters", max);
}
// Label keys and values come from upstream's newer package, which counts in bytes.
std::string too_many_bytes(size_t max) {
  return fmt::format("must be no more than {} bytes", max);
}

std::string regex_problem(std::string_view message, std::string_view pattern,
                          std::initializer_list<std::string_view> examples) {
  std::string out = fmt::format("{} (e.g. ", message);
  bool first = true;
  for (std::string_view example : examples) {
    fmt::format_to(std::back_inserter(out), "{}'{}', ", first ? "" : " or ", example);
    first = false;
  }
  return out += fmt::format("regex used for validation is '{}')", pattern);
}

void no_dot_directories(std::string_view value, Problems& out) {
  if (value == ".") {
    out.emplace_back("must not be '.'");
  } else if (value == "..") {
    out.emplace_back("must not be '..'");
  } else if (value.starts_with("..")) {
    out.emplace_back("must not start with '..'");
  }
}

}  // namespace

Problems dns1123_label(std::string_view value) {
  Problems out;
  if (value.size() > 63) out.push_back(too_long(63));
  if (is_label(value)) return out;
  if (is_subdomain(value)) {
    out.emplace_back("must not contain dots");
  } else {
    out.push_back(
        regex_problem("a lowercase RFC 1123 label must consist of lower case alphanumeric "
                      "characters or '-', and must start and end with an alphanumeric character",
                      kLabel, {"my-name", "123-abc"}));
  }
  return out;
}

Problems dns1123_subdomain(std::string_view value) {
  Problems out;
  if (value.size() > 253) out.push_back(too_long(253));
  if (!is_subdomain(value)) {
    out.push_back(regex_problem(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
        "'.', and must start and end with an alphanumeric character",
        kSubdomain, {"example.com"}));
  }
  return out;
}

Problems dns1035_label(std::string_view value) {
  Problems out;
  if (value.size() > 63) out.push_back(too_long(63));
  if (!is_label(value) || !lower(value.front())) {
    out.push_back(regex_problem(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
        "alphabetic character, and end with an alphanumeric character",
        k1035, {"my-name", "abc-123"}));
  }
  return out;
}

Problems label_key(std::string_view value) {
  Problems out;
  std::string_view name = value;
  if (size_t slash = value.find('/'); slash != std::string_view::npos) {
    std::string_view prefix = value.substr(0, slash);
    name = value.substr(slash + 1);
    if (name.contains('/')) {
      out.push_back("a valid label key " +
                    regex_problem(kLabelKeyMessage, kLabelKey, {"MyName", "my.name", "123-abc"}) +
                    " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
      return out;
    }
    if (prefix.empty()) {
      out.emplace_back("prefix part must be non-empty");
    } else if (prefix.size() > 253 || !is_subdomain(prefix)) {
      if (prefix.size() > 253) out.push_back("prefix part " + too_many_bytes(253));
      if (!is_subdomain(prefix)) {
        out.push_back("prefix part " + dns1123_subdomain(prefix).back());
      }
    }
  }
  if (name.empty()) {
    out.emplace_back("name part must be non-empty");
  } else if (name.size() > 63) {
    out.push_back("name part " + too_many_bytes(63));
  }
  if (!is_label_name(name)) {
    out.push_back("name part " +
                  regex_problem(kLabelKeyMessage, kLabelKey, {"MyName", "my.name", "123-abc"}));
  }
  return out;
}

Problems label_value(std::string_view value) {
  Problems out;
  if (value.size() > 63) out.push_back(too_many_bytes(63));
  if (!value.empty() && !is_label_name(value)) {
    out.push_back(regex_problem(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
        "'.', and must start and end with an alphanumeric character",
        kLabelValue, {"MyValue", "my_value", "12345"}));
  }
  return out;
}

Problems config_map_key(std::string_view value) {
  Problems out;
  if (value.size() > 253) out.push_back(too_long(253));
  bool fine = !value.empty() && std::ranges::all_of(value, [](char c) {
    return alphanumeric(c) || c == '-' || c == '_' || c == '.';
  });
  if (!fine) {
    out.push_back(
        regex_problem("a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
                      "[-._a-zA-Z0-9]+", {"key.name", "KEY_NAME", "key-name"}));
  }
  no_dot_directories(value, out);
  return out;
}

Problems port_name(std::string_view value) {
  Problems out;
  if (value.size() > 15) out.push_back(too_long(15));
  if (value.empty() ||
      !std::ranges::all_of(value, [](char c) { return lower_or_digit(c) || c == '-'; })) {
    out.emplace_back("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (std::ranges::none_of(value, lower)) {
    out.emplace_back("must contain at least one letter (a-z)");
  }
  if (value.contains("--")) out.emplace_back("must not contain consecutive hyphens");
  if (value.starts_with('-') || value.ends_with('-')) {
    out.emplace_back("must not begin or end with a hyphen");
  }
  return out;
}

Problems env_var_name(std::string_view value) {
  Problems out;
  if (value.empty()) out.emplace_back("environment variable name must be non-empty");
  if (!std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~' && c != '='; })) {
    out.emplace_back(
        "a valid environment variable name must consist only of printable ASCII characters other "
        "than '='");
  }
  return out;
}

Problems http_header_name(std::string_view value) {
  bool fine = !value.empty() &&
              std::ranges::all_of(value, [](char c) { return alphanumeric(c) || c == '-'; });
  if (fine) return {};
  return {regex_problem("a valid HTTP header must consist of alphanumeric characters or '-'",
                        "[-A-Za-z0-9]+", {"X-Header-Name"})};
}

Problems path_segment(std::string_view value) {
  if (value == "." || value == "..") return {fmt::format("may not be '{}'", value)};
  Problems out;
  if (value.contains('/')) out.emplace_back("may not contain '/'");
  if (value.contains('%')) out.emplace_back("may not contain '%'");
  return out;
}

Problems port_number(int64_t value) {
  return in_range(value, 1, 65535);
}

Problems in_range(int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return {};
  return {fmt::format("must be between {} and {}, inclusive", low, high)};
}

namespace {

// Something will be appended to a prefix, so its last dash does not end the name. Upstream puts one
// `a` for the last two characters.
std::string masked(std::string_view name, bool prefix) {
  if (!prefix || name.size() < 2 || name.back() != '-') return std::string(name);
  return std::string(name.substr(0, name.size() - 2)) + "a";
}

}  // namespace

Problems name_is_dns_label(std::string_view name, bool prefix) {
  return dns1123_label(masked(name, prefix));
}
Problems name_is_dns_subdomain(std::string_view name, bool prefix) {
  return dns1123_subdomain(masked(name, prefix));
}
Problems name_is_dns1035_label(std::string_view name, bool prefix) {
  return dns1035_label(masked(name, prefix));
}

std::string generate_name(std::string_view base, uint64_t random) {
  constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string out(base.substr(0, 58));
  for (int i = 0; i < 5; ++i) {
    out += kAlphabet[random % kAlphabet.size()];
    random /= kAlphabet.size();
  }
  return out;
}

}  // namespace nanika::apiserver::kinds
