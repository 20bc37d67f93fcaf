// Path elements and the FieldsV1 encoding of fieldset.h.
#include <algorithm>
#include <charconv>

#include "apiserver/merge/fieldset.h"
#include "apiserver/merge/go_text.h"

namespace nanika::apiserver::merge {

namespace {

using base::Code;
using base::fail;
using base::Result;

std::strong_ordering compare_numbers(const json::value& a, const json::value& b) {
  if (a.is_int64() && b.is_int64()) return a.get_int64() <=> b.get_int64();
  double x = a.to_number<double>(), y = b.to_number<double>();
  return x < y   ? std::strong_ordering::less
         : x > y ? std::strong_ordering::greater
                 : std::strong_ordering::equal;
}

// Numbers, strings, booleans, lists, maps, null.
int rank(const json::value& value) {
  if (value.is_number()) return 0;
  if (value.is_string()) return 1;
  if (value.is_bool()) return 2;
  if (value.is_array()) return 3;
  return value.is_object() ? 4 : 5;
}

// By the names in the order they stand, then by the values.
std::strong_ordering compare_keys(const json::object& a, const json::object& b) {
  auto i = a.begin(), j = b.begin();
  for (; i != a.end() && j != b.end(); ++i, ++j) {
    if (auto order = std::string_view(i->key()) <=> std::string_view(j->key()); order != 0) {
      return order;
    }
    if (auto order = compare_values(i->value(), j->value()); order != 0) return order;
  }
  return a.size() <=> b.size();
}

json::object sorted_by_name(json::object object) {
  std::vector<std::pair<std::string, json::value>> pairs;
  for (auto& [key, value] : object) pairs.emplace_back(key, std::move(value));
  std::ranges::sort(pairs, {}, &std::pair<std::string, json::value>::first);
  json::object out;
  for (auto& [key, value] : pairs) out.emplace(key, std::move(value));
  return out;
}

}  // namespace

std::strong_ordering compare_values(const json::value& a, const json::value& b) {
  int x = rank(a), y = rank(b);
  if (x != y) return x <=> y;
  switch (x) {
    case 0:
      return compare_numbers(a, b);
    case 1:
      return std::string_view(a.get_string()) <=> std::string_view(b.get_string());
    case 2:
      return a.get_bool() <=> b.get_bool();
    case 3: {
      const json::array &p = a.get_array(), &q = b.get_array();
      for (size_t i = 0; i < std::min(p.size(), q.size()); ++i) {
        if (auto order = compare_values(p[i], q[i]); order != 0) return order;
      }
      return p.size() <=> q.size();
    }
    case 4:
      return compare_keys(a.get_object(), b.get_object());
    default:
      return std::strong_ordering::equal;
  }
}

std::string value_text(const json::value& value) {
  if (value.is_null()) return "null";
  if (value.is_string()) return go_quote(value.get_string());
  std::string out;
  if (value.is_array()) {
    for (const json::value& each : value.get_array()) {
      out += (out.empty() ? "" : ",") + value_text(each);
    }
    return "[" + out + "]";
  }
  if (value.is_object()) {
    for (const auto& [key, each] : value.get_object()) {
      out.append(key).append("=").append(value_text(each));
    }
    return out;
  }
  return base::to_json(value);
}

std::strong_ordering operator<=>(const PathElement& a, const PathElement& b) {
  if (a.kind != b.kind) return a.kind <=> b.kind;
  if (a.kind == PathElement::Kind::kField) {
    int order = a.name.compare(b.name);
    return order <=> 0;
  }
  if (a.kind == PathElement::Kind::kKey && a.value.is_object() && b.value.is_object()) {
    return compare_keys(a.value.get_object(), b.value.get_object());
  }
  return compare_values(a.value, b.value);
}

std::string PathElement::text() const {
  switch (kind) {
    case Kind::kField:
      return "." + name;
    case Kind::kKey: {
      std::string out;
      for (const auto& [key, each] : value.get_object()) {
        out.append(out.empty() ? "[" : ",").append(key).append("=").append(value_text(each));
      }
      return (out.empty() ? "[" : out) + "]";
    }
    case Kind::kValue:
      return "[=" + value_text(value) + "]";
    case Kind::kIndex:
      return "[" + base::to_json(value) + "]";
  }
  return {};
}

std::string text(const Path& path) {
  std::string out;
  for (const PathElement& element : path) out += element.text();
  return out;
}

std::string PathElement::encode() const {
  if (kind == Kind::kField) return "f:" + name;
  std::string out = kind == Kind::kKey ? "k:" : kind == Kind::kValue ? "v:" : "i:";
  base::append_json(out, value);
  return out;
}

Result<PathElement> PathElement::decode(std::string_view text) {
  if (text.size() < 2) return fail(Code::kInvalid, "key must be 2 characters long:");
  if (text[1] != ':') return fail(Code::kInvalid, "missing colon: {}", text);
  std::string_view rest = text.substr(2);
  switch (text[0]) {
    case 'f':
      return field(rest);
    case 'v':
      return PathElement{.kind = Kind::kValue, .value = TRY(base::parse_json(rest))};
    case 'k': {
      json::value keys = TRY(base::parse_json(rest));
      if (!keys.is_object()) return fail(Code::kInvalid, "want an object of keys: {}", text);
      return PathElement{.kind = Kind::kKey, .value = sorted_by_name(std::move(keys.get_object()))};
    }
    case 'i': {
      int64_t index = 0;
      auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), index);
      if (error != std::errc() || end != rest.data() + rest.size()) {
        return fail(Code::kInvalid, "strconv.Atoi: parsing {}: invalid syntax", go_quote(rest));
      }
      return PathElement{.kind = Kind::kIndex, .value = index};
    }
    default:
      return fail(Code::kNotFound, "unknown path element type");
  }
}

namespace {

// True in `member` when the parent owns the element itself.
Result<FieldSet> decode_level(const json::value& value, bool& member) {
  if (!value.is_object()) return fail(Code::kInvalid, "want an object of fields");
  FieldSet out;
  member = false;
  for (const auto& [key, below] : value.get_object()) {
    if (key == ".") {
      member = true;
      continue;
    }
    auto element = PathElement::decode(key);
    if (!element && element.error().code == Code::kNotFound) continue;
    FieldSet::Node node{.element = TRY(std::move(element))};
    node.children = TRY(decode_level(below, node.member));
    out.append(std::move(node));
  }
  if (out.empty()) member = true;
  out.finish();
  return out;
}

json::object encode_level(const FieldSet& set, bool with_self) {
  json::object out;
  out.reserve(set.nodes().size() + (with_self ? 1 : 0));
  if (with_self) out.emplace(".", json::object());
  for (const FieldSet::Node& node : set.nodes()) {
    bool both = node.member && !node.children.empty();
    out.emplace(node.element.encode(), encode_level(node.children, both));
  }
  return out;
}

}  // namespace

Result<FieldSet> FieldSet::decode(const json::value& fields_v1) {
  bool ignored = false;
  return decode_level(fields_v1, ignored);
}

json::value FieldSet::encode() const {
  return encode_level(*this, false);
}

}  // namespace nanika::apiserver::merge
