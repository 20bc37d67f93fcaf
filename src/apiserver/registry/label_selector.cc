#include <algorithm>
#include <charconv>

#include "apiserver/kinds/names.h"
#include "apiserver/registry/selector.h"

namespace nanika::apiserver {

namespace {

using Op = LabelSelector::Op;

enum class Kind : uint8_t {
  kEnd,
  kClose,
  kComma,
  kNot,
  kOpen,
  kEquals,
  kDoubleEquals,
  kNotEquals,
  kGreater,
  kLess,
  kIn,
  kNotIn,
  kWord,
};
struct Token {
  Kind kind;
  std::string text;
};

bool is_special(char c) {
  return std::string_view("=!(),><").find(c) != std::string_view::npos;
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

Kind symbol(std::string_view text) {
  static constexpr std::pair<std::string_view, Kind> kSymbols[] = {
      {")", Kind::kClose},   {",", Kind::kComma},      {"!", Kind::kNot},
      {"(", Kind::kOpen},    {"=", Kind::kEquals},     {"==", Kind::kDoubleEquals},
      {">", Kind::kGreater}, {"!=", Kind::kNotEquals}, {"<", Kind::kLess},
      {"in", Kind::kIn},     {"notin", Kind::kNotIn},
  };
  for (auto [name, kind] : kSymbols)
    if (name == text) return kind;
  return Kind::kEnd;
}

std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> out;
  size_t at = 0;
  while (at < text.size()) {
    if (is_space(text[at])) {
      ++at;
      continue;
    }
    size_t begin = at;
    if (is_special(text[at])) {
      // The longest symbol: "==" and "!=" before "=" and "!".
      ++at;
      while (at < text.size() && is_special(text[at]) &&
             symbol(text.substr(begin, at - begin + 1)) != Kind::kEnd)
        ++at;
      std::string_view word = text.substr(begin, at - begin);
      out.push_back({symbol(word), std::string(word)});
    } else {
      while (at < text.size() && !is_special(text[at]) && !is_space(text[at])) ++at;
      std::string_view word = text.substr(begin, at - begin);
      Kind kind = symbol(word);
      out.push_back({kind == Kind::kEnd ? Kind::kWord : kind, std::string(word)});
    }
  }
  return out;
}

class Parser {
 public:
  Parser(std::vector<Token> tokens, LabelSelector& out) : tokens_(std::move(tokens)), out_(out) {}

  ApiResult<void> parse() {
    while (true) {
      const Token& next = peek_key();
      if (next.kind == Kind::kEnd) return {};
      if (next.kind != Kind::kWord && next.kind != Kind::kNot)
        return api_fail(bad_request(
            fmt::format("found '{}', expected: !, identifier, or 'end of string'", next.text)));
      auto done = requirement();
      if (!done)
        return api_fail(bad_request("unable to parse requirement: " + done.error().message));
      Token separator = take();
      if (separator.kind == Kind::kEnd) return {};
      if (separator.kind != Kind::kComma)
        return api_fail(bad_request(
            fmt::format("found '{}', expected: ',' or 'end of string'", separator.text)));
      const Token& after = peek_key();
      if (after.kind != Kind::kWord && after.kind != Kind::kNot)
        return api_fail(
            bad_request(fmt::format("found '{}', expected: identifier after ','", after.text)));
    }
  }

 private:
  static const Token& end() {
    static const Token kEndToken{Kind::kEnd, ""};
    return kEndToken;
  }
  const Token& peek() const { return at_ < tokens_.size() ? tokens_[at_] : end(); }
  // "in" and "notin" are words where a key or a value stands.
  const Token& peek_key() {
    if (at_ < tokens_.size() &&
        (tokens_[at_].kind == Kind::kIn || tokens_[at_].kind == Kind::kNotIn))
      tokens_[at_].kind = Kind::kWord;
    return peek();
  }
  Token take() { return at_ < tokens_.size() ? tokens_[at_++] : end(); }

  ApiResult<void> requirement() {
    bool negated = peek().kind == Kind::kNot;
    if (negated) take();
    peek_key();
    Token key = take();
    if (key.kind != Kind::kWord)
      return api_fail(bad_request(fmt::format("found '{}', expected: identifier", key.text)));
    if (auto complaints = kinds::label_key(key.text); !complaints.empty())
      return api_fail(bad_request(
          fmt::format("key: Invalid value: {}: {}", quote(key.text), fmt::join(complaints, "; "))));
    if (negated) return out_.add(key.text, Op::kDoesNotExist, {});
    if (peek().kind == Kind::kEnd || peek().kind == Kind::kComma)
      return out_.add(key.text, Op::kExists, {});
    Token op = take();
    switch (op.kind) {
      case Kind::kIn:
        return set(key.text, Op::kIn);
      case Kind::kNotIn:
        return set(key.text, Op::kNotIn);
      case Kind::kEquals:
      case Kind::kDoubleEquals:
        return exact(key.text, Op::kIn);
      case Kind::kNotEquals:
        return exact(key.text, Op::kNotIn);
      case Kind::kGreater:
        return exact(key.text, Op::kGreater);
      case Kind::kLess:
        return exact(key.text, Op::kLess);
      default:
        return api_fail(bad_request(
            fmt::format("found '{}', expected: in, notin, =, ==, !=, gt, lt", op.text)));
    }
  }

