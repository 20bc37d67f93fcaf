// Reads a YAML document field by field; an error names its place in the file and its path.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/yaml.h"

namespace nanika::lab {

/// What all readers of one file share.
struct SpecSource {
  std::string file;
  base::YamlPositions positions;
};

/// A value and where it stands. Copies are cheap; the document must outlive them.
class SpecValue {
 public:
  SpecValue(const SpecSource& source, const base::json::value& value, std::string path)
      : source_(&source), value_(&value), path_(std::move(path)) {}

  template <class... Args>
  std::unexpected<base::Error> bad(fmt::format_string<Args...> format, Args&&... args) const {
    return bad_text(fmt::format(format, std::forward<Args>(args)...));
  }

  base::Result<std::string> text() const;
  base::Result<int64_t> integer(int64_t least, int64_t most) const;
  base::Result<bool> boolean() const;
  /// A string, and numbers and booleans as they are written.
  base::Result<std::string> scalar() const;

  using Visit = std::function<base::Result<void>(const SpecValue&)>;
  using VisitField = std::function<base::Result<void>(const std::string& key, const SpecValue&)>;
  base::Result<void> each_item(const Visit& visit) const;  ///< of a list
  base::Result<void> each_field(const VisitField& visit) const;
  /// Visits the fields that are there and refuses those that `known` does not name.
  base::Result<void> fields(const std::map<std::string_view, Visit>& known) const;
  bool has(std::string_view key) const;

 private:
  std::unexpected<base::Error> bad_text(const std::string& message) const;

  const SpecSource* source_;
  const base::json::value* value_;
  std::string path_;
};

}  // namespace nanika::lab
