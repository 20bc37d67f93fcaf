// HTTP messages as values: what server and client share. HTTP/1.1 (RFC 9110, RFC 9112).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace nanika::base::http {

/// Header fields in order; names compare without case.
class Headers {
 public:
  /// The first value of that name, or "".
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;
  void add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  void set(std::string_view name, std::string value);  ///< replaces every field of that name
  void remove(std::string_view name);
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// A query string decoded once: names and values percent-decoded, `+` is a space.
class Query {
 public:
  static Result<Query> parse(std::string_view raw);
  std::string_view get(std::string_view name) const;  ///< the first value, or ""
  bool has(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

std::string percent_encode(std::string_view text);          ///< all but RFC 3986 unreserved
Result<std::string> percent_decode(std::string_view text);  ///< kInvalid on a broken escape or NUL

struct Request {
  std::string method = "GET";
  std::string target = "/";  ///< as on the wire: path?query
  Headers headers;
  std::string body;

  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  std::string_view raw_query() const;  ///< without the `?`; "" when there is none
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

std::string_view reason_phrase(int status);

}  // namespace nanika::base::http