  ApiResult<void> exact(std::string key, Op op) {
    const Token& next = peek_key();
    if (next.kind == Kind::kEnd || next.kind == Kind::kComma)
      return out_.add(std::move(key), op, {""});
    Token value = take();
    if (value.kind != Kind::kWord)
      return api_fail(bad_request(fmt::format("found '{}', expected: identifier", value.text)));
    return out_.add(std::move(key), op, {value.text});
  }

  ApiResult<void> set(std::string key, Op op) {
    Token open = take();
    if (open.kind != Kind::kOpen)
      return api_fail(bad_request(fmt::format("found '{}' expected: '('", open.text)));
    std::vector<std::string> values;
    bool want_value = true;
    while (true) {
      peek_key();
      Token next = take();
      if (next.kind == Kind::kWord && want_value) {
        values.push_back(next.text);
        want_value = false;
      } else if (next.kind == Kind::kComma) {
        if (want_value) values.emplace_back();
        want_value = true;
      } else if (next.kind == Kind::kClose) {
        if (want_value) values.emplace_back();
        return out_.add(std::move(key), op, std::move(values));
      } else if (want_value && values.empty()) {
        return api_fail(
            bad_request(fmt::format("found '{}', expected: ',', ')' or identifier", next.text)));
      } else {
        return api_fail(bad_request(fmt::format("found '{}', expected: ',' or ')'", next.text)));
      }
    }
  }

  std::vector<Token> tokens_;
  LabelSelector& out_;
  size_t at_ = 0;
};

bool parse_int(std::string_view text, int64_t& out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

ApiResult<LabelSelector> LabelSelector::parse(std::string_view text) {
  LabelSelector out;
  TRY(Parser(tokens_of(text), out).parse());
  return out;
}

ApiResult<void> LabelSelector::add(std::string key, Op op, std::vector<std::string> values) {
  Requirement r{std::move(key), op, std::move(values)};
  if (auto complaints = kinds::label_key(r.key); !complaints.empty())
    return api_fail(bad_request(
        fmt::format("key: Invalid value: {}: {}", quote(r.key), fmt::join(complaints, "; "))));
  if ((op == Op::kIn || op == Op::kNotIn) && r.values.empty())
    return api_fail(bad_request(
        fmt::format("values: Invalid value: []: for 'in', 'notin' operators, values set can't be "
                    "empty")));
  if (op == Op::kGreater || op == Op::kLess) {
    if (!parse_int(r.values[0], r.number))
      return api_fail(bad_request(fmt::format(
          "values[0]: Invalid value: {}: for 'Gt', 'Lt' operators, the value must be an integer",
          quote(r.values[0]))));
  }
  for (size_t i = 0; i < r.values.size(); ++i)
    if (auto complaints = kinds::label_value(r.values[i]); !complaints.empty())
      return api_fail(bad_request(fmt::format("values[{}][{}]: Invalid value: {}: {}", i, r.key,
                                              quote(r.values[i]), fmt::join(complaints, "; "))));
  requirements_.push_back(std::move(r));
  return {};
}

ApiResult<LabelSelector> LabelSelector::from_object(const json::value& selector) {
  LabelSelector out;
  if (const json::value* labels = base::find(selector, "matchLabels");
      labels != nullptr && labels->is_object())
    for (const auto& [key, value] : labels->get_object())
      if (value.is_string())
        TRY(out.add(std::string(key), Op::kIn, {std::string(value.get_string())}));
  const json::value* expressions = base::find(selector, "matchExpressions");
  if (expressions == nullptr || !expressions->is_array()) return out;
  for (const json::value& e : expressions->get_array()) {
    std::string_view name = base::find_string(e, "operator");
    std::vector<std::string> values;
    if (const json::value* list = base::find(e, "values"); list != nullptr && list->is_array())
      for (const json::value& v : list->get_array())
        if (v.is_string()) values.emplace_back(v.get_string());
    Op op = name == "In"       ? Op::kIn
            : name == "NotIn"  ? Op::kNotIn
            : name == "Exists" ? Op::kExists
                               : Op::kDoesNotExist;
    if (op == Op::kDoesNotExist && name != "DoesNotExist")
      return api_fail(
          bad_request(fmt::format("{} is not a valid label selector operator", quote(name))));
    TRY(out.add(std::string(base::find_string(e, "key")), op, std::move(values)));
  }
  return out;
}

bool LabelSelector::matches(const store::Pairs& labels) const {
  for (const Requirement& r : requirements_) {
    const std::string* value = labels.find(r.key);
    bool listed = value != nullptr && std::ranges::find(r.values, *value) != r.values.end();
    bool ok = false;
    int64_t number = 0;
    switch (r.op) {
      case Op::kIn:
        ok = listed;
        break;
      case Op::kNotIn:
        ok = !listed;
        break;
      case Op::kExists:
        ok = value != nullptr;
        break;
      case Op::kDoesNotExist:
        ok = value == nullptr;
        break;
      case Op::kGreater:
        ok = value && parse_int(*value, number) && number > r.number;
        break;
      case Op::kLess:
        ok = value && parse_int(*value, number) && number < r.number;
        break;
    }
    if (!ok) return false;
  }
  return true;
}

}  // namespace nanika::apiserver
