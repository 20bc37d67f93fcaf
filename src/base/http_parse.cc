#include "base/http_parse.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace nanika::base::http {

namespace {

constexpr size_t kMaxFields = 256;
constexpr size_t kMaxChunkLine = 1024;
constexpr size_t kMaxTrailer = 16 << 10;

consteval std::array<bool, 256> token_table() {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}
constexpr std::array<bool, 256> kToken = token_table();

std::unexpected<ParseError> bad(std::string message, int status = 400) {
  return std::unexpected(ParseError{status, std::move(message)});
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool same(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

/// The next line without its CRLF, removed from `text`. HeadScanner made sure that it is there.
std::string_view take_line(std::string_view& text) {
  const size_t end = text.find("\r\n");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), end + 2));
  return line;
}

Parsed<Headers> parse_fields(std::string_view text) {
  Headers headers;
  size_t count = 0;
  for (;;) {
    const std::string_view line = take_line(text);
    if (line.empty()) return headers;
    if (line.front() == ' ' || line.front() == '\t') return bad("folded header line");
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return bad("header line without a colon");
    const std::string_view name = line.substr(0, colon);
    if (!is_token(name)) return bad("malformed header name");
    const std::string_view value = trim(line.substr(colon + 1));
    if (!is_field_value(value)) return bad("control character in a header value");
    if (++count > kMaxFields) return bad("too many header fields", 431);
    headers.add(std::string(name), std::string(value));
  }
}

struct Body {
  Framing framing = Framing::kNone;
  uint64_t length = 0;
};

/// RFC 9112 section 6.3, refusing all that it lets a server repair.
Parsed<Body> body_of(const Headers& headers, bool http10) {
  const auto codings = headers.all("Transfer-Encoding");
  const auto lengths = headers.all("Content-Length");
  if (!codings.empty()) {
    if (!lengths.empty()) return bad("both Transfer-Encoding and Content-Length");
    if (http10) return bad("Transfer-Encoding in HTTP/1.0");
    if (codings.size() != 1 || !same(codings[0], "chunked")) {
      return bad("unsupported Transfer-Encoding: only chunked is known");
    }
    return Body{Framing::kChunked, 0};
  }
  if (lengths.empty()) return Body{};
  if (lengths.size() > 1) return bad("more than one Content-Length");
  const std::string_view text = lengths[0];
  uint64_t length = 0;
  const bool digits =
      !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || text.size() > 18) return bad("malformed Content-Length");
  std::from_chars(text.data(), text.data() + text.size(), length);
  return Body{Framing::kLength, length};
}

/// Brings absolute-form to origin-form (RFC 9112 section 3.2.2).
Parsed<std::string> parse_target(std::string_view method, std::string_view target,
                                 std::string& authority) {
  if (target.empty() ||
      !std::ranges::all_of(target, [](char c) { return c > ' ' && c < '\x7f'; })) {
    return bad("malformed request target");
  }
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() > scheme.size() && same(target.substr(0, scheme.size()), scheme)) {
      target.remove_prefix(scheme.size());
      const size_t end = std::min(target.find_first_of("/?"), target.size());
      authority = target.substr(0, end);
      target.remove_prefix(end);
      if (authority.empty()) return bad("request target without a host");
      if (target.empty() || target.front() == '?') return fmt::format("/{}", target);
      break;
    }
  }
  if (target.front() != '/' && !(target == "*" && method == "OPTIONS")) {
    return bad("request target must be a path");
  }
  return std::string(target);
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}

bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
  });
}

bool has_token(const Headers& headers, std::string_view name, std::string_view token) {
  for (std::string_view list : headers.all(name)) {
    while (!list.empty()) {
      const size_t end = list.find(',');
      if (same(trim(list.substr(0, end)), token)) return true;
      list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
    }
  }
  return false;
}

Parsed<size_t> HeadScanner::scan(std::string_view buffer) {
  for (;;) {
    const size_t newline = buffer.find('\n', seen_);
    const std::string_view fresh = buffer.substr(seen_, newline - seen_);
    if (fresh.find('\0') != std::string_view::npos) return bad("NUL in the header");
    if (newline == std::string_view::npos) {
      // A CR at the very end waits for its LF; any other must have one behind it.
      seen_ = buffer.size();
      const size_t cr = buffer.substr(line_).find('\r');
      if (cr != std::string_view::npos && line_ + cr + 1 < buffer.size())
        return bad("bare CR in the header");
      return size_t{0};
    }
    const std::string_view line = buffer.substr(line_, newline - line_);
    if (line.empty() || line.back() != '\r') return bad("bare LF in the header");
    if (line.find('\r') != line.size() - 1) return bad("bare CR in the header");
    seen_ = newline + 1;
    const bool first = line_ == 0;
    line_ = seen_;
    // One empty line before a request is forgiven (RFC 9112 section 2.2) by the caller, who sees a
    // header of size 2.
    if (line.size() == 1) return first ? size_t{2} : seen_;
  }
}

