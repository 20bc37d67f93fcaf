#include <charconv>

#include "apiserver/schema/jsonpath_steps.h"

namespace nanika::apiserver::schema {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr size_t kMaxText = 4096;
constexpr size_t kMaxSteps = 64;
constexpr int kMaxNesting = 8;  // of filters and unions

bool is_space(char c) {
  return c == ' ' || c == '\t';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return c == '_' || is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool ends_field(char c) {
  return is_space(c) || std::string_view("\r\n.,[]$@{}").find(c) != std::string_view::npos;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

class Parser {
 public:
  Parser(std::string_view text, int nesting) : text_(text), nesting_(nesting) {}

  Result<JsonPathSteps> run() {
    if (nesting_ > kMaxNesting) return fail(Code::kInvalid, "filters nest too deeply");
    while (at_ < text_.size() && text_[at_] != '}') {
      TRY(next());
      if (steps_.size() > kMaxSteps) return fail(Code::kInvalid, "more than {} steps", kMaxSteps);
    }
    return std::move(steps_);
  }

 private:
  template <class S>
  void add(S step) {
    steps_.push_back({std::move(step)});
  }

  Result<void> next() {
    const std::string_view rest = text_.substr(at_);
    const char c = rest.front();
    if (rest.starts_with("[?(")) return filter();
    if (rest.starts_with("..")) return recursive();
    if (c == '[') return bracket();
    if (c == '"' || c == '\'') return quoted(c);
    if (c == '.') {
      ++at_;
      return field();
    }
    if (is_digit(c) || c == '+' || c == '-') return number();
    if (rest == "true" || rest == "false") {
      add(LiteralStep{rest == "true"});
      at_ = text_.size();
      return {};
    }
    if (c != ' ' && c != '@' && c != '$')
      return fail(Code::kInvalid, "unrecognized character '{}' at {}", c, at_);
    ++at_;
    return {};
  }

  Result<void> field() {
    std::string name;
    for (; at_ < text_.size() && !ends_field(text_[at_]); ++at_) {
      if (text_[at_] == '\\' && ++at_ == text_.size()) break;
      name += text_[at_];
    }
    if (name == "*") {
      add(WildcardStep{});
    } else {
      add(FieldStep{std::move(name)});
    }
    return {};
  }

  Result<void> recursive() {
    if (!steps_.empty() && std::holds_alternative<RecursiveStep>(steps_.back().what))
      return fail(Code::kInvalid, "invalid multiple recursive descent");
    at_ += 2;
    add(RecursiveStep{});
    return at_ < text_.size() && is_word(text_[at_]) ? field() : Result<void>();
  }

  Result<void> number() {
    const size_t start = at_++;
    while (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '.')) ++at_;
    std::string_view text = text_.substr(start, at_ - start);
    if (text.starts_with('+')) text.remove_prefix(1);
    const char* end = text.data() + text.size();
    int64_t whole = 0;
    if (auto [p, e] = std::from_chars(text.data(), end, whole); e == std::errc() && p == end) {
      add(LiteralStep{whole});
      return {};
    }
    double real = 0;
    const auto [p, e] = std::from_chars(text.data(), end, real);
    if (e != std::errc() || p != end) return fail(Code::kInvalid, "cannot parse number {}", text);
    add(LiteralStep{real});
    return {};
  }

  Result<void> quoted(char quote) {
    std::string value;
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\\' && ++at_ == text_.size()) break;
      const bool escaped = text_[at_ - 1] == '\\';
      const char c = text_[at_];
      value += escaped && c == 'n' ? '\n' : escaped && c == 't' ? '\t' : c;
    }
    if (at_ >= text_.size()) return fail(Code::kInvalid, "unterminated quoted string");
    ++at_;
    add(LiteralStep{json::string(value)});
    return {};
  }

  Result<void> bracket() {
    const size_t end = text_.find(']', at_);
    if (end == std::string_view::npos) return fail(Code::kInvalid, "unterminated array");
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    if (inside.find(',') != std::string_view::npos) return make_union(inside);
    if (inside.size() >= 2 && inside.front() == '\'' && inside.find('\'', 1) == inside.size() - 1) {
      JsonPathSteps more = TRY(inner("." + std::string(inside.substr(1, inside.size() - 2))));
      std::ranges::move(more, std::back_inserter(steps_));
      return {};
    }
    return slice(inside == "*" ? ":" : inside);
  }

  Result<void> make_union(std::string_view inside) {
    UnionStep out;
    for (size_t start = 0; start <= inside.size();) {
      const size_t comma = std::min(inside.find(',', start), inside.size());
      out.branches.push_back(
          TRY(inner(fmt::format("[{}]", trim(inside.substr(start, comma - start))))));
      start = comma + 1;
    }
    add(std::move(out));
    return {};
  }

  Result<void> slice(std::string_view text) {
    SliceStep out;
    out.single = text.find(':') == std::string_view::npos;
    std::optional<int64_t>* parts[] = {&out.from, &out.to, &out.step};
    size_t part = 0;
    for (size_t start = 0; start <= text.size(); ++part) {
      const size_t colon = std::min(text.find(':', start), text.size());
      const std::string_view number = text.substr(start, colon - start);
      start = colon + 1;
      if (part > 2) return fail(Code::kInvalid, "invalid array index {}", text);
      if (number.empty()) continue;
      int64_t value = 0;
      const auto [p, e] = std::from_chars(number.data(), number.data() + number.size(), value);
      if (e != std::errc() || p != number.data() + number.size())
        return fail(Code::kInvalid, "invalid array index {}", text);
      *parts[part] = value;
    }
    add(out);
    return {};
  }

  Result<void> filter() {
    at_ += 3;
    const size_t start = at_;
    char quote = 0;
    bool closed = true;
    for (;; ++at_) {
      if (at_ >= text_.size() || text_[at_] == '\n')
        return fail(Code::kInvalid, "unterminated filter");
      const char c = text_[at_];
      if (c == ')' && closed) break;
      if ((c == '"' || c == '\'') && quote == 0) {
        quote = c;
        closed = false;
      } else if (quote != 0 && c == quote && text_[at_ - 1] != '\\') {
        closed = true;
      }
    }
    const std::string_view text = text_.substr(start, at_ - start);
    if (++at_ >= text_.size() || text_[at_] != ']')
      return fail(Code::kInvalid, "unclosed array expect ]");
    ++at_;
    constexpr std::string_view kOperators = "!<>=";
    const size_t op = text.find_first_of(kOperators);
    const size_t value = op == std::string_view::npos ? op : text.find_first_not_of(kOperators, op);
    FilterStep out;
    if (op == 0 || value == std::string_view::npos) {
      if (op != std::string_view::npos)
        return fail(Code::kInvalid, "cannot parse the filter {}", text);
      out.left = TRY(inner(text));
    } else {
      out.left = TRY(inner(text.substr(0, op)));
      out.op = text.substr(op, value - op);
      out.right = TRY(inner(text.substr(value)));
    }
    add(std::move(out));
    return {};
  }

  Result<JsonPathSteps> inner(std::string_view text) const {
    return Parser(text, nesting_ + 1).run();
  }

  std::string_view text_;
  int nesting_;
  size_t at_ = 0;
  JsonPathSteps steps_;
};

}  // namespace

Result<JsonPath> JsonPath::parse(std::string_view text) {
  if (text.empty()) return fail(Code::kInvalid, "a JSONPath must not be empty");
  if (text.size() > kMaxText)
    return fail(Code::kInvalid, "a JSONPath may not be longer than {} bytes", kMaxText);
  JsonPath path;
  path.text_ = text;
  path.steps_ = std::make_shared<const JsonPathSteps>(
      TRY(base::in_context(Parser(text, 0).run(), fmt::format("JSONPath {}", text))));
  return path;
}

}  // namespace nanika::apiserver::schema
