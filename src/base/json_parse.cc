// JSON text to values: Boost.JSON's event parser with a handler that bounds depth, finds duplicate
// keys and says where an error is.
#include <charconv>
#include <cmath>
#include <unordered_set>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include "base/json.h"

namespace nanika::base {

namespace {

using boost::json::error_code;

/// Where the parser is: tells what could have come next when it did not.
enum class After : uint8_t { kStart, kOpenObject, kKey, kOpenArray, kValue };

/// One open array or object.
struct Frame {
  bool is_object = false;
  size_t index = 0;                           // of the next array element
  std::vector<std::string_view> keys;         // only when duplicates are wanted
  std::unordered_set<std::string_view> seen;  // takes over from `keys` in large objects
};

/// Upstream stops at so many strict-decoding errors as well.
constexpr size_t kMaxDuplicates = 100;
constexpr size_t kLinearSearch = 16;

class Handler {
 public:
  static constexpr size_t max_array_size = -1;
  static constexpr size_t max_object_size = -1;
  static constexpr size_t max_string_size = -1;
  static constexpr size_t max_key_size = -1;

  Handler(std::string_view text, boost::json::storage_ptr storage, DuplicateKeys* duplicates)
      : text_(text), duplicates_(duplicates) {
    stack_.reset(std::move(storage));
  }

  json::value release() { return stack_.release(); }
  const std::string& error() const { return error_; }

  std::string_view expected() const {
    switch (after_) {
      case After::kStart:
        return "a value";
      case After::kOpenObject:
        return "a key in double quotes or '}'";
      case After::kKey:
        return "':' and a value";
      case After::kOpenArray:
        return "a value or ']'";
      case After::kValue:
        break;
    }
    if (frames_.empty()) return "the end";
    return frames_.back().is_object ? "',' and a key, or '}'" : "',' and a value, or ']'";
  }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) {
    open(false);
    return true;
  }
  bool on_array_end(size_t n, error_code&) {
    stack_.push_array(n);
    frames_.pop_back();
    return value_done();
  }
  bool on_object_begin(error_code&) {
    open(true);
    return true;
  }
  bool on_object_end(size_t n, error_code&) {
    stack_.push_object(n);
    frames_.pop_back();
    return value_done();
  }
  bool on_string_part(boost::json::string_view s, size_t, error_code&) {
    stack_.push_chars(s);
    return true;
  }
  bool on_string(boost::json::string_view s, size_t, error_code&) {
    stack_.push_string(s);
    return value_done();
  }
  bool on_key_part(boost::json::string_view s, size_t, error_code&) {
    stack_.push_chars(s);
    if (duplicates_ != nullptr) key_parts_.append(s);
    return true;
  }
  bool on_key(boost::json::string_view s, size_t, error_code&) {
    stack_.push_key(s);
    after_ = After::kKey;
    if (duplicates_ != nullptr) note_key(s);
    return true;
  }
  bool on_number_part(boost::json::string_view, error_code&) { return true; }
  bool on_int64(int64_t i, boost::json::string_view, error_code&) {
    stack_.push_int64(i);
    return value_done();
  }
  bool on_uint64(uint64_t u, boost::json::string_view, error_code&) {
    stack_.push_uint64(u);
    return value_done();
  }
  bool on_double(double approximate, boost::json::string_view s, error_code& ec) {
    // Boost.JSON's own conversion is off in the last digits: take the digits again.
    double exact = 0;
    auto [end, problem] = std::from_chars(s.data(), s.data() + s.size(), exact);
    if (problem == std::errc::result_out_of_range) {
      if (std::isinf(approximate) || std::abs(approximate) > 1) {
        error_ = fmt::format("the number {} does not fit a 64-bit float", std::string_view(s));
        ec = boost::json::error::exponent_overflow;
        return false;
      }
      exact = 0;
    }
    stack_.push_double(exact);
    return value_done();
  }
  bool on_bool(bool b, error_code&) {
    stack_.push_bool(b);
    return value_done();
  }
  bool on_null(error_code&) {
    stack_.push_null();
    return value_done();
  }
  bool on_comment_part(boost::json::string_view, error_code&) { return true; }
  bool on_comment(boost::json::string_view, error_code&) { return true; }

 private:
  void open(bool is_object) {
    frames_.push_back({.is_object = is_object});
    after_ = is_object ? After::kOpenObject : After::kOpenArray;
  }

  bool value_done() {
    after_ = After::kValue;
    if (!frames_.empty()) frames_.back().index++;
    return true;
  }

