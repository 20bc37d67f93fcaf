#include "apiserver/rest/media_type.h"

#include <algorithm>
#include <charconv>

namespace nanika::apiserver {

namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// Cuts `text` at the next `separator` and returns what stood before it.
std::string_view next_part(std::string_view& text, char separator) {
  size_t at = text.find(separator);
  std::string_view part = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return trim(part);
}

std::optional<MediaType> parse_clause(std::string_view clause) {
  MediaType out;
  out.type = lower(next_part(clause, ';'));
  if (out.type.find('/') == std::string::npos) return {};
  while (!clause.empty()) {
    std::string_view value = next_part(clause, ';');
    std::string name = lower(next_part(value, '='));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    if (name == "as") out.as = value;
    if (name == "v") out.version = value;
    if (name == "g") out.group = value;
    if (name == "profile") out.profile = value;
    if (name == "q") std::from_chars(value.data(), value.data() + value.size(), out.quality);
  }
  return out;
}

std::optional<Format> format_of(std::string_view type) {
  if (type == "*/*" || type == "application/*" || type == kJsonType) return Format::kJson;
  if (type == kYamlType) return Format::kYaml;
  return {};
}

}  // namespace

std::vector<MediaType> parse_accept(std::string_view header) {
  std::vector<MediaType> out;
  while (!header.empty()) {
    auto clause = parse_clause(next_part(header, ','));
    if (!clause) continue;
    // Better ones first; equal ones as they came.
    auto at = std::ranges::upper_bound(out, clause->quality, std::greater(), &MediaType::quality);
    out.insert(at, std::move(*clause));
  }
  return out;
}

std::string content_type_of(std::string_view header) {
  return lower(next_part(header, ';'));
}

std::optional<Answer> negotiate(std::string_view accept, bool forms) {
  if (accept.empty()) return Answer{};
  for (const MediaType& clause : parse_accept(accept)) {
    auto format = format_of(clause.type);
    if (!format) continue;
    if (clause.as.empty()) return Answer{.format = *format};
    bool meta =
        clause.group == "meta.k8s.io" && (clause.version == "v1" || clause.version == "v1beta1");
    if (!forms || !meta) continue;
    if (clause.as == "Table") return Answer{*format, Form::kTable, clause.version};
    if (clause.as == "PartialObjectMetadata" || clause.as == "PartialObjectMetadataList")
      return Answer{*format, Form::kPartialMetadata, clause.version};
  }
  return {};
}

}  // namespace nanika::apiserver
