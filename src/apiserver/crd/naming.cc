#include "apiserver/crd/naming.h"

#include "apiserver/crd/approval.h"
#include "apiserver/schema/structural.h"
#include "apiserver/schema/structural_props.h"
#include "apiserver/schema/validate_cause.h"

namespace nanika::apiserver::crd {
namespace {

using schema::texts;

const json::object& object_in(const json::value& crd, std::string_view outer,
                              std::string_view inner) {
  static const json::object none;
  const json::value* v = base::find(crd, outer, inner);
  return v != nullptr && v->is_object() ? v->get_object() : none;
}

// Claims one name after the other; the last conflict is the one that is told, as upstream does.
class Names {
 public:
  Names(const json::value& crd, const TakenNames& taken)
      : wanted_(object_in(crd, "spec", "names")),
        accepted_(object_in(crd, "status", "acceptedNames")),
        taken_(taken),
        out_(accepted_) {}

  ConditionState run() {
    claim("plural", taken_.resources, "PluralConflict");
    claim("singular", taken_.resources, "SingularConflict");
    short_names();
    claim("kind", taken_.kinds, "KindConflict");
    claim("listKind", taken_.kinds, "ListKindConflict");
    copy("categories");
    return state_;
  }
  json::object take() { return std::move(out_); }

 private:
  using Set = std::set<std::string, std::less<>>;

  static std::string in_use(std::string_view name) {
    return fmt::format("{} is already in use", schema::go_quote(name));
  }
  void conflict(std::string_view reason, std::string message) {
    state_ = {"False", std::string(reason), std::move(message)};
  }
  void copy(std::string_view key) {
    if (const json::value* v = wanted_.if_contains(key)) {
      out_[key] = *v;
    } else {
      out_.erase(key);
    }
  }

  void claim(std::string_view key, const Set& taken, std::string_view reason) {
    const std::string_view name = schema::text(wanted_, key);
    if (name != schema::text(accepted_, key) && taken.contains(name)) {
      conflict(reason, in_use(name));
    } else {
      copy(key);
    }
  }

  void short_names() {
    const std::vector<std::string> wanted = texts(wanted_, "shortNames");
    const std::vector<std::string> ours = texts(accepted_, "shortNames");
    std::vector<std::string> problems;
    for (const std::string& name : wanted)
      if (std::ranges::find(ours, name) == ours.end() && taken_.resources.contains(name))
        problems.push_back(in_use(name));
    if (problems.empty()) return copy("shortNames");
    conflict("ShortNamesConflict",
             problems.size() == 1 ? problems[0] : fmt::format("[{}]", fmt::join(problems, ", ")));
  }

  const json::object& wanted_;
  const json::object& accepted_;
  const TakenNames& taken_;
  json::object out_;
  ConditionState state_{"True", "NoConflicts", "no conflicts found"};
};

std::optional<ConditionState> non_structural(const json::value& crd) {
  schema::Causes causes;
  const json::value* preserve = base::find(crd, "spec", "preserveUnknownFields");
  if (preserve != nullptr && preserve->is_bool() && preserve->get_bool())
    causes.push_back(
        schema::invalid_value("spec.preserveUnknownFields", *preserve, "must be false"));
  const json::value* versions = base::find(crd, "spec", "versions");
  for (size_t i = 0;
       versions != nullptr && versions->is_array() && i < versions->get_array().size(); ++i) {
    const json::value* props = base::find(versions->get_array()[i], "schema", "openAPIV3Schema");
    if (props == nullptr || props->is_null()) continue;
    std::ranges::move(schema::check_structural(
                          *props, fmt::format("spec.versions[{}].schema.openAPIV3Schema", i)),
                      std::back_inserter(causes));
  }
  if (causes.empty()) return std::nullopt;
  return ConditionState{"True", "Violations", schema::aggregate(causes)};
}

class Conditions {
 public:
  Conditions(const json::value& crd, base::WallTime now) : now_(base::format_time(now)) {
    const json::value* old = base::find(crd, "status", "conditions");
    if (old != nullptr && old->is_array()) all_ = old->get_array();
  }

  json::value* find(std::string_view type) {
    const auto found = std::ranges::find_if(
        all_, [&](const json::value& c) { return base::find_string(c, "type") == type; });
    return found == all_.end() ? nullptr : &*found;
  }

  void set(std::string_view type, const std::optional<ConditionState>& state) {
    json::value* old = find(type);
    if (!state) {
      if (old != nullptr) all_.erase(all_.begin() + (old - all_.begin()));
      return;
    }
    const bool kept = old != nullptr && base::find_string(*old, "status") == state->status &&
                      !base::find_string(*old, "lastTransitionTime").empty();
    json::value next =
        json::object{{"type", type},
                     {"status", state->status},
                     {"lastTransitionTime",
                      kept ? std::string(base::find_string(*old, "lastTransitionTime")) : now_},
                     {"reason", state->reason},
                     {"message", state->message}};
    if (old != nullptr) {
      *old = std::move(next);
    } else {
      all_.push_back(std::move(next));
    }
  }
  json::array take() { return std::move(all_); }

 private:
  std::string now_;
  json::array all_;
};

}  // namespace

void TakenNames::add(const json::value& crd) {
  const json::object& names = object_in(crd, "status", "acceptedNames");
  for (std::string_view key : {"plural", "singular"}) resources.emplace(schema::text(names, key));
  for (std::string& name : texts(names, "shortNames")) resources.insert(std::move(name));
  for (std::string_view key : {"kind", "listKind"}) kinds.emplace(schema::text(names, key));
  resources.erase("");
  kinds.erase("");
}

json::value next_status(const json::value& crd, const TakenNames& taken, base::WallTime now) {
  Names names(crd, taken);
  const ConditionState accepted = names.run();
  Conditions conditions(crd, now);
  conditions.set("NamesAccepted", accepted);
  // Once established, a CRD stays so: what it already serves must not vanish.
  if (!is_condition_true(crd, "Established")) {
    conditions.set(
        "Established",
        accepted.status == "True"
            ? ConditionState{"True", "InitialNamesAccepted", "the initial names have been accepted"}
            : ConditionState{"False", "NotAccepted", "not all names are accepted"});
  }
  conditions.set("NonStructuralSchema", non_structural(crd));
  conditions.set("KubernetesAPIApprovalPolicyConformant", approval_condition(crd));
  json::object status;
  if (const json::value* old = base::find(crd, "status"); old != nullptr && old->is_object())
    status = old->get_object();
  status["conditions"] = conditions.take();
  status["acceptedNames"] = names.take();
  return status;
}

}  // namespace nanika::apiserver::crd