Parsed<RequestHead> parse_request_head(std::string_view head) {
  RequestHead out;
  const std::string_view line = take_line(head);
  const size_t space = line.find(' ');
  const size_t last = line.rfind(' ');
  if (space == std::string_view::npos || last == space) return bad("malformed request line");
  const std::string_view method = line.substr(0, space);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method)) return bad("malformed method");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    const bool http = version.starts_with("HTTP/") && version.size() == 8;
    return http ? bad("only HTTP/1.1 is spoken here", 505) : bad("malformed request line");
  }
  out.http10 = version == "HTTP/1.0";
  std::string authority;
  auto target = parse_target(method, line.substr(space + 1, last - space - 1), authority);
  if (!target) return std::unexpected(std::move(target.error()));
  auto headers = parse_fields(head);
  if (!headers) return std::unexpected(std::move(headers.error()));
  const auto hosts = headers->all("Host");
  if (hosts.size() > 1) return bad("more than one Host");
  if (hosts.empty() && !out.http10) return bad("missing required Host header");
  auto body = body_of(*headers, out.http10);
  if (!body) return std::unexpected(std::move(body.error()));
  out.framing = body->framing;
  out.length = body->length;
  out.keep_alive = !out.http10 && !has_token(*headers, "Connection", "close");
  if (headers->has("Expect") && !out.http10) {
    if (!same(headers->get("Expect"), "100-continue")) return bad("unknown expectation", 417);
    out.expect_continue = out.framing != Framing::kNone;
  }
  if (!authority.empty()) headers->set("Host", std::move(authority));
  out.request.method = method;
  out.request.target = std::move(*target);
  out.request.headers = std::move(*headers);
  return out;
}

Parsed<ResponseHead> parse_response_head(std::string_view head, std::string_view request_method) {
  ResponseHead out;
  const std::string_view line = take_line(head);
  const bool http10 = line.starts_with("HTTP/1.0 ");
  if (!http10 && !line.starts_with("HTTP/1.1 ")) return bad("not an HTTP/1.1 answer");
  const std::string_view code = line.substr(9, 3);
  int status = 0;
  const auto [end, error] = std::from_chars(code.data(), code.data() + code.size(), status);
  if (error != std::errc() || end != code.data() + 3 || status < 100 ||
      (line.size() > 12 && line[12] != ' ')) {
    return bad("malformed status line");
  }
  auto headers = parse_fields(head);
  if (!headers) return std::unexpected(std::move(headers.error()));
  const bool bodyless = request_method == "HEAD" || status < 200 || status == 204 || status == 304;
  auto body = body_of(*headers, http10);
  if (!body) return std::unexpected(std::move(body.error()));
  out.length = body->length;
  out.framing = body->framing == Framing::kNone ? Framing::kUntilClose : body->framing;
  if (bodyless) out.framing = Framing::kNone;
  out.keep_alive =
      !http10 && out.framing != Framing::kUntilClose && !has_token(*headers, "Connection", "close");
  out.response.status = status;
  out.response.headers = std::move(*headers);
  return out;
}

ChunkDecoder::State ChunkDecoder::size_line(std::string_view line) {
  const size_t end = std::min(line.find_first_not_of("0123456789abcdefABCDEF"), line.size());
  // 15 digits are a petabyte: whatever the limit, such a size is no honest one.
  if (end == 0 || end > 15) return State::kBad;
  std::from_chars(line.data(), line.data() + end, left_, 16);
  const std::string_view extension = trim(line.substr(end));
  if (!extension.empty() && extension.front() != ';') return State::kBad;
  if (end < line.size() && extension.empty()) return State::kBad;
  if (!is_field_value(extension)) return State::kBad;
  part_ = left_ == 0 ? Part::kTrailer : Part::kData;
  return State::kMore;
}

ChunkDecoder::State ChunkDecoder::feed(std::string_view in, std::string& out, size_t max_out,
                                       size_t& used) {
  used = 0;
  while (part_ != Part::kEnd) {
    const std::string_view rest = in.substr(used);
    if (part_ == Part::kData) {
      if (left_ > max_out || out.size() > max_out - left_) return State::kTooLarge;
      const size_t take = std::min<uint64_t>(left_, rest.size());
      out.append(rest.substr(0, take));
      used += take;
      left_ -= take;
      if (left_ > 0) return State::kMore;
      part_ = Part::kDataEnd;
      continue;
    }
    const size_t newline = rest.find('\n');
    if (newline == std::string_view::npos) {
      return rest.size() > (part_ == Part::kTrailer ? kMaxTrailer : kMaxChunkLine) ? State::kBad
                                                                                   : State::kMore;
    }
    if (newline == 0 || rest[newline - 1] != '\r' || newline > kMaxTrailer) return State::kBad;
    const std::string_view line = rest.substr(0, newline - 1);
    used += newline + 1;
    if (part_ == Part::kDataEnd) {
      if (!line.empty()) return State::kBad;
      part_ = Part::kSize;
    } else if (part_ == Part::kSize) {
      if (line.size() > kMaxChunkLine || size_line(line) == State::kBad) return State::kBad;
    } else if (line.empty()) {
      part_ = Part::kEnd;
    } else {
      // Trailer fields are checked and dropped: nothing that frames or routes may come late.
      trailer_bytes_ += line.size();
      const size_t colon = line.find(':');
      if (trailer_bytes_ > kMaxTrailer || colon == std::string_view::npos ||
          !is_token(line.substr(0, colon)) || !is_field_value(line.substr(colon + 1))) {
        return State::kBad;
      }
    }
  }
  return State::kDone;
}

}  // namespace nanika::base::http
