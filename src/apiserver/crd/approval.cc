#include "apiserver/crd/approval.h"

#include "apiserver/schema/validate.h"
#include "apiserver/schema/validate_cause.h"

namespace nanika::apiserver::crd {
namespace {

constexpr std::string_view kAnnotation = "api-approved.kubernetes.io";

enum class Approval { kInvalid, kApproved, kBypassed, kMissing };

std::string_view annotation_of(const json::value& crd) {
  return base::find_string(crd, "metadata", "annotations", kAnnotation);
}

bool is_protected(std::string_view group) {
  return group == "k8s.io" || group.ends_with(".k8s.io") || group == "kubernetes.io" ||
         group.ends_with(".kubernetes.io");
}

Approval approval_of(std::string_view annotation) {
  if (annotation.empty()) return Approval::kMissing;
  if (annotation.starts_with("unapproved")) return Approval::kBypassed;
  const size_t scheme = annotation.find("://");
  const bool host = scheme != std::string_view::npos && scheme > 0 &&
                    annotation.size() > scheme + 3 && annotation[scheme + 3] != '/';
  return host && schema::matches_format("uri", annotation) ? Approval::kApproved
                                                           : Approval::kInvalid;
}

std::string reason_of(Approval approval, std::string_view annotation) {
  constexpr std::string_view kSee = "see https://github.com/kubernetes/enhancements/pull/1111";
  switch (approval) {
    case Approval::kMissing:
      return fmt::format("protected groups must have approval annotation \"{}\", {}", kAnnotation,
                         kSee);
    case Approval::kBypassed:
      return fmt::format("not approved: {}", schema::go_quote(annotation));
    case Approval::kApproved:
      return fmt::format("approved in {}", annotation);
    case Approval::kInvalid:
      break;
  }
  return fmt::format(
      "protected groups must have approval annotation \"{}\" with either a URL or a reason "
      "starting "
      "with \"unapproved\", {}",
      kAnnotation, kSee);
}

}  // namespace

std::optional<ConditionState> approval_condition(const json::value& crd) {
  if (!is_protected(base::find_string(crd, "spec", "group"))) return std::nullopt;
  const std::string_view annotation = annotation_of(crd);
  const Approval approval = approval_of(annotation);
  const std::string_view reason = approval == Approval::kApproved   ? "ApprovedAnnotation"
                                  : approval == Approval::kBypassed ? "UnapprovedAnnotation"
                                  : approval == Approval::kMissing  ? "MissingAnnotation"
                                                                    : "InvalidAnnotation";
  return ConditionState{approval == Approval::kApproved ? "True" : "False", std::string(reason),
                        reason_of(approval, annotation)};
}

void check_approval(const json::value& crd, const json::value* old, schema::Causes& causes) {
  if (!is_protected(base::find_string(crd, "spec", "group"))) return;
  const std::string_view annotation = annotation_of(crd);
  const Approval approval = approval_of(annotation);
  if (old != nullptr && approval_of(annotation_of(*old)) == approval) return;
  const std::string path = schema::key_path("metadata.annotations", kAnnotation);
  if (approval == Approval::kMissing)
    causes.push_back(schema::required_value(path, reason_of(approval, annotation)));
  if (approval == Approval::kInvalid)
    causes.push_back(schema::invalid_value(path, annotation, reason_of(approval, annotation)));
}

bool is_condition_true(const json::value& crd, std::string_view type) {
  const json::value* conditions = base::find(crd, "status", "conditions");
  if (conditions == nullptr || !conditions->is_array()) return false;
  return std::ranges::any_of(conditions->get_array(), [&](const json::value& c) {
    return base::find_string(c, "type") == type && base::find_string(c, "status") == "True";
  });
}

}  // namespace nanika::apiserver::crd
