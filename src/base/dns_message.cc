#include "base/dns_message.h"

#include <algorithm>

#include <arpa/inet.h>

namespace nanika::base::dns {

namespace {

constexpr size_t kHeader = 12;
constexpr size_t kMaxName = 253;

void put16(std::string& out, unsigned value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value));
}

/// Reads from a message; everything after a read past the end is zero and !ok.
struct Reader {
  std::string_view message;
  size_t at = 0;
  bool ok = true;

  unsigned u8() {
    if (at >= message.size()) {
      ok = false;
      return 0;
    }
    return static_cast<unsigned char>(message[at++]);
  }
  unsigned u16() {
    const unsigned high = u8();
    return high << 8 | u8();
  }
  void skip(size_t bytes) {
    if (bytes > message.size() - at) ok = false;
    at += ok ? bytes : 0;
  }
  void skip_name() {
    for (size_t labels = 0; ok && labels <= kMaxName; ++labels) {
      const unsigned length = u8();
      if (length == 0) return;
      if (length >= 0xc0) {
        u8();  // the rest stands elsewhere
        return;
      }
      if (length > 63) ok = false;
      if (ok) skip(length);
    }
  }
};

}  // namespace

Result<std::string> make_query(uint16_t id, std::string_view name, Type type) {
  std::string out;
  put16(out, id);
  put16(out, 0x0100);  // recursion desired
  put16(out, 1);       // one question
  out.append(6, '\0');
  if (name.empty() || name.size() > kMaxName)
    return fail(Code::kInvalid, "\"{}\": not a host name", name);
  std::string_view rest = name;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('.'), rest.size());
    if (end == 0 || end > 63 || end + 1 == rest.size()) {
      return fail(Code::kInvalid, "\"{}\": not a host name", name);
    }
    out.push_back(static_cast<char>(end));
    out.append(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  out.push_back('\0');
  put16(out, static_cast<unsigned>(type));
  put16(out, 1);  // IN
  return out;
}

Result<Answer> parse_answer(std::string_view message, uint16_t id, std::string_view name,
                            Type type) {
  const auto broken = [] { return fail(Code::kInvalid, "malformed DNS answer"); };
  const std::string query = TRY(make_query(id, name, type));
  const std::string_view question = std::string_view(query).substr(kHeader);
  Reader in{message};
  const bool same_id = in.u16() == id;
  const unsigned flags = in.u16();
  const unsigned questions = in.u16();
  const unsigned answers = in.u16();
  in.skip(4);
  if (!in.ok || !same_id || (flags & 0x8000) == 0 || questions != 1) return broken();
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (!std::ranges::equal(message.substr(kHeader, question.size()), question,
                          [&](char a, char b) { return lower(a) == lower(b); })) {
    return broken();
  }
  in.skip(question.size());
  Answer out;
  out.code = static_cast<int>(flags & 15);
  for (unsigned i = 0; i < answers && in.ok; ++i) {
    in.skip_name();
    const unsigned got = in.u16();
    const unsigned in_class = in.u16();
    in.skip(4);  // TTL
    const unsigned size = in.u16();
    const size_t data = in.at;
    in.skip(size);
    const unsigned want_size = type == Type::kA ? 4 : 16;
    if (!in.ok || in_class != 1 || got != static_cast<unsigned>(type) || size != want_size)
      continue;
    char text[INET6_ADDRSTRLEN] = "";
    ::inet_ntop(type == Type::kA ? AF_INET : AF_INET6, message.data() + data, text, sizeof text);
    out.addresses.emplace_back(text);
  }
  // A truncated answer still has whole records in front.
  if (!in.ok && out.addresses.empty()) return broken();
  return out;
}

}  // namespace nanika::base::dns
