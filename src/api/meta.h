// metav1: what every object carries.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/describe.h"
#include "api/types.h"

namespace nanika::api {

struct OwnerReference {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  bool controller = false;
  bool block_owner_deletion = false;
  bool operator==(const OwnerReference&) const = default;
};
constexpr auto describe(const OwnerReference*) {
  using T = OwnerReference;
  return object("The object that this one belongs to.", field("apiVersion", &T::api_version, ""),
                field("kind", &T::kind, ""), field("name", &T::name, ""), field("uid", &T::uid, ""),
                field("controller", &T::controller, ""),
                field("blockOwnerDeletion", &T::block_owner_deletion, ""));
}

struct ObjectMeta {
  std::string name;
  std::string generate_name;
  std::string namespace_;
  std::string uid;
  std::string resource_version;
  int64_t generation = 0;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  std::vector<std::string> finalizers;
  std::vector<OwnerReference> owner_references;
  Time creation_timestamp;
  Time deletion_timestamp;
  bool operator==(const ObjectMeta&) const = default;

  /// "namespace/name", or "name": as people write it.
  std::string key() const { return namespace_.empty() ? name : namespace_ + "/" + name; }
  bool deleting() const { return static_cast<bool>(deletion_timestamp); }
};
constexpr auto describe(const ObjectMeta*) {
  using T = ObjectMeta;
  return object("Standard metadata.", field("name", &T::name, ""),
                field("generateName", &T::generate_name, ""),
                field("namespace", &T::namespace_, ""), field("uid", &T::uid, ""),
                field("resourceVersion", &T::resource_version, ""),
                field("generation", &T::generation, ""), field("labels", &T::labels, ""),
                field("annotations", &T::annotations, ""), field("finalizers", &T::finalizers, ""),
                field("ownerReferences", &T::owner_references, ""),
                field("creationTimestamp", &T::creation_timestamp, ""),
                field("deletionTimestamp", &T::deletion_timestamp, ""));
}

/// metav1.Condition. Status is "True", "False" or "Unknown".
struct Condition {
  std::string type;
  std::string status;
  int64_t observed_generation = 0;
  Time last_transition_time;
  std::string reason;
  std::string message;
  bool operator==(const Condition&) const = default;
};
constexpr auto describe(const Condition*) {
  using T = Condition;
  return object("One aspect of the object's state.",
                field("type", &T::type, "What the condition is about.",
                      {.required = true,
                       .max_length = 316,
                       .pattern = "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?"
                                  ")*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?"
                                  "[A-Za-z0-9])$"}),
                field("status", &T::status, "True, False or Unknown.",
                      {.required = true, .max_length = 7, .pattern = "^(True|False|Unknown)$"}),
                field("observedGeneration", &T::observed_generation,
                      "The metadata.generation that was judged.", {.min = 0}),
                field("lastTransitionTime", &T::last_transition_time, "When status last changed.",
                      {.required = true}),
                field("reason", &T::reason, "One CamelCase word for programs.",
                      {.required = true,
                       .max_length = 1024,
                       .min_length = 1,
                       .pattern = "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"}),
                field("message", &T::message, "What is the case and what to do, for people.",
                      {.required = true, .keep = true, .max_length = 32768}));
}

struct LabelSelectorRequirement {
  std::string key;
  std::string operator_;  ///< In, NotIn, Exists, DoesNotExist
  std::vector<std::string> values;
  bool operator==(const LabelSelectorRequirement&) const = default;
};
constexpr auto describe(const LabelSelectorRequirement*) {
  using T = LabelSelectorRequirement;
  return object(
      "A condition on one label.",
      field("key", &T::key, "The label's key.", {.required = true, .max_length = 317}),
      field("operator", &T::operator_, "In, NotIn, Exists or DoesNotExist.",
            {.required = true, .max_length = 12, .pattern = "^(In|NotIn|Exists|DoesNotExist)$"}),
      field("values", &T::values, "The values for In and NotIn.",
            {.max_length = 63, .max_items = 64}));
}

/// Absent or `{}` selects everything.
struct LabelSelector {
  std::map<std::string, std::string> match_labels;
  std::vector<LabelSelectorRequirement> match_expressions;
  bool operator==(const LabelSelector&) const = default;
  bool matches(const std::map<std::string, std::string>& labels) const;
};
constexpr auto describe(const LabelSelector*) {
  using T = LabelSelector;
  return object("Selects objects by their labels; empty selects all.",
                field("matchLabels", &T::match_labels, "Labels with exactly these values.",
                      {.max_length = 63, .max_items = 64}),
                field("matchExpressions", &T::match_expressions,
                      "Further conditions; all must hold.", {.max_items = 32}));
}

}  // namespace nanika::api
