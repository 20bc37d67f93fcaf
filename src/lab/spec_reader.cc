#include "lab/spec_reader.h"

namespace nanika::lab {

using base::Code;
using base::Result;

std::unexpected<base::Error> SpecValue::bad_text(const std::string& message) const {
  std::string place = source_->file;
  if (auto at = source_->positions.find(path_); at != source_->positions.end()) {
    place += fmt::format(":{}:{}", at->second.line, at->second.column);
  }
  if (path_.empty()) return base::fail(Code::kInvalid, "{}: {}", place, message);
  return base::fail(Code::kInvalid, "{}: {}: {}", place, path_, message);
}

Result<std::string> SpecValue::text() const {
  if (!value_->is_string()) {
    return bad("want a string, not {} (put it in quotes)", base::to_json(*value_));
  }
  std::string out(std::string_view(value_->get_string()));
  auto control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
  };
  if (std::ranges::any_of(out, control)) return bad("control characters are not allowed");
  return out;
}

Result<std::string> SpecValue::scalar() const {
  if (value_->is_string()) return text();
  if (value_->is_number() || value_->is_bool()) return base::to_json(*value_);
  return bad("want a string or a number");
}

Result<int64_t> SpecValue::integer(int64_t least, int64_t most) const {
  if (!value_->is_int64() || value_->get_int64() < least || value_->get_int64() > most) {
    return bad("{} is not valid: want a whole number from {} to {}", base::to_json(*value_), least,
               most);
  }
  return value_->get_int64();
}

Result<bool> SpecValue::boolean() const {
  if (!value_->is_bool()) return bad("want true or false, not {}", base::to_json(*value_));
  return value_->get_bool();
}

Result<void> SpecValue::each_item(const Visit& visit) const {
  if (!value_->is_array()) return bad("want a list");
  const base::json::array& items = value_->get_array();
  for (size_t i = 0; i < items.size(); i++) {
    TRY(visit(SpecValue(*source_, items[i], fmt::format("{}[{}]", path_, i))));
  }
  return {};
}

Result<void> SpecValue::each_field(const VisitField& visit) const {
  if (!value_->is_object()) return bad("want fields (name: value)");
  for (const auto& member : value_->get_object()) {
    std::string key(std::string_view(member.key()));
    std::string path = path_.empty() ? key : fmt::format("{}.{}", path_, key);
    TRY(visit(key, SpecValue(*source_, member.value(), path)));
  }
  return {};
}

Result<void> SpecValue::fields(const std::map<std::string_view, Visit>& known) const {
  return each_field([&](const std::string& key, const SpecValue& value) -> Result<void> {
    auto found = known.find(key);
    if (found != known.end()) return found->second(value);
    std::vector<std::string_view> names;
    for (const auto& [name, visit] : known) names.push_back(name);
    return value.bad("unknown field; known are {}", fmt::join(names, ", "));
  });
}

bool SpecValue::has(std::string_view key) const {
  return base::find(*value_, key) != nullptr;
}

}  // namespace nanika::lab
