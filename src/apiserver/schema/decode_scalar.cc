#include "apiserver/schema/decode_scalar.h"

#include "apiserver/schema/decode.h"
#include "base/clock.h"

namespace nanika::apiserver::schema {
namespace {

using base::Code;
using base::fail;
using base::Result;

// What time.Parse says of text that does not fit RFC 3339: the first element that fails.
std::unexpected<base::Error> time_error(std::string_view text, std::string_view layout) {
  static constexpr std::string_view kElements[] = {"2006", "-", "01", "-", "02", "T",
                                                   "15",   ":", "04", ":", "05", "Z07:00"};
  size_t at = 0;
  for (std::string_view element : kElements) {
    const std::string_view rest = text.substr(std::min(at, text.size()));
    const bool digits = element.size() > 1 && element != "Z07:00";
    bool fits = rest.size() >= element.size();
    for (size_t i = 0; fits && digits && i < element.size(); ++i)
      fits = rest[i] >= '0' && rest[i] <= '9';
    if (fits && !digits && element != "Z07:00") fits = rest.starts_with(element);
    if (!fits || element == "Z07:00")
      return fail(Code::kInvalid, "parsing time \"{}\" as \"{}\": cannot parse \"{}\" as \"{}\"",
                  text, layout, rest, element);
    at += element.size();
  }
  return fail(Code::kInvalid, "parsing time \"{}\" as \"{}\"", text, layout);
}

}  // namespace

bool is_scalar_codec(const Schema& schema) {
  const std::string_view codec = schema.codec;
  return codec == "Quantity" || codec == "Time" || codec == "MicroTime" || codec == "Duration";
}

Result<std::string> canonical_scalar(const json::value& value, const Schema& schema) {
  const std::string_view codec = schema.codec;
  if (codec == "Quantity" && value.is_number()) return canonical_quantity(number_text(value));
  if (codec == "Quantity" && !value.is_string()) {
    return fail(Code::kInvalid,
                "quantities must match the regular expression "
                "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  }
  if (!value.is_string()) return fail(Code::kUnsupported, "a {} is a string", codec);
  const std::string_view text = value.get_string();
  if (codec == "Quantity") return canonical_quantity(text);
  if (codec == "Duration") {
    const Result<base::Duration> duration = base::parse_duration(text);
    if (!duration) return fail(Code::kInvalid, "time: invalid duration \"{}\"", text);
    return base::format_duration(*duration);
  }
  const bool micro = codec == "MicroTime";
  const Result<base::AnyTime> time = base::parse_any_time(text);
  if (!time)
    return time_error(text,
                      micro ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00");
  return micro ? base::format_micro_time(*time) : base::format_time(*time);
}

Result<void> check_base64(std::string_view text) {
  size_t digits = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n' || c == '\r') continue;
    const bool alphabet = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                          (c >= '0' && c <= '9') || c == '+' || c == '/';
    if (alphabet) {
      ++digits;
      continue;
    }
    // Padding: one or two at the very end, completing a group of four.
    const std::string_view rest = text.substr(at);
    const size_t want = digits % 4 == 2 ? 2 : digits % 4 == 3 ? 1 : 0;
    if (c == '=' && want == 2 && rest.size() == 1)
      return fail(Code::kInvalid, "illegal base64 data at input byte {}", text.size());
    const size_t last = rest.find_last_not_of("\r\n");
    if (c == '=' && want != 0 && last + 1 == want && rest.substr(0, want) == std::string(want, '='))
      return {};
    return fail(Code::kInvalid, "illegal base64 data at input byte {}", at);
  }
  if (digits % 4 == 0) return {};
  return fail(Code::kInvalid, "illegal base64 data at input byte {}", text.size() - digits % 4);
}

std::string number_text(const json::value& number) {
  if (number.is_int64()) return fmt::format("{}", number.get_int64());
  if (number.is_uint64()) return fmt::format("{}", number.get_uint64());
  const double d = number.get_double();
  return d == static_cast<double>(static_cast<int64_t>(std::clamp(d, -1e15, 1e15)))
             ? fmt::format("{:.1f}", d)
             : fmt::format("{}", d);
}

}  // namespace nanika::apiserver::schema
