// YAML text to JSON values: libyaml's events, with aliases, merge keys, depth and size bounded.
#include "base/yaml.h"

#include <yaml.h>

#include "base/yaml_scalar.h"

namespace nanika::base {

namespace {

constexpr size_t kMaxDepth = 512;
constexpr size_t kAliasFactor = 10;
constexpr size_t kAliasAllowance = 4096;  // small documents may repeat a block freely
constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

/// One event of libyaml, freed with its scope.
class Event {
 public:
  Event() = default;
  ~Event() { ::yaml_event_delete(&raw); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  yaml_event_t raw{};
};

std::string_view text_of(const yaml_char_t* s) {
  return s == nullptr ? std::string_view() : reinterpret_cast<const char*>(s);
}

/// A value with its size in scalars' bytes and nodes: what an alias to it costs.
struct Node {
  json::value value;
  size_t cost = 1;
};

class Reader {
 public:
  explicit Reader(std::string_view text, YamlPositions* positions = nullptr,
                  std::vector<std::string>* duplicates = nullptr)
      : alias_budget_(kAliasAllowance + kAliasFactor * text.size()),
        positions_(positions),
        duplicates_(duplicates) {
    CHECK(::yaml_parser_initialize(&parser_) == 1);
    ::yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    ::yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                   text.size());
  }
  ~Reader() { ::yaml_parser_delete(&parser_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// The next document; empty at the end of the stream.
  Result<std::optional<json::value>> next_document() {
    while (true) {
      Event event;
      TRY(next(event));
      switch (event.raw.type) {
        case YAML_STREAM_END_EVENT:
          return std::nullopt;
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
          continue;
        case YAML_DOCUMENT_START_EVENT:
          anchors_.clear();
          break;
        default:
          return bad(event, "unexpected event");
      }
      Event root;
      TRY(next(root));
      note_position(root);
      Node node = TRY(read(root, 0));
      return std::move(node.value);
    }
  }

  Result<json::value> only_document() {
    auto document = TRY(next_document());
    if (!document) return nullptr;
    if (TRY(next_document())) {
      return fail(Code::kInvalid, "more than one document: want one, without a second ---");
    }
    return std::move(*document);
  }

 private:
  Result<bool> next(Event& event) {
    if (::yaml_parser_parse(&parser_, &event.raw) == 1) return true;
    const yaml_mark_t& mark = parser_.problem_mark;
    std::string_view problem = parser_.problem == nullptr ? "out of memory" : parser_.problem;
    if (parser_.error == YAML_READER_ERROR) {
      return fail(Code::kInvalid, "byte {}: {}", parser_.problem_offset, problem);
    }
    std::string context = parser_.context == nullptr
                              ? ""
                              : fmt::format(", {} that began on line {}", parser_.context,
                                            parser_.context_mark.line + 1);
    return fail(Code::kInvalid, "line {}, column {}: {}{}", mark.line + 1, mark.column + 1, problem,
                context);
  }

  template <class... Args>
  static std::unexpected<Error> bad(const Event& at, fmt::format_string<Args...> format,
                                    Args&&... args) {
    const yaml_mark_t& mark = at.raw.start_mark;
    return fail(Code::kInvalid, "line {}, column {}: {}", mark.line + 1, mark.column + 1,
                fmt::format(format, std::forward<Args>(args)...));
  }

  Result<Node> read(const Event& event, size_t depth) {
    if (depth > kMaxDepth) return bad(event, "nested deeper than {} levels", kMaxDepth);
    Node node;
    std::string_view anchor;
    switch (event.raw.type) {
      case YAML_ALIAS_EVENT:
        return expand(event);
      case YAML_SCALAR_EVENT:
        anchor = text_of(event.raw.data.scalar.anchor);
        node = TRY(scalar(event));
        break;
      case YAML_SEQUENCE_START_EVENT:
        anchor = text_of(event.raw.data.sequence_start.anchor);
        TRY(check_tag(event, text_of(event.raw.data.sequence_start.tag), "seq"));
        node = TRY(sequence(depth));
        break;
      case YAML_MAPPING_START_EVENT:
        anchor = text_of(event.raw.data.mapping_start.anchor);
        TRY(check_tag(event, text_of(event.raw.data.mapping_start.tag), "map"));
        node = TRY(mapping(depth));
        break;
      default:
        return bad(event, "unexpected event");
    }
    if (!anchor.empty()) anchors_[std::string(anchor)] = node;
    return node;
  }

  /// A value inside the present one: `step` leads to it.
  Result<Node> read_below(std::string_view step, const Event& event, size_t depth) {
    if (positions_ == nullptr) return read(event, depth + 1);
    size_t length = path_.size();
    path_ += step;
    note_position(event);
    auto node = read(event, depth + 1);
    path_.resize(length);
    return node;
  }

  void note_position(const Event& event) {
    if (positions_ == nullptr) return;
    const yaml_mark_t& mark = event.raw.start_mark;
    (*positions_)[path_] = {mark.line + 1, mark.column + 1};
  }

  Result<Node> expand(const Event& event) {
    std::string name(text_of(event.raw.data.alias.anchor));
    auto found = anchors_.find(name);
    if (found == anchors_.end()) {
      return bad(event, "alias *{} names no anchor that is complete before it", name);
    }
    if (found->second.cost > alias_budget_) {
      return bad(event, "aliases expand to more than {} times the document", kAliasFactor);
    }
    alias_budget_ -= found->second.cost;
    return found->second;
  }

  static Result<bool> check_tag(const Event& event, std::string_view tag, std::string_view want) {
    if (tag.empty() || tag == "!") return true;
    if (tag.starts_with(kTagPrefix) && tag.substr(kTagPrefix.size()) == want) return true;
    return bad(event, "tag {} is not supported here", tag);
  }

  static Result<Node> scalar(const Event& event) {
    const auto& raw = event.raw.data.scalar;
    std::string_view text(reinterpret_cast<const char*>(raw.value), raw.length);
    std::string_view tag = text_of(raw.tag);
    Node node{.cost = 1 + text.size()};
    if (tag == "!" || (tag.empty() && raw.plain_implicit == 0)) {
      node.value = json::value(json::string_view(text.data(), text.size()));
      return node;
    }
    if (!tag.empty() && !tag.starts_with(kTagPrefix)) {
      return bad(event, "tag {} is not supported", tag);
    }
    std::string_view kind = tag.empty() ? "" : tag.substr(kTagPrefix.size());
    if (kind == "str" || kind == "timestamp") {
      node.value = json::value(json::string_view(text.data(), text.size()));
      return node;
    }
    auto resolved = resolve_plain_scalar(text);
    if (!resolved) return bad(event, "{} has no JSON form", text);
    bool fits = kind.empty() || (kind == "null" && resolved->is_null()) ||
                (kind == "bool" && resolved->is_bool()) ||
                (kind == "int" && (resolved->is_int64() || resolved->is_uint64())) ||
                (kind == "float" && resolved->is_number());
    if (!fits) return bad(event, "cannot read `{}` as a !!{}", text, kind);
    if (kind == "float") resolved = json::value(resolved->to_number<double>());
    node.value = std::move(*resolved);
    return node;
  }

  Result<Node> sequence(size_t depth) {
    Node node{.value = json::array()};
    while (true) {
      Event event;
      TRY(next(event));
      if (event.raw.type == YAML_SEQUENCE_END_EVENT) return node;
      Node item = TRY(read_below(fmt::format("[{}]", node.value.get_array().size()), event, depth));
      node.cost += item.cost;
      node.value.get_array().push_back(std::move(item.value));
    }
  }

  Result<Node> mapping(size_t depth) {
    Node node{.value = json::object()};
    json::object& object = node.value.get_object();
    std::vector<json::value> merged;
    while (true) {
      Event key_event;
      TRY(next(key_event));
      if (key_event.raw.type == YAML_MAPPING_END_EVENT) break;
      bool merge = is_merge_key(key_event);
      Node key_node = TRY(read(key_event, depth + 1));
      std::string key = TRY(key_text(key_event, key_node.value));
      Event value_event;
      TRY(next(value_event));
      Node item = TRY(read_below((path_.empty() ? "" : ".") + key, value_event, depth));
      node.cost += key_node.cost + item.cost;
      if (merge) {
        TRY(collect_merged(value_event, std::move(item.value), merged));
        continue;
      }
      auto [at, added] = object.emplace(key, item.value);
      if (added) continue;
      if (duplicates_ == nullptr) return bad(key_event, "key \"{}\" already set in map", key);
      at->value() = std::move(item.value);
      duplicates_->push_back(fmt::format("line {}: key \"{}\" already set in map",
                                         key_event.raw.start_mark.line + 1, key));
    }
    // What stands here itself wins over what is merged, and earlier merges over later ones.
    for (json::value& source : merged) {
      for (auto& member : source.get_object()) object.emplace(member.key(), member.value());
    }
    return node;
  }

  static bool is_merge_key(const Event& event) {
    if (event.raw.type != YAML_SCALAR_EVENT) return false;
    const auto& raw = event.raw.data.scalar;
    return raw.plain_implicit != 0 && text_of(raw.value) == "<<";
  }

  static Result<bool> collect_merged(const Event& at, json::value value,
                                     std::vector<json::value>& out) {
    if (value.is_object()) {
      out.push_back(std::move(value));
      return true;
    }
    bool maps = value.is_array() && std::ranges::all_of(value.get_array(), [](const auto& item) {
                  return item.is_object();
                });
    if (!maps) return bad(at, "<< merges a map or a list of maps");
    for (json::value& item : value.get_array()) out.push_back(std::move(item));
    return true;
  }

  static Result<std::string> key_text(const Event& at, const json::value& key) {
    if (key.is_string()) return std::string(std::string_view(key.get_string()));
    if (key.is_number() || key.is_bool()) return to_json(key);
    return bad(at, "a key must be a string, number or boolean");
  }

  yaml_parser_t parser_{};
  std::map<std::string, Node> anchors_;
  size_t alias_budget_;
  YamlPositions* positions_;
  std::vector<std::string>* duplicates_;
  std::string path_;  // of the present value, when positions are wanted
};

/// JSON is almost YAML, but not quite (escaped surrogate pairs): what is JSON is read as JSON, as
/// kubectl does. Empty when it is none, or has duplicate keys for the YAML reader to complain of.
std::optional<json::value> read_as_json(std::string_view text) {
  size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos || text[start] != '{') return std::nullopt;
  DuplicateKeys duplicates;
  auto value = parse_json(text, &duplicates);
  if (!value || !duplicates.empty()) return std::nullopt;
  return std::move(*value);
}

}  // namespace

Result<json::value> parse_yaml(std::string_view text) {
  if (auto value = read_as_json(text)) return std::move(*value);
  Reader reader(text);
  return reader.only_document();
}

Result<json::value> parse_yaml(std::string_view text, std::vector<std::string>& duplicates) {
  duplicates.clear();
  if (auto value = read_as_json(text)) return std::move(*value);
  Reader reader(text, nullptr, &duplicates);
  return reader.only_document();
}

Result<json::value> parse_yaml(std::string_view text, YamlPositions& positions) {
  positions.clear();
  Reader reader(text, &positions);
  return reader.only_document();
}

Result<std::vector<json::value>> parse_yaml_stream(std::string_view text) {
  std::vector<json::value> out;
  if (auto value = read_as_json(text)) {
    out.push_back(std::move(*value));
    return out;
  }
  Reader reader(text);
  while (auto document = TRY(reader.next_document())) {
    if (!document->is_null()) out.push_back(std::move(*document));
  }
  return out;
}

}  // namespace nanika::base
