// The string formats that upstream checks (kube-openapi/pkg/validation/strfmt) and those it
// ignores.
#include <array>
#include <charconv>
#include <unordered_map>

#include <arpa/inet.h>
#include <re2/re2.h>

#include "apiserver/schema/validate.h"
#include "base/clock.h"

namespace nanika::apiserver::schema {
namespace {

using Check = bool (*)(std::string_view);

bool matches(const RE2& pattern, std::string_view text) {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

template <size_t N>
struct Pattern {
  char text[N];
  consteval Pattern(const char (&t)[N]) { std::copy_n(t, N, text); }
};

/// A format that is a regular expression and nothing else.
template <Pattern P>
bool fits(std::string_view text) {
  static const RE2 compiled(P.text, RE2::Quiet);
  return matches(compiled, text);
}

bool is_date(std::string_view text) {
  if (!fits<"^[0-9]{4}-[0-9]{2}-[0-9]{2}$">(text)) return false;
  const auto number = [&](size_t at, size_t n) {
    int v = 0;
    std::from_chars(text.data() + at, text.data() + at + n, v);
    return v;
  };
  return std::chrono::year_month_day(std::chrono::year(number(0, 4)),
                                     std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                     std::chrono::day(static_cast<unsigned>(number(8, 2))))
      .ok();
}

bool is_date_time(std::string_view text) {
  const size_t t = text.find_first_of("tT");
  if (t == std::string_view::npos || !is_date(text.substr(0, t))) return false;
  std::string_view rest = text.substr(t + 1);
  rest = rest.substr(0, rest.find_first_of("tT"));
  return fits<"^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](.[0-9]+)?([zZ]|[+-][0-9]{2}:[0-9]{2})$">(
      rest);
}

// Go's syntax, or Scala's: "2 days".
bool is_duration(std::string_view text) {
  if (base::parse_duration(text)) return true;
  static const RE2 part(
      "(?i)[0-9]+\\s*(ns|nano[a-zµ]*|us|µs|micro[a-zµ]*|ms|milli[a-zµ]*|s|sec[a-zµ]*|"
      "m|min[a-zµ]*|h|hr|hour[a-zµ]*|d|day[a-zµ]*|w|wk|week[a-zµ]*)(?:[^a-zµ]|$)",
      RE2::Quiet);
  return matches(part, text);
}

bool parse_ip(int family, const std::string& text) {
  std::array<unsigned char, 16> bytes;
  return inet_pton(family, text.c_str(), bytes.data()) == 1;
}

// Go's sloppy form lets IPv4 numbers begin with zeros.
bool is_ipv4(std::string_view text) {
  if (text.find(':') != std::string_view::npos)
    return text.find('.') != std::string_view::npos && parse_ip(AF_INET6, std::string(text));
  return fits<
      "^(0*(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[0-9]{1,2})\\.){3}"
      "0*(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[0-9]{1,2})$">(text);
}

bool is_ipv6(std::string_view text) {
  return text.find(':') != std::string_view::npos && text.find('\0') == std::string_view::npos &&
         parse_ip(AF_INET6, std::string(text));
}

bool is_cidr(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view address = text.substr(0, slash);
  const std::string_view bits = text.substr(slash + 1);
  const bool six = address.find(':') != std::string_view::npos;
  if (!(six ? is_ipv6(address) : is_ipv4(address)) || bits.empty() || bits.size() > 3) return false;
  int n = -1;
  const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), n);
  return error == std::errc() && end == bits.data() + bits.size() && n >= 0 &&
         n <= (six ? 128 : 32);
}

bool is_hostname(std::string_view text) {
  static const RE2 form(
      "^([a-zA-Z0-9\\p{S}\\p{L}]((-?[a-zA-Z0-9\\p{S}\\p{L}]{0,62})?)|"
      "([a-zA-Z0-9\\p{S}\\p{L}](([a-zA-Z0-9-\\p{S}\\p{L}]{0,61}[a-zA-Z0-9\\p{S}\\p{L}])?)(\\.)){1,}"
      "([a-zA-Z\\p{L}]){2,63})$",
      RE2::Quiet);
  if (text.size() > 255 || !matches(form, text)) return false;
  for (size_t start = 0; start <= text.size();) {
    const size_t dot = std::min(text.find('.', start), text.size());
    if (dot - start > 63) return false;
    start = dot + 1;
  }
  return true;
}

// RFC 5322 addr-spec, or a name with <addr-spec>, as net/mail takes it.
bool is_email(std::string_view text) {
  return fits<
      "^\\s*(?:(?:\"(?:[^\"\\\\]|\\\\.)*\"|[^<>@\",;:\\\\\\[\\]()]*)\\s*<[^<>\\s@]+@[^<>\\s@]+>|"
      "(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\\x00-\\x7f])+"
      "(?:\\.(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\\x00-\\x7f])+)*"
      "@(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\\x00-\\x7f])+"
      "(?:\\.(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\\x00-\\x7f])+)*)\\s*$">(text);
}

bool is_one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_authority(std::string_view text) {
  const size_t at = text.rfind('@');
  std::string_view host = at == std::string_view::npos ? text : text.substr(at + 1);
  if (at != std::string_view::npos && !fits<"^[-A-Za-z0-9._:~!$&'()*+,;=%@]*$">(text.substr(0, at)))
    return false;
  const size_t end = host.starts_with('[') ? host.rfind(']') : std::string_view::npos;
  if (host.starts_with('[') && end == std::string_view::npos) return false;
  const size_t colon =
      end != std::string_view::npos ? end + 1 : std::min(host.rfind(':'), host.size());
  if (!fits<"^(?::[0-9]*)?$">(host.substr(colon))) return false;
  return std::ranges::all_of(host.substr(0, colon), [](char c) {
    return is_alnum(c) || static_cast<unsigned char>(c) >= 0x80 ||
           is_one_of(c, "-_.~!$&'()*+,;=:[]<>\"%");
  });
}

// url.ParseRequestURI: an absolute URI or an absolute path.
bool is_uri(std::string_view text) {
  if (text.empty() || fits<"[\\x00-\\x1f\\x7f]">(text)) return false;
  if (text == "*") return true;
  if (text[0] == ':') return false;
  std::string_view rest = text;
  const bool scheme = fits<"^[A-Za-z][A-Za-z0-9+.-]*:">(text);
  if (scheme) rest.remove_prefix(text.find(':') + 1);
  rest = rest.substr(0, rest.find('?'));
  if (!rest.starts_with('/')) return scheme;
  if (scheme && rest.starts_with("//")) {
    rest.remove_prefix(2);
    const size_t slash = std::min(rest.find('/'), rest.size());
    if (!is_authority(rest.substr(0, slash))) return false;
    rest.remove_prefix(slash);
  }
  return !fits<"%(?:[^0-9A-Fa-f]|.[^0-9A-Fa-f]|.?$)">(rest);
}

bool luhn(std::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (size_t i = digits.size(); i-- > 0; twice = !twice) {
    const int n = (digits[i] - '0') * (twice ? 2 : 1);
    sum += n >= 10 ? n % 10 + 1 : n;
  }
  return sum % 10 == 0;
}

std::string only(std::string_view text, std::string_view keep) {
  std::string out;
  std::ranges::copy_if(text, std::back_inserter(out),
                       [&](char c) { return keep.find(c) != std::string_view::npos; });
  return out;
}

bool is_credit_card(std::string_view text) {
  const std::string digits = only(text, "0123456789");
  return fits<
             "^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|"
             "3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\\d{3})\\d{11})$">(
             digits) &&
         luhn(digits);
}

// Dashes and white space between the digits are let through.
std::string isbn_digits(std::string_view text) {
  std::string out;
  std::ranges::copy_if(text, std::back_inserter(out), [](char c) {
    return std::string_view(" \t\r\n\f-").find(c) == std::string_view::npos;
  });
  return out;
}

bool is_isbn10(std::string_view text) {
  const std::string digits = isbn_digits(text);
  if (!fits<"^(?:[0-9]{9}X|[0-9]{10})$">(digits)) return false;
  int sum = 0;
  for (int i = 0; i < 10; ++i) sum += (i + 1) * (digits[i] == 'X' ? 10 : digits[i] - '0');
  return sum % 11 == 0;
}

bool is_isbn13(std::string_view text) {
  const std::string digits = isbn_digits(text);
  if (!fits<"^[0-9]{13}$">(digits)) return false;
  int sum = 0;
  for (int i = 0; i < 12; ++i) sum += (i % 2 == 0 ? 1 : 3) * (digits[i] - '0');
  return digits[12] - '0' == (10 - sum % 10) % 10;
}

const std::unordered_map<std::string_view, Check>& checks() {
  static const std::unordered_map<std::string_view, Check> all = {
      {"bsonobjectid", fits<"^[0-9a-fA-F]{24}$">},
      {"uri", is_uri},
      {"email", is_email},
      {"hostname", is_hostname},
      {"ipv4", is_ipv4},
      {"ipv6", is_ipv6},
      {"cidr", is_cidr},
      {"mac",
       fits<"(?i)^(?:(?:[0-9a-f]{2}:){5}(?:(?:[0-9a-f]{2}:){2}|(?:[0-9a-f]{2}:){14})?[0-9a-f]{2}|"
            "(?:[0-9a-f]{2}-){5}(?:(?:[0-9a-f]{2}-){2}|(?:[0-9a-f]{2}-){14})?[0-9a-f]{2}|"
            "[0-9a-f]{4}\\.[0-9a-f]{4}\\.[0-9a-f]{4}(?:\\.[0-9a-f]{4}|(?:\\.[0-9a-f]{4}){7})?)$">},
      {"uuid", fits<"(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$">},
      {"uuid3", fits<"(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$">},
      {"uuid4",
       fits<"(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$">},
      {"uuid5",
       fits<"(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$">},
      {"isbn", [](std::string_view text) { return is_isbn10(text) || is_isbn13(text); }},
      {"isbn10", is_isbn10},
      {"isbn13", is_isbn13},
      {"creditcard", is_credit_card},
      {"ssn", fits<"^(?:\\d{3}[- ]\\d{2}[- ]\\d{4})$">},
      {"hexcolor", fits<"^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$">},
      {"rgbcolor", fits<"^rgb\\(\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*,"
                        "\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*,"
                        "\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*\\)$">},
      {"byte",
       fits<"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$">},
      {"password", [](std::string_view) { return true; }},
      {"date", is_date},
      {"duration", is_duration},
      {"datetime", is_date_time},
      {"k8sshortname",
       [](std::string_view text) {
         return text.size() <= 63 && fits<"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$">(text);
       }},
      {"k8slongname",
       [](std::string_view text) {
         return text.size() <= 253 &&
                fits<"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$">(text);
       }},
  };
  return all;
}

// Dashes in a format's name do not matter.
Check find_check(std::string_view format) {
  std::string name(format);
  std::erase(name, '-');
  const auto found = checks().find(name);
  return found == checks().end() ? nullptr : found->second;
}

}  // namespace

bool matches_format(std::string_view format, std::string_view text) {
  const Check check = find_check(format);
  return check == nullptr || check(text);
}

bool format_is_known(Type type, std::string_view format) {
  switch (type) {
    case Type::kAny:
    case Type::kString:
    case Type::kIntOrString:
      return find_check(format) != nullptr;
    case Type::kInteger:
      return format == "int32" || format == "int64";
    case Type::kNumber:
      return format == "float" || format == "double";
    default:
      return false;
  }
}

}  // namespace nanika::apiserver::schema
