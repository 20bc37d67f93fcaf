// Label and field selectors, in upstream's grammar and with its error texts
// (k8s.io/apimachinery/pkg/labels, pkg/fields).
//
//   LabelSelector s = TRY(LabelSelector::parse("tier in (web,db),!legacy,size>3"));
//   if (s.matches(object.meta().labels)) ...
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apiserver/registry/api_error.h"
#include "apiserver/store/object.h"
#include "base/json.h"

namespace nanika::apiserver {

class LabelSelector {
 public:
  /// An empty text selects everything. The error is a plain 400.
  static ApiResult<LabelSelector> parse(std::string_view text);
  /// metav1.LabelSelector: {matchLabels, matchExpressions}.
  static ApiResult<LabelSelector> from_object(const json::value& selector);

  bool empty() const { return requirements_.empty(); }
  bool matches(const store::Pairs& labels) const;

  enum class Op : uint8_t { kIn, kNotIn, kExists, kDoesNotExist, kGreater, kLess };
  struct Requirement {
    std::string key;
    Op op;
    std::vector<std::string> values;
    int64_t number = 0;  ///< of > and <
  };
  /// Checked as upstream's NewRequirement does.
  ApiResult<void> add(std::string key, Op op, std::vector<std::string> values);

 private:
  std::vector<Requirement> requirements_;
};

class FieldSelector {
 public:
  struct Term {
    std::string path;  ///< "metadata.name"
    std::string value;
    bool equal = true;  ///< false: !=
  };
  static ApiResult<FieldSelector> parse(std::string_view text);

  bool empty() const { return terms_.empty(); }
  const std::vector<Term>& terms() const { return terms_; }
  std::vector<Term>& terms() { return terms_; }
  /// The value that `path` must equal, or null: lets a GET by name replace a scan.
  const std::string* exact(std::string_view path) const;
  /// By name, namespace and the fields that were stored beside the object; an absent one is "".
  bool matches(const store::Object& object) const;

 private:
  std::vector<Term> terms_;
};

}  // namespace nanika::apiserver
