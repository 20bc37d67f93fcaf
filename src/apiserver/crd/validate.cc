#include "apiserver/crd/validate.h"

#include <set>

#include "apiserver/crd/approval.h"
#include "apiserver/crd/validate_schema.h"
#include "apiserver/crd/validate_version.h"
#include "apiserver/kinds/names.h"
#include "apiserver/schema/structural_props.h"
#include "apiserver/schema/validate.h"
#include "apiserver/schema/validate_cause.h"

namespace nanika::apiserver::crd {
namespace {

using schema::flag;
using schema::invalid_value;
using schema::list_of;
using schema::not_supported;
using schema::object_of;
using schema::required_value;
using schema::text;

const json::object& spec_of(const json::value& crd) {
  static const json::object none;
  return crd.is_object() ? object_of(crd.get_object(), "spec") : none;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

bool present(const json::value* v) {
  return v != nullptr && !v->is_null() && !(v->is_array() && v->get_array().empty());
}

class SpecCheck {
 public:
  explicit SpecCheck(const json::object& spec)
      : spec_(spec), versions_(list_of(spec, "versions")) {}

  Causes run() {
    group();
    scope();
    for (size_t i = 0; i < versions_.size(); ++i) version(i);
    shared();
    storage();
    names();
    validate_conversion(spec_.if_contains("conversion"), "spec.conversion", causes_);
    return std::move(causes_);
  }

 private:
  void group() {
    const std::string_view group = text(spec_, "group");
    if (group.empty()) {
      causes_.push_back(required_value("spec.group"));
    } else if (const auto problems = kinds::dns1123_subdomain(group); !problems.empty()) {
      causes_.push_back(
          invalid_value("spec.group", group, fmt::format("{}", fmt::join(problems, ","))));
    } else if (group.find('.') == std::string_view::npos) {
      causes_.push_back(
          invalid_value("spec.group", group, "should be a domain with at least one dot"));
    }
  }

  void scope() {
    static const std::vector<std::string> kScopes{"Cluster", "Namespaced"};
    const std::string_view scope = text(spec_, "scope");
    if (scope.empty()) {
      causes_.push_back(required_value("spec.scope"));
    } else if (std::ranges::find(kScopes, scope) == kScopes.end()) {
      causes_.push_back(not_supported("spec.scope", json::value(scope), kScopes));
    }
  }

  const json::value* member(size_t version, std::string_view key) const {
    return base::find(versions_[version], key);
  }
  // Upstream keeps once, above the versions, what all of them share.
  bool is_shared(std::string_view key) const {
    const json::value* first = member(0, key);
    for (size_t i = 1; i < versions_.size(); ++i) {
      const json::value* v = member(i, key);
      if (present(first) != present(v) || (present(v) && !base::json_equal(*first, *v)))
        return false;
    }
    return true;
  }
  bool has_status(size_t version) const {
    return present(base::find(versions_[version], "subresources", "status"));
  }

  void version(size_t i) {
    const std::string at = fmt::format("spec.versions[{}]", i);
    const std::string_view name = base::find_string(versions_[i], "name");
    for (const std::string& path : {at + ".name", std::string(i == 0 ? "spec.version" : "")}) {
      const auto problems = kinds::dns1035_label(name);
      // The first version's name stands in spec.version too, unless it is empty.
      if (problems.empty() || path.empty() || (path == "spec.version" && name.empty())) continue;
      causes_.push_back(invalid_value(path, name, fmt::format("{}", fmt::join(problems, ","))));
    }
    if (!present(base::find(versions_[i], "schema", "openAPIV3Schema")))
      causes_.push_back(required_value(at + ".schema.openAPIV3Schema"));
    validate_deprecation(versions_[i], at, causes_);
    if (!is_shared("schema")) schema(i, at + ".schema", has_status(i));
    if (!is_shared("subresources")) subresources(i, at + ".subresources");
    if (!is_shared("additionalPrinterColumns")) columns(i, at + ".additionalPrinterColumns");
    if (!is_shared("selectableFields")) selectable_fields(i, at + ".selectableFields");
  }

  void shared() {
    if (versions_.empty()) return;
    bool any_status = false;
    for (size_t i = 0; i < versions_.size(); ++i) any_status = any_status || has_status(i);
    if (is_shared("schema")) schema(0, "spec.validation", any_status);
    if (is_shared("subresources")) subresources(0, "spec.subresources");
    if (is_shared("additionalPrinterColumns")) columns(0, "spec.additionalPrinterColumns");
    if (is_shared("selectableFields")) selectable_fields(0, "spec.selectableFields");
  }

  void schema(size_t i, const std::string& path, bool status) {
    const json::value* props = base::find(versions_[i], "schema", "openAPIV3Schema");
    if (!present(props)) return;
    const std::string at = path + ".openAPIV3Schema";
    std::ranges::move(validate_schema(*props, at, status), std::back_inserter(causes_));
    if (flag(spec_, "preserveUnknownFields")) defaults_need_pruning(*props);
  }
  void defaults_need_pruning(const json::value& props) {
    bool defaults = false;
    each_schema(props, [&](const json::object& s) {
      defaults = defaults || present(s.if_contains("default"));
    });
    if (defaults)
      causes_.push_back(invalid_value("spec.preserveUnknownFields", json::value(true),
                                      "must be false in order to use defaults in the schema"));
  }
  void subresources(size_t i, const std::string& path) {
    if (const json::value* v = member(i, "subresources"); present(v))
      validate_subresources(*v, path, causes_);
  }
  void columns(size_t i, const std::string& path) {
    if (const json::value* v = member(i, "additionalPrinterColumns"); v != nullptr && v->is_array())
      validate_columns(v->get_array(), path, causes_);
  }
  void selectable_fields(size_t i, const std::string& path) {
    const json::value* fields = member(i, "selectableFields");
    if (!present(fields) || !fields->is_array()) return;
    const json::value* props = base::find(versions_[i], "schema", "openAPIV3Schema");
    if (!present(props)) {
      causes_.push_back(
          invalid_value(path, "", "may only be set when validations.schema is included"));
    } else {
      validate_selectable_fields(fields->get_array(), *props, path, causes_);
    }
  }

  void storage() {
    std::set<std::string_view> names;
    size_t stored = 0;
    for (const json::value& version : versions_) {
      names.insert(base::find_string(version, "name"));
      const json::value* v = base::find(version, "storage");
      stored += v != nullptr && v->is_bool() && v->get_bool() ? 1 : 0;
    }
    const json::value versions(versions_);
    if (names.size() != versions_.size())
      causes_.push_back(
          invalid_value("spec.versions", versions, "must contain unique version names"));
    if (stored != 1)
      causes_.push_back(invalid_value("spec.versions", versions,
                                      "must have exactly one version marked as storage version"));
  }

  void names() {
    const json::object& names = object_of(spec_, "names");
    for (std::string_view key : {"plural", "singular", "kind", "listKind"})
      if (text(names, key).empty())
        causes_.push_back(required_value(fmt::format("spec.names.{}", key)));
    validate_names(names, "spec.names");
  }

 public:
  void validate_names(const json::object& names, const std::string& path) {
    for (std::string_view key : {"plural", "singular"}) {
      const std::string_view name = text(names, key);
      if (!name.empty()) label(name, name, fmt::format("{}.{}", path, key), "");
    }
    for (std::string_view key : {"kind", "listKind"}) {
      const std::string_view name = text(names, key);
      if (!name.empty())
        label(lower(name), name, fmt::format("{}.{}", path, key),
              "may have mixed case, but should otherwise match: ");
    }
    const std::string_view kind = text(names, "kind");
    if (!kind.empty() && kind == text(names, "listKind"))
      causes_.push_back(
          invalid_value(path + ".listKind", kind, "kind and listKind may not be the same"));
    for (std::string_view key : {"shortNames", "categories"}) {
      const std::vector<std::string> all = schema::texts(names, key);
      for (size_t i = 0; i < all.size(); ++i)
        label(all[i], all[i], fmt::format("{}.{}[{}]", path, key, i), "");
    }
  }
  Causes take() { return std::move(causes_); }

 private:
  void label(std::string_view checked, std::string_view shown, const std::string& path,
             std::string_view prefix) {
    const auto problems = kinds::dns1035_label(checked);
    if (!problems.empty())
      causes_.push_back(
          invalid_value(path, shown, fmt::format("{}{}", prefix, fmt::join(problems, ","))));
  }

  const json::object& spec_;
  const json::array& versions_;
  Causes causes_;
};

void check_name(const json::value& crd, Causes& causes) {
  const std::string_view name = base::find_string(crd, "metadata", "name");
  const std::string required =
      fmt::format("{}.{}", base::find_string(crd, "spec", "names", "plural"),
                  base::find_string(crd, "spec", "group"));
  if (name != required)
    causes.push_back(
        invalid_value("metadata.name", name, "must be spec.names.plural+\".\"+spec.group"));
}

void check_stored_versions(const json::value& crd, Causes& causes) {
  static const json::object none;
  const json::object& status = crd.is_object() ? object_of(crd.get_object(), "status") : none;
  const std::vector<std::string> stored = schema::texts(status, "storedVersions");
  const json::value shown = stored.empty() ? json::value() : status.at("storedVersions");
  const std::string path = "status.storedVersions";
  if (stored.empty()) {
    causes.push_back(invalid_value(path, shown, "must have at least one stored version"));
    return;
  }
  std::set<std::string_view> known;
  for (const json::value& version : list_of(spec_of(crd), "versions")) {
    const std::string_view name = base::find_string(version, "name");
    known.insert(name);
    const json::value* storage = base::find(version, "storage");
    const bool is_storage = storage != nullptr && storage->is_bool() && storage->get_bool();
    if (is_storage && std::ranges::find(stored, name) == stored.end())
      causes.push_back(
          invalid_value(path, shown, fmt::format("must have the storage version {}", name)));
  }
  for (size_t i = 0; i < stored.size(); ++i) {
    if (known.contains(stored[i])) continue;
    causes.push_back(invalid_value(
        fmt::format("{}[{}]", path, i), std::string_view(stored[i]),
        fmt::format("missing from spec.versions; {0} was previously a storage version, and must "
                    "remain in spec.versions until a storage migration ensures no data remains "
                    "persisted in {0} and removes {0} from status.storedVersions",
                    stored[i])));
  }
}

void check_immutable(const json::value& crd, const json::value& old, Causes& causes) {
  const auto same = [&](std::string_view path, auto... keys) {
    const std::string_view now = base::find_string(crd, "spec", keys...);
    if (now != base::find_string(old, "spec", keys...))
      causes.push_back(invalid_value(path, now, "field is immutable"));
  };
  if (is_condition_true(old, "Established")) {
    same("spec.scope", "scope");
    same("spec.names.kind", "names", "kind");
  }
  same("spec.group", "group");
  same("spec.names.plural", "names", "plural");
}

Causes check(const json::value& crd, const json::value* old) {
  Causes causes = SpecCheck(spec_of(crd)).run();
  std::ranges::move(validate_crd_status(crd), std::back_inserter(causes));
  check_stored_versions(crd, causes);
  check_approval(crd, old, causes);
  const bool kept = old != nullptr && flag(spec_of(*old), "preserveUnknownFields");
  if (!kept && flag(spec_of(crd), "preserveUnknownFields"))
    causes.push_back(invalid_value("spec.preserveUnknownFields", json::value(true),
                                   "cannot set to true, set x-kubernetes-preserve-unknown-fields "
                                   "to true in spec.versions[*].schema instead"));
  return causes;
}

std::set<std::string> all_warnings(const json::value& crd) {
  std::set<std::string> out;
  for (const json::value& version : list_of(spec_of(crd), "versions")) {
    const json::value* props = base::find(version, "schema", "openAPIV3Schema");
    if (props == nullptr) continue;
    each_schema(*props, [&](const json::object& s) {
      const std::string_view format = text(s, "format");
      const std::string_view type = text(s, "type");
      const schema::Type kind = type == "integer"                  ? schema::Type::kInteger
                                : type == "number"                 ? schema::Type::kNumber
                                : type == "string" || type.empty() ? schema::Type::kString
                                                                   : schema::Type::kObject;
      if (!format.empty() && !schema::format_is_known(kind, format))
        out.insert(fmt::format("unrecognized format {}", schema::go_quote(format)));
      const std::string_view item = text(object_of(s, "items"), "type");
      if (text(s, "x-kubernetes-list-type") == "set" && (item == "object" || item == "array"))
        out.insert(
            fmt::format("x-kubernetes-list-type: set for items of type \"{}\" is not "
                        "supported by server-side apply or CEL validation rules",
                        item));
      if (!list_of(s, "x-kubernetes-validations").empty())
        out.insert(
            fmt::format("x-kubernetes-validations of version {} are stored but not "
                        "evaluated by this API server yet",
                        base::find_string(version, "name")));
    });
  }
  return out;
}

}  // namespace

Causes validate_crd(const json::value& crd) {
  Causes causes;
  check_name(crd, causes);
  std::ranges::move(check(crd, nullptr), std::back_inserter(causes));
  return causes;
}

Causes validate_crd_update(const json::value& crd, const json::value& old) {
  Causes causes = check(crd, &old);
  check_immutable(crd, old, causes);
  return causes;
}

Causes validate_crd_status(const json::value& crd) {
  static const json::object none;
  const json::object& status = crd.is_object() ? object_of(crd.get_object(), "status") : none;
  SpecCheck check(none);
  check.validate_names(object_of(status, "acceptedNames"), "status.acceptedNames");
  return check.take();
}

std::vector<std::string> crd_warnings(const json::value& crd, const json::value* old) {
  std::set<std::string> warnings = all_warnings(crd);
  if (old != nullptr)
    for (const std::string& said : all_warnings(*old)) warnings.erase(said);
  return {warnings.begin(), warnings.end()};
}

}  // namespace nanika::apiserver::crd
