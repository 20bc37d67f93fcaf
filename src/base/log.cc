#include "base/log.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"

namespace nanika::base::log {

namespace {

std::atomic<Format> format = Format::kText;
std::atomic<Level> lowest_level = Level::kInfo;

constexpr std::array<std::string_view, 18> kKeyNames{
    "object", "kind", "controller", "node",     "peer",  "address",  "error", "reason", "user",
    "method", "path", "status",     "duration", "count", "revision", "file",  "pid",    "version"};
static_assert(kKeyNames.size() == static_cast<size_t>(Key::kVersion) + 1);

std::string_view key_name(Key key) {
  return kKeyNames[static_cast<size_t>(key)];
}

std::string_view level_name(Level level, Format for_format) {
  static constexpr std::array<std::string_view, 4> kText{"DEBUG", "INFO ", "WARN ", "ERROR"};
  static constexpr std::array<std::string_view, 4> kJson{"debug", "info", "warning", "error"};
  return (for_format == Format::kText ? kText : kJson)[static_cast<size_t>(level)];
}

std::string now() {
  std::string text = format_micro_time(system_clock().wall());
  return text.replace(text.size() - 4, 3, "");  // milliseconds
}

/// As it is when that is plain to read, else as a JSON string: a value never breaks its line.
void append_value(std::string& out, std::string_view value) {
  auto plain = [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != '"' && c != '\\' && c != '=' && c != 0x7f;
  };
  if (!value.empty() && std::ranges::all_of(value, plain)) {
    out += value;
  } else {
    append_json_string(out, value);
  }
}

std::string text_line(Level level, std::string_view component, std::string_view message,
                      Fields fields) {
  std::string out = fmt::format("{} {} {}: ", now(), level_name(level, Format::kText), component);
  for (char c : message) out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  for (const Field& field : fields) {
    fmt::format_to(std::back_inserter(out), " {}=", key_name(field.key));
    append_value(out, field.value);
  }
  return out;
}

std::string json_line(Level level, std::string_view component, std::string_view message,
                      Fields fields) {
  std::string out = fmt::format(R"({{"time":"{}","level":"{}","component":)", now(),
                                level_name(level, Format::kJson));
  append_json_string(out, component);
  out += R"(,"message":)";
  append_json_string(out, message);
  for (const Field& field : fields) {
    fmt::format_to(std::back_inserter(out), ",\"{}\":", key_name(field.key));
    append_json_string(out, field.value);
  }
  return out + "}";
}

}  // namespace

void configure(Format new_format, Level lowest) {
  format = new_format;
  lowest_level = lowest;
}

void write(Level level, std::string_view component, std::string_view message, Fields fields) {
  if (level < lowest_level.load(std::memory_order_relaxed)) return;
  std::string line = format == Format::kText ? text_line(level, component, message, fields)
                                             : json_line(level, component, message, fields);
  line += '\n';
  // A log that cannot be written has nowhere to say so.
  [[maybe_unused]] ssize_t ignored = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace nanika::base::log
