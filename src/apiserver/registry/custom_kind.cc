#include "apiserver/registry/custom_kind.h"

#include "apiserver/crd/custom_resource.h"
#include "apiserver/kinds/access.h"
#include "apiserver/kinds/object_meta.h"
#include "apiserver/schema/structural_prune.h"

namespace nanika::apiserver {

namespace {

namespace json = boost::json;
using crd::CrdView;
using crd::CrdViews;
using kinds::Causes;
using ViewsPtr = std::shared_ptr<const CrdViews>;

// Custom resources may bear any name that fits into a URL and is a DNS subdomain.
constexpr kinds::NameRule kNameRule = kinds::name_is_dns_subdomain;

kinds::View view_row(const ViewsPtr& views, const CrdView& version) {
  const schema::Schema* root = version.structural.root;
  kinds::View view{.group = views->group, .version = version.version, .schema = root};
  std::string api_version = view.api_version();
  view.set_defaults = [root](json::value& object) { schema::apply_defaults(object, *root); };
  // Defaults hold on read as well: a field that got one after the object was stored shows it.
  view.from_storage = [root, api_version](json::value& object) {
    object.as_object()["apiVersion"] = api_version;
    schema::apply_defaults(object, *root);
  };
  std::string stored = fmt::format("{}/{}", views->group, views->storage()->version);
  if (stored != api_version)
    view.to_storage = [stored](json::value& object) { object.as_object()["apiVersion"] = stored; };
  return view;
}

bool same_beside(const json::value& a, const json::value& b, bool with_status) {
  auto relevant = [&](std::string_view key) {
    return key != "metadata" && key != "apiVersion" && (with_status || key != "status");
  };
  size_t count = 0, other = 0;
  for (const auto& [key, value] : a.get_object()) {
    if (!relevant(key)) continue;
    ++count;
    const json::value* held = base::find(b, key);
    if (held == nullptr || !base::json_equal(value, *held)) return false;
  }
  for (const auto& [key, value] : b.get_object()) other += relevant(key) ? 1 : 0;
  return count == other;
}

// The generation counts changes of everything but metadata (and status, when it has an endpoint).
void carry_generation(json::value& object, const json::value& old, bool status) {
  int64_t generation = kinds::int_at(*base::find(old, "metadata"), "generation", 1);
  if (!same_beside(object, old, !status)) ++generation;
  object.as_object()["metadata"].as_object()["generation"] = generation;
}

kinds::Strategy object_strategy(bool namespaced, bool status) {
  kinds::Strategy out;
  out.prepare_create = [status](json::value& object) {
    if (status) kinds::remove_member(object, "status");
    kinds::start_generation(object);
  };
  out.prepare_update = [status](json::value& object, const json::value& old) {
    if (status) kinds::copy_member(object, old, "status");
    carry_generation(object, old, status);
  };
  out.validate_create = [namespaced](const json::value& object, Causes& causes) {
    kinds::validate_object_meta(object, namespaced, kNameRule, causes);
  };
  out.validate_update = [](const json::value& object, const json::value& old, Causes& causes) {
    kinds::validate_object_meta_update(object, old, causes);
  };
  if (status) out.reset_fields = {{"status"}};
  return out;
}

// Of a write to /status only the status counts.
kinds::Strategy status_strategy() {
  kinds::Strategy out;
  out.prepare_update = [](json::value& object, const json::value& old) {
    json::value written = old;
    kinds::copy_member(written, object, "status");
    json::value& meta = written.as_object()["metadata"];
    const json::value& sent = object.as_object()["metadata"];
    kinds::copy_member(meta, sent, "managedFields");
    kinds::copy_member(meta, sent, "resourceVersion");
    object = std::move(written);
  };
  out.validate_update = [](const json::value& object, const json::value& old, Causes& causes) {
    kinds::validate_object_meta_update(object, old, causes);
  };
  out.reset_fields = {{"spec"},
                      {"metadata", "labels"},
                      {"metadata", "annotations"},
                      {"metadata", "finalizers"},
                      {"metadata", "ownerReferences"}};
  return out;
}

std::string text_at(const json::value& object, const std::vector<std::string>& path) {
  const json::value* at = &object;
  for (const std::string& key : path)
    if (at != nullptr) at = base::find(*at, key);
  if (at == nullptr || at->is_null()) return {};
  return at->is_string() ? std::string(at->get_string()) : base::to_json(*at);
}

void set_fields(kinds::Kind& kind, const ViewsPtr& views) {
  bool namespaced = views->namespaced;
  kind.field_labels = kinds::meta_field_labels(namespaced);
  std::vector<crd::SelectableField> extra = views->storage()->selectable_fields;
  for (const crd::SelectableField& field : extra) kind.field_labels.push_back(field.name);
  kind.selectable_fields = [namespaced, extra](const json::value& object) {
    kinds::SelectableFields out = kinds::meta_fields(object, namespaced);
    for (const crd::SelectableField& field : extra)
      out.emplace_back(field.name, text_at(object, field.path));
    return out;
  };
}

}  // namespace

kinds::Kind custom_kind(std::shared_ptr<const CrdViews> views) {
  kinds::Kind kind;
  kind.plural = views->plural;
  kind.singular = views->singular;
  kind.kind = views->kind;
  kind.list_kind = views->list_kind;
  kind.short_names = views->short_names;
  kind.categories = views->categories;
  kind.namespaced = views->namespaced;
  kind.verbs = {"delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"};

  bool status = views->storage()->has_status, scale = false;
  kind.views.push_back(view_row(views, *views->storage()));
  for (const CrdView& version : views->versions) {
    if (!version.storage) kind.views.push_back(view_row(views, version));
    scale = scale || version.scale.has_value();
  }
  kind.strategy = object_strategy(kind.namespaced, status);
  kind.unconditional_update = false;
  kind.warnings = crd::finalizer_warnings;
  std::vector<std::string> verbs = {"get", "patch", "update"};
  if (status)
    kind.subresources.push_back({.name = "status", .verbs = verbs, .strategy = status_strategy()});
  if (scale)
    kind.subresources.push_back({.name = "scale",
                                 .verbs = verbs,
                                 .kind = "Scale",
                                 .group = "autoscaling",
                                 .version = "v1",
                                 .strategy = object_strategy(kind.namespaced, status)});
  set_fields(kind, views);
  return kind;
}

}  // namespace nanika::apiserver
