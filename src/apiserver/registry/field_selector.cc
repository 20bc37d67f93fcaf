#include "apiserver/registry/selector.h"

namespace nanika::apiserver {

namespace {

// Terms are separated by commas that no backslash precedes.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> out;
  size_t begin = 0;
  bool escaped = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (escaped)
      escaped = false;
    else if (text[i] == '\\')
      escaped = true;
    else if (text[i] == ',') {
      out.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  out.push_back(text.substr(begin));
  return out;
}

ApiResult<std::string> unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\\') {
      char next = i + 1 < text.size() ? text[i + 1] : '\0';
      if (next != '\\' && next != ',' && next != '=')
        return api_fail(bad_request(
            fmt::format("invalid field selector: invalid escape sequence: {}", text.substr(i, 2))));
      out += next;
      ++i;
    } else if (c == ',' || c == '=') {
      return api_fail(bad_request(
          fmt::format("invalid field selector: unescaped character in value: {}", int(c))));
    } else {
      out += c;
    }
  }
  return out;
}

std::string_view value_of(const store::Object& object, std::string_view path) {
  if (path == "metadata.name") return object.name();
  if (path == "metadata.namespace") return object.ns();
  const std::string* held = object.meta().fields.find(path);
  return held == nullptr ? std::string_view() : std::string_view(*held);
}

}  // namespace

ApiResult<FieldSelector> FieldSelector::parse(std::string_view text) {
  FieldSelector out;
  for (std::string_view term : split(text)) {
    if (term.empty()) continue;
    // The first operator that stands anywhere, longer ones first at one place.
    size_t at = std::string_view::npos;
    std::string_view op;
    for (size_t i = 0; i < term.size() && op.empty(); ++i)
      for (std::string_view candidate : {"!=", "==", "="})
        if (op.empty() && term.substr(i).starts_with(candidate)) {
          op = candidate;
          at = i;
        }
    if (op.empty())
      return api_fail(
          bad_request(fmt::format("invalid selector: '{}'; can't understand '{}'", text, term)));
    out.terms_.push_back(
        {std::string(term.substr(0, at)), TRY(unescape(term.substr(at + op.size()))), op != "!="});
  }
  return out;
}

const std::string* FieldSelector::exact(std::string_view path) const {
  for (const Term& term : terms_)
    if (term.equal && term.path == path) return &term.value;
  return nullptr;
}

bool FieldSelector::matches(const store::Object& object) const {
  for (const Term& term : terms_)
    if ((value_of(object, term.path) == term.value) != term.equal) return false;
  return true;
}

}  // namespace nanika::apiserver