  void note_key(std::string_view last_part) {
    std::string_view key = last_part;
    // A key with escapes comes in parts, or in a buffer of the parser's that is soon used again.
    bool in_text = std::less_equal<>()(text_.data(), key.data()) &&
                   std::less_equal<>()(key.data() + key.size(), text_.data() + text_.size());
    if (!key_parts_.empty() || !in_text) {
      escaped_keys_.push_back(std::move(key_parts_.append(last_part)));
      key_parts_.clear();
      key = escaped_keys_.back();
    }
    Frame& frame = frames_.back();
    bool twice;
    if (frame.keys.size() < kLinearSearch) {
      twice = std::ranges::find(frame.keys, key) != frame.keys.end();
    } else {
      if (frame.seen.empty()) frame.seen.insert(frame.keys.begin(), frame.keys.end());
      twice = !frame.seen.insert(key).second;
    }
    frame.keys.push_back(key);
    if (twice && duplicates_->size() < kMaxDuplicates) {
      std::string path = this->path();
      if (std::ranges::find(*duplicates_, path) == duplicates_->end()) {
        duplicates_->push_back(std::move(path));
      }
    }
  }

  std::string path() const {
    std::string out;
    for (const Frame& frame : frames_) {
      if (!frame.is_object) {
        fmt::format_to(std::back_inserter(out), "[{}]", frame.index);
        continue;
      }
      if (!out.empty()) out += '.';
      out += frame.keys.back();
    }
    return out;
  }

  std::string_view text_;
  boost::json::value_stack stack_;
  DuplicateKeys* duplicates_;
  std::vector<Frame> frames_;
  std::string key_parts_;
  std::deque<std::string> escaped_keys_;
  After after_ = After::kStart;
  std::string error_;
};

std::string position(std::string_view text, size_t offset) {
  std::string_view before = text.substr(0, offset);
  size_t line = 1 + static_cast<size_t>(std::ranges::count(before, '\n'));
  size_t newline = before.rfind('\n');
  size_t column = newline == std::string_view::npos ? offset + 1 : offset - newline;
  return fmt::format("line {}, column {}", line, column);
}

std::string character(char c) {
  auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte < 0x7f) return fmt::format("'{}'", c);
  return fmt::format("byte 0x{:02x}", byte);
}

/// The handler hears of a string only once it is complete: look again.
bool in_string(std::string_view text, size_t offset) {
  bool inside = false;
  for (size_t i = 0; i < offset; i++) {
    if (text[i] == '"') inside = !inside;
    if (inside && text[i] == '\\') i++;
  }
  return inside;
}

std::string explain_string(char c) {
  auto byte = static_cast<unsigned char>(c);
  if (byte < 0x20) {
    return fmt::format("{} in a string: write control characters as escapes", character(c));
  }
  if (byte >= 0x80) return fmt::format("{} in a string is not valid UTF-8", character(c));
  return fmt::format("bad escape in a string: {} cannot follow", character(c));
}

std::string explain(error_code ec, std::string_view text, size_t offset, const Handler& handler,
                    const JsonLimits& limits) {
  using boost::json::error;
  if (!handler.error().empty()) return handler.error();
  if (ec == error::incomplete) {
    if (in_string(text, text.size())) return "the document ends inside a string";
    return text.empty() ? "the document is empty"
                        : fmt::format("the document ends where {} should be", handler.expected());
  }
  if (ec == error::extra_data) {
    return fmt::format("{} after the document's end", character(text[offset]));
  }
  if (ec == error::too_deep) return fmt::format("nested deeper than {} levels", limits.max_depth);
  if (ec == error::illegal_leading_surrogate || ec == error::illegal_trailing_surrogate ||
      ec == error::expected_utf16_escape) {
    return "half of a surrogate pair";
  }
  if (ec == error::syntax) {
    if (offset >= text.size()) {
      return fmt::format("the document ends where {} should be", handler.expected());
    }
    if (in_string(text, offset)) return explain_string(text[offset]);
    return fmt::format("unexpected {}, expected {}", character(text[offset]), handler.expected());
  }
  return ec.message();
}

}  // namespace

Result<json::value> parse_json(std::string_view text, DuplicateKeys* duplicates, JsonLimits limits,
                               json::storage_ptr storage) {
  boost::json::parse_options options;
  options.max_depth = limits.max_depth;
  boost::json::basic_parser<Handler> parser(options, text, std::move(storage), duplicates);
  error_code ec;
  size_t used = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && used < text.size()) ec = boost::json::error::extra_data;
  if (ec) {
    used = std::min(used, text.size());
    return fail(Code::kInvalid, "{}: {}", position(text, used),
                explain(ec, text, used, parser.handler(), limits));
  }
  return parser.handler().release();
}

}  // namespace nanika::base
