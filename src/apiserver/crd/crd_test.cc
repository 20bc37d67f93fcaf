// What a CustomResourceDefinition becomes: defaults, accepted names, conditions, views.
#include <gtest/gtest.h>

#include "apiserver/crd/approval.h"
#include "apiserver/crd/defaults.h"
#include "apiserver/crd/naming.h"
#include "apiserver/crd/views.h"

namespace nanika::apiserver::crd {
namespace {

const base::WallTime kNow = *base::parse_time("2026-11-23T10:00:00Z");

json::value widgets() {
  return *base::parse_json(R"({"apiVersion":"apiextensions.k8s.io/v1",
    "kind":"CustomResourceDefinition","metadata":{"name":"widgets.example.com"},
    "spec":{"group":"example.com","scope":"Namespaced",
      "names":{"plural":"widgets","kind":"Widget","shortNames":["wd"],"categories":["all"]},
      "versions":[
        {"name":"v1","served":true,"storage":true,
         "subresources":{"status":{},"scale":{"specReplicasPath":".spec.replicas",
           "statusReplicasPath":".status.replicas","labelSelectorPath":".status.selector"}},
         "selectableFields":[{"jsonPath":".spec.color"}],
         "additionalPrinterColumns":[{"name":"Color","type":"string","jsonPath":".spec.color"}],
         "schema":{"openAPIV3Schema":{"type":"object","properties":{
           "spec":{"type":"object","properties":{"color":{"type":"string"},
             "replicas":{"type":"integer","default":1}}}}}}},
        {"name":"v1beta1","served":false,"storage":false,"deprecated":true,
         "schema":{"openAPIV3Schema":{"type":"object"}}}]}})");
}

// As the server stores it.
json::value stored(json::value crd, const TakenNames& taken = {}) {
  set_defaults(crd);
  prepare_create(crd);
  crd.get_object()["status"] = next_status(crd, taken, kNow);
  return crd;
}

std::string condition(const json::value& crd, std::string_view type) {
  const json::value* conditions = base::find(crd, "status", "conditions");
  for (const json::value& c : conditions->get_array()) {
    if (base::find_string(c, "type") == type)
      return fmt::format("{} {} {}", base::find_string(c, "status"), base::find_string(c, "reason"),
                         base::find_string(c, "message"));
  }
  return "";
}

TEST(CrdDefaults, NamesAndConversionAreFilledIn) {
  json::value crd = widgets();
  set_defaults(crd);
  prepare_create(crd);
  EXPECT_EQ(base::find_string(crd, "spec", "names", "singular"), "widget");
  EXPECT_EQ(base::find_string(crd, "spec", "names", "listKind"), "WidgetList");
  EXPECT_EQ(base::find_string(crd, "spec", "conversion", "strategy"), "None");
  EXPECT_EQ(base::to_json(*base::find(crd, "status")), R"({"storedVersions":["v1"]})");
}

TEST(CrdDefaults, AnUpdateKeepsStoredVersions) {
  const json::value old = stored(widgets());
  json::value crd = widgets();
  json::array& versions = crd.at("spec").at("versions").as_array();
  versions[0].at("storage") = false;
  versions[1].at("storage") = true;
  prepare_update(crd, old);
  EXPECT_EQ(base::to_json(*base::find(crd, "status", "storedVersions")), R"(["v1","v1beta1"])");
  EXPECT_TRUE(is_condition_true(crd, "Established"));
}

TEST(CrdNaming, FreeNamesAreAcceptedAndEstablished) {
  const json::value crd = stored(widgets());
  EXPECT_EQ(condition(crd, "NamesAccepted"), "True NoConflicts no conflicts found");
  EXPECT_EQ(condition(crd, "Established"),
            "True InitialNamesAccepted the initial names have been accepted");
  EXPECT_EQ(condition(crd, "NonStructuralSchema"), "");
  EXPECT_TRUE(base::json_equal(*base::find(crd, "status", "acceptedNames"),
                               *base::find(crd, "spec", "names")));
}

TEST(CrdNaming, TakenNamesAreRefusedUntilTheyAreFree) {
  json::value other = widgets();
  other.at("spec").at("names") = *base::parse_json(
      R"({"plural":"gadgets","kind":"Widget","singular":"gadget","shortNames":["wd"]})");
  TakenNames taken;
  taken.add(stored(other));
  json::value crd = stored(widgets(), taken);
  EXPECT_EQ(condition(crd, "NamesAccepted"),
            "False ListKindConflict \"WidgetList\" is already in use");
  EXPECT_EQ(condition(crd, "Established"), "False NotAccepted not all names are accepted");
  EXPECT_EQ(base::to_json(*base::find(crd, "status", "acceptedNames")),
            R"({"plural":"widgets","singular":"widget","categories":["all"]})");
  crd.get_object()["status"] = next_status(crd, {}, kNow + std::chrono::hours(1));
  EXPECT_EQ(condition(crd, "NamesAccepted"), "True NoConflicts no conflicts found");
  EXPECT_TRUE(is_condition_true(crd, "Established"));
}

TEST(CrdNaming, AnEstablishedCrdStaysSoThoughANewNameIsTaken) {
  json::value crd = stored(widgets());
  crd.at("spec").at("names").as_object()["singular"] = "gadget";
  TakenNames taken;
  taken.resources.insert("gadget");
  crd.get_object()["status"] = next_status(crd, taken, kNow);
  EXPECT_EQ(condition(crd, "NamesAccepted"), "False SingularConflict \"gadget\" is already in use");
  EXPECT_TRUE(is_condition_true(crd, "Established"));
  EXPECT_EQ(base::find_string(crd, "status", "acceptedNames", "singular"), "widget");
}

TEST(CrdNaming, TheStatusIsStable) {
  const json::value crd = stored(widgets());
  EXPECT_TRUE(base::json_equal(next_status(crd, {}, kNow + std::chrono::hours(5)),
                               *base::find(crd, "status")));
}

TEST(CrdNaming, CommunityGroupsSayWhetherTheyAreApproved) {
  json::value crd = widgets();
  crd.at("spec").at("group") = "x.k8s.io";
  EXPECT_EQ(condition(stored(crd), "KubernetesAPIApprovalPolicyConformant").substr(0, 23),
            "False MissingAnnotation");
  crd.at("metadata").as_object()["annotations"] =
      json::object{{"api-approved.kubernetes.io", "https://example.com/1"}};
  EXPECT_EQ(condition(stored(crd), "KubernetesAPIApprovalPolicyConformant"),
            "True ApprovedAnnotation approved in https://example.com/1");
}

TEST(CrdViewsTest, HoldWhatTheRegistryServes) {
  auto views = build_views(stored(widgets()));
  ASSERT_TRUE(views) << views.error().message;
  const CrdViews& all = **views;
  EXPECT_EQ(all.name, "widgets.example.com");
  EXPECT_EQ(all.kind, "Widget");
  EXPECT_EQ(all.list_kind, "WidgetList");
  EXPECT_EQ(all.short_names, std::vector<std::string>{"wd"});
  EXPECT_TRUE(all.namespaced);
  EXPECT_TRUE(all.established);
  ASSERT_EQ(all.versions.size(), 2u);
  const CrdView& v1 = *all.storage();
  EXPECT_EQ(v1.version, "v1");
  EXPECT_TRUE(v1.has_status);
  ASSERT_TRUE(v1.scale);
  EXPECT_EQ(v1.scale->label_selector, (std::vector<std::string>{"status", "selector"}));
  ASSERT_EQ(v1.selectable_fields.size(), 1u);
  EXPECT_EQ(v1.selectable_fields[0].name, "spec.color");
  EXPECT_NE(v1.structural.root->field("spec"), nullptr);
  const CrdView& beta = *all.find("v1beta1");
  EXPECT_FALSE(beta.served);
  EXPECT_EQ(beta.deprecation_warning, "example.com/v1beta1 Widget is deprecated");
  json::value object = json::object{{"apiVersion", "example.com/v1"}};
  convert_version(object, all, "v1beta1");
  EXPECT_EQ(base::find_string(object, "apiVersion"), "example.com/v1beta1");
}

TEST(CrdViewsTest, RefuseWhatIsNoDefinition) {
  EXPECT_FALSE(build_views(nullptr));
  EXPECT_FALSE(build_views(json::object{}));
  json::value crd = widgets();
  crd.at("spec").at("versions").as_array()[0].at("storage") = false;
  EXPECT_FALSE(build_views(crd));
}

}  // namespace
}  // namespace nanika::apiserver::crd
