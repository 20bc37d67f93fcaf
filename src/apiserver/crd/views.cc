#include "apiserver/crd/views.h"

#include "apiserver/crd/approval.h"
#include "apiserver/schema/structural_props.h"

namespace nanika::apiserver::crd {
namespace {

using base::Code;
using base::fail;
using base::Result;

bool is_true(const json::value& parent, std::string_view key) {
  const json::value* v = base::find(parent, key);
  return v != nullptr && v->is_bool() && v->get_bool();
}

// ".spec.replicas" -> {"spec", "replicas"}; empty when it is no plain path.
std::vector<std::string> plain(std::string_view path) {
  const auto parsed = schema::JsonPath::parse(path);
  return parsed ? parsed->plain_fields().value_or(std::vector<std::string>())
                : std::vector<std::string>();
}

std::optional<ScaleView> scale_of(const json::value& version) {
  const json::value* scale = base::find(version, "subresources", "scale");
  if (scale == nullptr || !scale->is_object()) return std::nullopt;
  ScaleView out{.spec_replicas = plain(base::find_string(*scale, "specReplicasPath")),
                .status_replicas = plain(base::find_string(*scale, "statusReplicasPath")),
                .label_selector = plain(base::find_string(*scale, "labelSelectorPath"))};
  if (out.spec_replicas.empty() || out.status_replicas.empty()) return std::nullopt;
  return out;
}

Result<CrdView> view_of(const json::value& version, std::string_view crd_name,
                        std::string_view group, std::string_view kind) {
  CrdView out;
  out.version = base::find_string(version, "name");
  if (out.version.empty())
    return fail(Code::kInvalid, "CustomResourceDefinition {}: a version has no name", crd_name);
  out.served = is_true(version, "served");
  out.storage = is_true(version, "storage");
  out.deprecated = is_true(version, "deprecated");
  if (out.deprecated) {
    out.deprecation_warning = base::find_string(version, "deprecationWarning");
    if (out.deprecation_warning.empty())
      out.deprecation_warning = fmt::format("{}/{} {} is deprecated", group, out.version, kind);
  }
  const json::value* props = base::find(version, "schema", "openAPIV3Schema");
  out.openapi_schema = props == nullptr ? json::value(json::object{}) : *props;
  out.structural = TRY(base::in_context(
      schema::build_structural(out.openapi_schema),
      fmt::format("CustomResourceDefinition {}, version {}", crd_name, out.version)));
  out.columns = schema::Columns::compile(base::find(version, "additionalPrinterColumns"));
  const json::value* status = base::find(version, "subresources", "status");
  out.has_status = status != nullptr && !status->is_null();
  out.scale = scale_of(version);
  if (const json::value* fields = base::find(version, "selectableFields");
      fields != nullptr && fields->is_array()) {
    for (const json::value& field : fields->get_array()) {
      std::vector<std::string> path = plain(base::find_string(field, "jsonPath"));
      if (path.empty()) continue;
      std::string name = fmt::format("{}", fmt::join(path, "."));
      out.selectable_fields.push_back({std::move(name), std::move(path)});
    }
  }
  return out;
}

}  // namespace

const CrdView* CrdViews::storage() const {
  for (const CrdView& view : versions)
    if (view.storage) return &view;
  return nullptr;
}

const CrdView* CrdViews::find(std::string_view version) const {
  for (const CrdView& view : versions)
    if (view.version == version) return &view;
  return nullptr;
}

Result<std::shared_ptr<const CrdViews>> build_views(const json::value& crd) {
  auto out = std::make_shared<CrdViews>();
  out->name = base::find_string(crd, "metadata", "name");
  out->group = base::find_string(crd, "spec", "group");
  out->namespaced = base::find_string(crd, "spec", "scope") == "Namespaced";
  out->established = is_condition_true(crd, "Established");
  const json::value* spec = base::find(crd, "spec");
  out->preserve_unknown = spec != nullptr && is_true(*spec, "preserveUnknownFields");
  const json::value* names = base::find(crd, "status", "acceptedNames");
  if (names != nullptr && names->is_object()) {
    out->kind = base::find_string(*names, "kind");
    out->list_kind = base::find_string(*names, "listKind");
    out->plural = base::find_string(*names, "plural");
    out->singular = base::find_string(*names, "singular");
    out->short_names = schema::texts(names->get_object(), "shortNames");
    out->categories = schema::texts(names->get_object(), "categories");
  }
  const json::value* versions = base::find(crd, "spec", "versions");
  if (versions == nullptr || !versions->is_array())
    return fail(Code::kInvalid, "CustomResourceDefinition {} has no versions", out->name);
  for (const json::value& version : versions->get_array())
    out->versions.push_back(TRY(view_of(version, out->name, out->group, out->kind)));
  if (out->storage() == nullptr)
    return fail(Code::kInvalid, "CustomResourceDefinition {} has no storage version", out->name);
  return std::shared_ptr<const CrdViews>(std::move(out));
}

void convert_version(json::value& object, const CrdViews& views, std::string_view version) {
  if (object.is_object())
    object.get_object()["apiVersion"] = fmt::format("{}/{}", views.group, version);
}

}  // namespace nanika::apiserver::crd
