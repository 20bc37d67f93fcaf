// JSON values to block-style YAML, in the shape that kubectl -o yaml prints.
#include "base/yaml.h"
#include "base/yaml_scalar.h"

namespace nanika::base {

namespace {

bool is_space(char c) {
  return c == ' ' || c == '\n';
}

/// The \u escape of the character at the start of `s` when YAML (5.1) cannot hold it as it is, and
/// its length; else "".
std::pair<std::string, size_t> yaml_escape(std::string_view s) {
  auto byte = [&](size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
  if (byte(0) == 0x7f) return {"\\u007f", 1};
  if (byte(0) == 0xc2 && byte(1) < 0xa0) {  // C1 controls; NEL among them is a line break
    return {fmt::format("\\u{:04x}", byte(1)), 2};
  }
  if (s.starts_with("\xe2\x80\xa8")) return {"\\u2028", 3};
  if (s.starts_with("\xe2\x80\xa9")) return {"\\u2029", 3};
  if (s.starts_with("\xef\xbb\xbf")) return {"\\ufeff", 3};
  if (s.starts_with("\xef\xbf\xbe")) return {"\\ufffe", 3};
  if (s.starts_with("\xef\xbf\xbf")) return {"\\uffff", 3};
  return {"", 1};
}

/// Characters that only a double-quoted scalar can hold.
bool has_special(std::string_view s) {
  for (size_t i = 0; i < s.size(); i++) {
    bool control = static_cast<unsigned char>(s[i]) < 0x20 && s[i] != '\n';
    if (control || !yaml_escape(s.substr(i)).first.empty()) return true;
  }
  return false;
}

/// A double-quoted scalar: JSON's string, with what YAML forbids escaped as well.
void append_quoted(std::string& out, std::string_view s) {
  std::string text;
  append_json_string(text, s);
  for (size_t i = 0; i < text.size();) {
    auto [escape, length] = yaml_escape(std::string_view(text).substr(i));
    out += escape.empty() ? text.substr(i, 1) : escape;
    i += length;
  }
}

/// Can stand without quotes, in block and flow context (YAML 1.1 section 9.1.3).
bool plain_allowed(std::string_view s) {
  if (s.empty() || is_space(s.front()) || is_space(s.back()) || s.contains('\n')) return false;
  if (s.starts_with("---") || s.starts_with("...")) return false;
  static constexpr std::string_view kIndicators = "#,[]{}&*!|>'\"%@`";
  if (kIndicators.contains(s.front())) return false;
  if ((s.front() == '-' || s.front() == '?' || s.front() == ':') &&
      (s.size() == 1 || s[1] == ' ')) {
    return false;
  }
  return !s.contains(": ") && !s.contains(" #") && !s.ends_with(':') &&
         s.find_first_of(",[]{}?") == std::string_view::npos;
}

bool reads_as_string(std::string_view s) {
  if (s == "<<" || s == "=") return false;
  auto resolved = resolve_plain_scalar(s);
  return resolved && resolved->is_string();
}

/// A time would stay a string here, but other readers make it one: quote it as goyaml does.
bool looks_like_time(std::string_view s) {
  return s.size() >= 8 && s[4] == '-' &&
         std::ranges::all_of(s.substr(0, 4), [](char c) { return c >= '0' && c <= '9'; });
}

bool literal_allowed(std::string_view s) {
  return s.contains('\n') && !is_space(s.front()) && s.back() != ' ' && !s.contains(" \n") &&
         !has_special(s);
}

void append_scalar(std::string& out, std::string_view s) {
  if (has_special(s)) return append_quoted(out, s);
  if (!reads_as_string(s) || looks_like_time(s)) return append_quoted(out, s);
  if (plain_allowed(s)) {
    out += s;
    return;
  }
  if (s.contains('\n')) return append_quoted(out, s);
  out += '\'';
  for (char c : s) out.append(c == '\'' ? 2 : 1, c);
  out += '\'';
}

void append_literal(std::string& out, std::string_view s, size_t indent) {
  bool ends = s.ends_with('\n');
  out += ends ? (s.ends_with("\n\n") ? "|+" : "|") : "|-";
  if (ends) s.remove_suffix(1);
  size_t start = 0;
  while (true) {
    size_t newline = s.find('\n', start);
    std::string_view line = s.substr(start, newline - start);
    out += '\n';
    if (!line.empty()) out.append(indent, ' ').append(line);
    if (newline == std::string_view::npos) return;
    start = newline + 1;
  }
}

bool is_block(const json::value& value) {
  return (value.is_array() && !value.get_array().empty()) ||
         (value.is_object() && !value.get_object().empty());
}

/// Writes `value` whose lines stand `indent` deep; the first continues the present line.
void append_value(std::string& out, const json::value& value, size_t indent) {
  auto new_line = [&](bool& first) {
    if (!std::exchange(first, false)) out.append("\n").append(indent, ' ');
  };
  bool first = true;
  if (!is_block(value)) {
    if (!value.is_string()) return append_json(out, value);
    std::string_view s = value.get_string();
    return literal_allowed(s) ? append_literal(out, s, std::max<size_t>(indent, 2))
                              : append_scalar(out, s);
  }
  if (value.is_array()) {
    for (const json::value& item : value.get_array()) {
      new_line(first);
      out += "- ";
      append_value(out, item, indent + 2);
    }
    return;
  }
  for (const auto& [key, member] : value.get_object()) {
    new_line(first);
    append_scalar(out, key);
    out += ':';
    if (!is_block(member)) {
      out += ' ';
      append_value(out, member, indent + 2);
      continue;
    }
    // Lists stand as deep as their key, maps deeper.
    size_t deeper = indent + (member.is_array() ? 0 : 2);
    out.append("\n").append(deeper, ' ');
    append_value(out, member, deeper);
  }
}

}  // namespace

std::string to_yaml(const json::value& value) {
  std::string out;
  append_value(out, value, 0);
  out += '\n';
  return out;
}

}  // namespace nanika::base
